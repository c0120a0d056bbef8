/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of this room; see verbs.h for what each does. */
#ifndef KRX_OCI_PACKER_H
#define KRX_OCI_PACKER_H

#include "modules/oci/keeper/verbs.h"

krx_oci_verb_fn krx_oci_verb_archive;
krx_oci_verb_fn krx_oci_verb_bandwidth;
krx_oci_verb_fn krx_oci_verb_changes;
krx_oci_verb_fn krx_oci_verb_discard;
krx_oci_verb_fn krx_oci_verb_erase;
krx_oci_verb_fn krx_oci_verb_plain;
krx_oci_verb_fn krx_oci_verb_unarchive;
krx_oci_verb_fn krx_oci_verb_unpack;

#endif
