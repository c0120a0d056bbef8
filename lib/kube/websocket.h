/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket of the API server whose messages begin with a channel number. */
#ifndef KRX_KUBE_WEBSOCKET_H
#define KRX_KUBE_WEBSOCKET_H

#include "lib/kube/internal.h"

#define KRX_WS_MESSAGE_MAX 16384 /* of what is sent; larger input goes in several messages */

typedef struct krx_ws krx_ws;

typedef struct krx_ws_options {
    const char *path;
    const char *what; /* begins texts */
    const krx_kube_ref *ref;
    const char *protocols; /* "v5.channel.k8s.io, v4.channel.k8s.io": best first */
    /*
     * A piece of a message: `first` when its first byte stood before it. Must not block: what it
     * can't pass on it keeps.
     */
    int32_t (*on_data)(void *ctx, uint8_t channel, bool first, const char *data, size_t length);
    /* False while what was kept has to go first: nothing more is read then. */
    bool (*has_room)(void *ctx);
    void *ctx;
} krx_ws_options;

int32_t krx_ws_open(krx_call *call, krx_kube *kube, const krx_ws_options *options, krx_ws **out);
/* Says good-bye, as far as that goes without waiting. NULL is fine. */
void krx_ws_close(krx_ws *ws);
KRX_DEFINE_CLEANUP(ws, krx_ws, krx_ws_close)
#define krx_auto_ws KRX_CLEANUP(krx_cleanup_ws_)

/* What the server chose; "" when it named none. */
const char *krx_ws_protocol(const krx_ws *ws);
int krx_ws_fd(const krx_ws *ws);

/* Takes what is there now, as long as there is room. */
int32_t krx_ws_receive(krx_call *call, krx_ws *ws);
/* Nothing more will come. */
bool krx_ws_ended(const krx_ws *ws);

/* Queues one message of at most KRX_WS_MESSAGE_MAX bytes; send it with krx_ws_flush. */
int32_t krx_ws_queue(krx_call *call, krx_ws *ws, uint8_t channel, const void *data, size_t length);
int32_t krx_ws_ping(krx_call *call, krx_ws *ws);
/* After a failure nothing more is sent; what the server has still said can be received. */
int32_t krx_ws_flush(krx_call *call, krx_ws *ws);
/* Something queued has not been sent: wait until the descriptor takes more. */
bool krx_ws_has_queued(const krx_ws *ws);

/* -------------------------------------------------------------------------- websocket_key.c */

#define KRX_WS_KEY_MAX 32

/* A new Sec-WebSocket-Key, and the Sec-WebSocket-Accept that answers one. False: no memory, or no
 * random bytes. */
bool krx_ws_key(char out[KRX_WS_KEY_MAX]);
bool krx_ws_accept(const char *key, char out[KRX_WS_KEY_MAX]);

#endif
