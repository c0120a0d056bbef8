/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the carrier that server and way take. */
#ifndef KRX_KUBE_CONNECT_H
#define KRX_KUBE_CONNECT_H

#include "lib/kube/session/carrier.h"

/*
 * With the kind that the server is known to take; else, when `ends` asks for it, a WebSocket of
 * version 5, SPDY, and any WebSocket, one after the other until one is passed on.
 */
int32_t krx_carrier_open(krx_call *call, krx_kube *kube, const krx_carrier_options *options,
                         krx_carrier **out);

#endif
