/* SPDX-License-Identifier: Apache-2.0 */
/* SPDY connections, opened with all their streams. */
#include "lib/kube/session/spdy.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/kube/session/spdy_receive.h"
#include "lib/kube/session/spdy_send.h"

#define PROTOCOL "v4.channel.k8s.io" /* version 5 is the same as far as SPDY is concerned */
#define OPEN_NS (30 * KRX_NS_PER_S)  /* a kubelet waits so long for all streams, too */

/* --------------------------------------------------------------------------- opening and closing
 */

static int fd(const krx_carrier *carrier)
{
    return krx_http_stream_fd(krx_spdy_of(carrier)->stream);
}

static void close_spdy(krx_carrier *carrier)
{
    krx_spdy *s = krx_spdy_of(carrier);
    krx_http_stream_close(s->stream);
    krx_spdy_headers_free(s->headers);
    explicit_bzero(s->queue, s->queued);
    free(s);
}

static bool is_open(const krx_spdy *s)
{
    bool all = true;
    for (size_t i = 0; i < KRX_COUNT(s->channels); i++)
        all = all && s->channels[i].replied == s->channels[i].opened;
    return all;
}

/* What is sent on a stream before its reply, kubelets lose. */
static int32_t await_streams(krx_call *call, krx_spdy *s)
{
    int64_t end = krx_now_monotonic() + OPEN_NS;
    for (;;) {
        krx_wait_fd w = {.struct_size = sizeof w, .fd = fd(&s->carrier), .want = KRX_WAIT_READ};
        int32_t code = krx_spdy_flush(call, &s->carrier);
        if (!code)
            code = krx_spdy_receive(call, &s->carrier);
        if (code || is_open(s))
            return code;
        if (!s->options.has_room(s->options.ctx))
            return krx_fail(call, KRX_E_DATA_LOSS, "%s: output came before the streams were open",
                            s->options.what);
        int64_t left = end - krx_now_monotonic();
        if (s->eof || left <= 0)
            return krx_fail(call, KRX_E_UNAVAILABLE, "%s: %s", s->options.what,
                            s->eof ? "the server closed the connection before its streams were open"
                                   : "the server does not open the streams it was asked for");
        if (krx_spdy_has_queued(&s->carrier))
            w.want |= KRX_WAIT_WRITE;
        code = call->host->wait(call->host, call, &w, 1, left);
        if (code < 0)
            return krx_wrap(call, "%s", s->options.what);
    }
}

static const krx_carrier_ops ops = {.fd = fd,
                                    .receive = krx_spdy_receive,
                                    .ended = krx_spdy_ended,
                                    .queue = krx_spdy_queue,
                                    .close_channel = krx_spdy_close_channel,
                                    .ping = krx_spdy_ping,
                                    .flush = krx_spdy_flush,
                                    .has_queued = krx_spdy_has_queued,
                                    .close = close_spdy};

static int32_t shake_hands(krx_call *call, krx_kube *kube, krx_spdy *s, krx_kube_switched *how)
{
    static const char *const headers[] = {"X-Stream-Protocol-Version: " PROTOCOL, NULL};
    krx_auto_http_response krx_http_response response = {0};
    int32_t code =
        krx_kube_upgrade(call, kube, &s->options, "SPDY/3.1", headers, &response, &s->stream, how);
    if (code)
        return code;
    const char *chosen = krx_http_header(&response, "X-Stream-Protocol-Version");
    return krx_streq(chosen, PROTOCOL)
               ? 0
               : krx_kube_fail_switch(call, &s->options,
                                      "the server chose a protocol that was not offered");
}

int32_t krx_spdy_open(krx_call *call, krx_kube *kube, const krx_carrier_options *options,
                      krx_carrier **out, krx_kube_switched *how)
{
    krx_spdy *s = calloc(1, sizeof *s);
    if (!s)
        return krx_no_memory(call);
    krx_auto_carrier krx_carrier *carrier = &s->carrier;
    s->carrier.ops = &ops;
    s->options = *options;
    s->ping = UINT32_MAX;
    s->reader.on_control = krx_spdy_on_control;
    s->reader.on_data = krx_spdy_on_data;
    s->reader.ctx = s;
    (void)snprintf(s->label, sizeof s->label, "%s", kube->label);
    s->headers = krx_spdy_headers_new();
    if (!s->headers)
        return krx_no_memory(call);
    int32_t code = shake_hands(call, kube, s, how);
    if (!code)
        code = krx_spdy_open_streams(call, s);
    if (!code)
        code = await_streams(call, s);
    if (code)
        return code;
    *out = krx_move_ptr(carrier);
    return 0;
}
