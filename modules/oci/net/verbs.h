/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's verbs of this room. */
#ifndef KRX_OCI_NET_VERBS_H
#define KRX_OCI_NET_VERBS_H

#include <cjson/cJSON.h>

#include <kranix/call.h>

#include "lib/base/arena.h"

/* attach DIR: {"ip": ..., "ports": [...]}. For looking into what goes wrong. */
int32_t krx_oci_verb_attach(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer);
/* detach DIR */
int32_t krx_oci_verb_detach(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer);
/* bandwidth DIR EGRESS INGRESS: bits per second, 0: no limit, -: as it is */
int32_t krx_oci_verb_bandwidth(krx_call *call, krx_arena *arena, int argc, char **argv,
                               cJSON *answer);

#endif
