/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What carries a session's channels, numbered as in the channel protocols of Kubernetes: 0 input,
 * 1 output, 2 error output, 3 how it ended, 4 window sizes. A WebSocket, or SPDY/3.1 for servers
 * whose WebSockets can't tell that the input has ended (before 1.30).
 */
#ifndef KRX_KUBE_CARRIER_H
#define KRX_KUBE_CARRIER_H

#include "lib/kube/internal.h"

#define KRX_CARRIER_CHANNELS 5
#define KRX_CARRIER_MESSAGE_MAX 16384 /* of what is sent; larger input goes in several messages */

/* The subprotocol that can tell the end of a channel, and all that we know. */
#define KRX_WS_V5 "v5.channel.k8s.io"
#define KRX_WS_SESSION KRX_WS_V5 ", v4.channel.k8s.io"

typedef struct krx_carrier krx_carrier;

typedef struct krx_carrier_options {
    const char *path;
    const char *what; /* begins texts */
    const krx_kube_ref *ref;
    const char *protocols; /* of a WebSocket, best first */
    uint8_t channels;      /* a bit of each that the path asks for */
    bool ends;             /* the far side must hear that a channel has ended, if it can be had */
    /*
     * A piece of a channel; `first` when it begins a message of a WebSocket. Must not block: what
     * it can't pass on it keeps.
     */
    int32_t (*on_data)(void *ctx, uint8_t channel, bool first, const char *data, size_t length);
    /* False while what was kept has to go first: nothing more is read then. */
    bool (*has_room)(void *ctx);
    void *ctx;
} krx_carrier_options;

typedef struct krx_carrier_ops {
    int (*fd)(const krx_carrier *carrier);
    /* Takes what is there now, as long as there is room. */
    int32_t (*receive)(krx_call *call, krx_carrier *carrier);
    /* Nothing more will come. */
    bool (*ended)(const krx_carrier *carrier);
    /* At most KRX_CARRIER_MESSAGE_MAX bytes, when nothing else is queued; flush sends them. */
    int32_t (*queue)(krx_call *call, krx_carrier *carrier, uint8_t channel, const void *data,
                     size_t length);
    /* Queues the end of a channel; NULL when the far side can't be told. */
    int32_t (*close_channel)(krx_call *call, krx_carrier *carrier, uint8_t channel);
    int32_t (*ping)(krx_call *call, krx_carrier *carrier);
    /* After a failure nothing more is sent; what the server has still said can be received. */
    int32_t (*flush)(krx_call *call, krx_carrier *carrier);
    /* Something queued has not been sent: wait until the descriptor takes more. */
    bool (*has_queued)(const krx_carrier *carrier);
    /* Says good-bye, as far as that goes without waiting. */
    void (*close)(krx_carrier *carrier);
} krx_carrier_ops;

/* The first member of each kind. */
struct krx_carrier {
    const krx_carrier_ops *ops;
};

static inline void krx_carrier_close(krx_carrier *carrier)
{
    if (carrier)
        carrier->ops->close(carrier);
}

KRX_DEFINE_CLEANUP(carrier, krx_carrier, krx_carrier_close)
#define krx_auto_carrier KRX_CLEANUP(krx_cleanup_carrier_)

#endif
