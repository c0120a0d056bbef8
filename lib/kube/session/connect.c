/* SPDX-License-Identifier: Apache-2.0 */
/* Which carrier a session gets. */
#include "lib/kube/session/connect.h"

#include "lib/kube/session/spdy.h"
#include "lib/kube/session/websocket.h"

/* The kind that is tried first from now on. */
static void remember(krx_kube *kube, krx_carrier_kind kind)
{
    atomic_store(&kube->carrier, (uint8_t)kind);
}

static int32_t open_websocket(krx_call *call, krx_kube *kube, const krx_carrier_options *o,
                              const char *protocols, krx_carrier **out, krx_kube_switched *how)
{
    krx_carrier_options options = *o;
    options.protocols = protocols;
    return krx_ws_open(call, kube, &options, out, how);
}

static int32_t open_kind(krx_call *call, krx_kube *kube, krx_carrier_kind kind,
                         const krx_carrier_options *o, krx_carrier **out, krx_kube_switched *how)
{
    int32_t code =
        kind == KRX_CARRIER_SPDY
            ? krx_spdy_open(call, kube, o, out, how)
            : open_websocket(call, kube, o, kind == KRX_CARRIER_WS_V5 ? KRX_WS_V5 : o->protocols,
                             out, how);
    if (code)
        return code;
    bool upgraded = kind == KRX_CARRIER_WS_ANY && (*out)->ops->close_channel;
    remember(kube, upgraded ? KRX_CARRIER_WS_V5 : kind);
    return 0;
}

/* A session that does not need to know has found out all the same what the server takes. */
static int32_t open_plain(krx_call *call, krx_kube *kube, const krx_carrier_options *o,
                          krx_carrier **out)
{
    krx_kube_switched how;
    int32_t code = krx_ws_open(call, kube, o, out, &how);
    krx_carrier_kind known = (krx_carrier_kind)atomic_load(&kube->carrier);
    if (code || !krx_streq(o->protocols, KRX_WS_SESSION))
        return code;
    if ((*out)->ops->close_channel)
        remember(kube, KRX_CARRIER_WS_V5);
    else if (known == KRX_CARRIER_UNKNOWN || known == KRX_CARRIER_WS_V5)
        remember(kube, KRX_CARRIER_SPDY);
    return 0;
}

int32_t krx_carrier_open(krx_call *call, krx_kube *kube, const krx_carrier_options *o,
                         krx_carrier **out)
{
    *out = NULL;
    if (!o->ends)
        return open_plain(call, kube, o, out);
    krx_carrier_kind known = (krx_carrier_kind)atomic_load(&kube->carrier);
    krx_carrier_kind order[] = {known, KRX_CARRIER_WS_V5, KRX_CARRIER_SPDY, KRX_CARRIER_WS_ANY};
    bool answered = false;
    int32_t code = 0;
    for (size_t i = 0; i < KRX_COUNT(order); i++) {
        krx_kube_switched how = KRX_KUBE_NO_ANSWER;
        if (order[i] == KRX_CARRIER_UNKNOWN || (i && order[i] == known))
            continue;
        if (code)
            (void)krx_forgive(call);
        code = open_kind(call, kube, order[i], o, out, &how);
        answered = answered || how == KRX_KUBE_NOT_PASSED;
        /* a server that answers, and then not: something does not let this protocol through */
        bool lost = how == KRX_KUBE_NO_ANSWER && answered && code == KRX_E_UNAVAILABLE;
        if (!code || !(how == KRX_KUBE_NOT_PASSED || lost))
            return code;
    }
    return code;
}
