/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket of the API server whose messages begin with a channel number. */
#ifndef KRX_KUBE_WEBSOCKET_H
#define KRX_KUBE_WEBSOCKET_H

#include "lib/kube/session/upgrade.h"

/* With options->protocols; its close_channel is there when the server chose KRX_WS_V5. */
int32_t krx_ws_open(krx_call *call, krx_kube *kube, const krx_carrier_options *options,
                    krx_carrier **out, krx_kube_switched *how);

/* -------------------------------------------------------------------------- websocket_key.c */

#define KRX_WS_KEY_MAX 32

/* A new Sec-WebSocket-Key, and the Sec-WebSocket-Accept that answers one. False: no memory, or no
 * random bytes. */
bool krx_ws_key(char out[KRX_WS_KEY_MAX]);
bool krx_ws_accept(const char *key, char out[KRX_WS_KEY_MAX]);

#endif
