/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of kranix-oci-packer: what needs libarchive or libnl. The keeper calls it. */
#include "modules/oci/packer/packer.h"

/* clang-format off */
const krx_oci_verb krx_oci_verbs[] = {
    {"archive", krx_oci_verb_archive, 2, false, false},
    {"bandwidth", krx_oci_verb_bandwidth, 3, false, false},
    {"changes", krx_oci_verb_changes, 2, false, true},
    {"discard", krx_oci_verb_discard, 1, false, true},
    {"erase", krx_oci_verb_erase, 2, false, false},
    {"plain", krx_oci_verb_plain, 2, false, false},
    {"unarchive", krx_oci_verb_unarchive, 2, false, false},
    {"unpack", krx_oci_verb_unpack, 4, false, true},
    {NULL, NULL, 0, false, false},
};
/* clang-format on */
