/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of kranix-oci-keeper, which runs several times for each start of a container: it loads
 * no library that is not needed there. */
#include "modules/oci/keeper/keeper.h"

/* Each room's verbs, one a line. NULL: the packer has it. */
/* clang-format off */
const krx_oci_verb krx_oci_verbs[] = {
    {"archive", NULL, 0, false, false},
    {"attach", krx_oci_verb_attach, 1, false, false},
    {"bandwidth", NULL, 0, false, false},
    {"changes", NULL, 0, false, false},
    {"connect", krx_oci_verb_connect, 2, true, false},
    {"detach", krx_oci_verb_detach, 1, false, false},
    {"discard", NULL, 0, false, false},
    {"erase", NULL, 0, false, false},
    {"exited", krx_oci_verb_exited, 1, true, false},
    {"plain", NULL, 0, false, false},
    {"probe", krx_oci_verb_probe, 1, true, false},
    {"reap", krx_oci_verb_reap, 1, false, false},
    {"remove", krx_oci_verb_remove, 1, false, false},
    {"revive", krx_oci_verb_revive, 1, false, false},
    {"run", krx_oci_verb_run, 2, true, false},
    {"start", krx_oci_verb_start, 1, false, false},
    {"unarchive", NULL, 0, false, false},
    {"unpack", NULL, 0, false, false},
    {NULL, NULL, 0, false, false},
};
/* clang-format on */
