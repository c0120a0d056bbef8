/* SPDX-License-Identifier: Apache-2.0 */
/* The sending half of a SPDY connection. */
#ifndef KRX_KUBE_SPDY_SEND_H
#define KRX_KUBE_SPDY_SEND_H

#include "lib/kube/session/spdy_state.h"

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

#endif
