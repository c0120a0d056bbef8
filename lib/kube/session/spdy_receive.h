/* SPDX-License-Identifier: Apache-2.0 */
/* The receiving half of a SPDY connection. */
#ifndef KRX_KUBE_SPDY_RECEIVE_H
#define KRX_KUBE_SPDY_RECEIVE_H

#include "lib/kube/session/spdy_state.h"

/* As krx_carrier_ops. */
int32_t krx_spdy_receive(krx_call *call, krx_carrier *carrier);
bool krx_spdy_ended(const krx_carrier *carrier);
/* The reader's callbacks; ctx is the connection. */
int32_t krx_spdy_on_control(void *ctx, const krx_spdy_frame *frame, const uint8_t *payload);
int32_t krx_spdy_on_data(void *ctx, const krx_spdy_frame *frame, const uint8_t *data, size_t length,
                         bool last);

#endif
