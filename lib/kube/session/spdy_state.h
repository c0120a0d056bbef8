/* SPDX-License-Identifier: Apache-2.0 */
/* A SPDY connection. */
#ifndef KRX_KUBE_SPDY_STATE_H
#define KRX_KUBE_SPDY_STATE_H

#include "lib/kube/session/carrier.h"
#include "lib/kube/session/spdy_frames.h"
#include "lib/kube/session/spdy_headers.h"

#define KRX_SPDY_QUEUE_MAX ((size_t)64 << 10)

typedef struct krx_spdy_channel {
    bool opened, replied;
    bool in_ended, out_ended;
} krx_spdy_channel;

typedef struct krx_spdy {
    krx_carrier carrier;
    krx_http_stream *stream;
    krx_carrier_options options;
    char label[256];
    krx_call *call; /* of the function that runs, for the reader's callbacks */
    krx_spdy_headers *headers;
    krx_spdy_reader reader;
    krx_spdy_channel channels[KRX_CARRIER_CHANNELS];
    uint32_t ping;
    bool eof;  /* nothing more comes */
    bool dumb; /* nothing more can be sent */
    size_t from, queued;
    uint8_t queue[KRX_SPDY_QUEUE_MAX];
} krx_spdy;

static inline krx_spdy *krx_spdy_of(const krx_carrier *carrier)
{
    return (krx_spdy *)(uintptr_t)carrier;
}

#endif
