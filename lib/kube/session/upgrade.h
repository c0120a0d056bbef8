/* SPDX-License-Identifier: Apache-2.0 */
/* The request that turns a connection into a carrier. */
#ifndef KRX_KUBE_UPGRADE_H
#define KRX_KUBE_UPGRADE_H

#include "lib/kube/session/carrier.h"

/* How far a request to switch came. */
typedef enum krx_kube_switched {
    KRX_KUBE_SWITCHED,
    KRX_KUBE_NOT_PASSED, /* the server, or what stands before it, does not know this protocol */
    KRX_KUBE_REFUSED,    /* the API's own refusal: no other protocol changes it */
    KRX_KUBE_NO_ANSWER,
} krx_kube_switched;

/*
 * Asks for the protocol with our credentials, which are renewed once when they are refused. *stream
 * is NULL unless it answers 0.
 */
int32_t krx_kube_upgrade(krx_call *call, krx_kube *kube, const krx_carrier_options *options,
                         const char *protocol, const char *const *headers,
                         krx_http_response *response, krx_http_stream **stream,
                         krx_kube_switched *how);
/* Fails with a hint for what did not switch as it should have. */
int32_t krx_kube_fail_switch(krx_call *call, const krx_carrier_options *options, const char *why);

#endif
