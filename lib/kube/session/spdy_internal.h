/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a SPDY connection share. */
#ifndef KRX_KUBE_SPDY_INTERNAL_H
#define KRX_KUBE_SPDY_INTERNAL_H

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

/* ---------------------------------------------------------------------------------- spdy_send.c */

/* Which stream carries a channel, in the order in which they are opened. */
#define KRX_SPDY_KINDS 5
typedef struct krx_spdy_kind {
    uint8_t channel;
    uint32_t stream;
    const char *type;
} krx_spdy_kind;
extern const krx_spdy_kind krx_spdy_kinds[KRX_SPDY_KINDS];

/* Queues the frames that open all streams, and lets the peer send freely. */
int32_t krx_spdy_open_streams(krx_call *call, krx_spdy *spdy);
/* Queues a control frame of one or two numbers, unless the peer leaves too many unread. */
void krx_spdy_tell(krx_spdy *spdy, uint16_t type, size_t count, uint32_t a, uint32_t b);
/* As krx_carrier_ops. */
int32_t krx_spdy_queue(krx_call *call, krx_carrier *carrier, uint8_t channel, const void *data,
                       size_t length);
int32_t krx_spdy_close_channel(krx_call *call, krx_carrier *carrier, uint8_t channel);
int32_t krx_spdy_ping(krx_call *call, krx_carrier *carrier);
int32_t krx_spdy_flush(krx_call *call, krx_carrier *carrier);
bool krx_spdy_has_queued(const krx_carrier *carrier);

/* ------------------------------------------------------------------------------- spdy_receive.c */

/* As krx_carrier_ops. */
int32_t krx_spdy_receive(krx_call *call, krx_carrier *carrier);
bool krx_spdy_ended(const krx_carrier *carrier);
/* The reader's callbacks; ctx is the connection. */
int32_t krx_spdy_on_control(void *ctx, const krx_spdy_frame *frame, const uint8_t *payload);
int32_t krx_spdy_on_data(void *ctx, const krx_spdy_frame *frame, const uint8_t *data, size_t length,
                         bool last);

#endif
