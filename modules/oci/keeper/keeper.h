/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of this room; see verbs.h for what each does. */
#ifndef KRX_OCI_KEEPER_H
#define KRX_OCI_KEEPER_H

#include "modules/oci/keeper/verbs.h"

krx_oci_verb_fn krx_oci_verb_attach;
krx_oci_verb_fn krx_oci_verb_detach;
krx_oci_verb_fn krx_oci_verb_start;
krx_oci_verb_fn krx_oci_verb_exited;
krx_oci_verb_fn krx_oci_verb_reap;
krx_oci_verb_fn krx_oci_verb_remove;
krx_oci_verb_fn krx_oci_verb_revive;
krx_oci_verb_fn krx_oci_verb_run;
krx_oci_verb_fn krx_oci_verb_probe;
krx_oci_verb_fn krx_oci_verb_connect;

#endif
