/* SPDX-License-Identifier: Apache-2.0 */
/* The request that turns a connection into a carrier, and what its refusal means. */
#include "lib/kube/session/upgrade.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* A peer that is gone without a word is noticed within half a minute. */
static void watch_peer(int fd)
{
    static const struct {
        int level, option, value;
    } options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                   {IPPROTO_TCP, TCP_KEEPIDLE, 15},
                   {IPPROTO_TCP, TCP_KEEPINTVL, 5},
                   {IPPROTO_TCP, TCP_KEEPCNT, 3},
                   {IPPROTO_TCP, TCP_USER_TIMEOUT, 30000}};
    for (size_t i = 0; i < KRX_COUNT(options); i++)
        (void)setsockopt(fd, options[i].level, options[i].option, &options[i].value,
                         sizeof options[i].value);
}

int32_t krx_kube_fail_switch(krx_call *call, const krx_carrier_options *o, const char *why)
{
    (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: %s", o->what, why);
    return krx_hint(call,
                    "something between here and the API server may not pass such connections on");
}

/* Our headers behind those with credentials, which stay the owner's. */
static const char **join_headers(char **credentials, const char *const *own)
{
    size_t count = 0, more = 0;
    while (credentials && credentials[count])
        count++;
    while (own[more])
        more++;
    const char **all = calloc(count + more + 1, sizeof *all);
    for (size_t i = 0; all && i < count; i++)
        all[i] = credentials[i];
    for (size_t i = 0; all && i < more; i++)
        all[count + i] = own[i];
    return all;
}

static int32_t ask(krx_call *call, krx_kube *kube, const krx_carrier_options *o,
                   const char *protocol, const char *const *own, krx_http_response *response,
                   krx_http_stream **stream)
{
    char **credentials = NULL;
    int32_t code = krx_kube_credentials(call, kube, &credentials);
    if (code < 0)
        return code;
    krx_autofree const char **headers = join_headers(credentials, own);
    krx_http_request request = {.method = "GET", .path = o->path, .headers = headers};
    code = headers ? krx_http_upgrade(call, kube->http, &request, protocol, response, stream)
                   : krx_no_memory(call);
    krx_kube_headers_free(credentials);
    return code < 0 ? krx_wrap(call, "%s", o->what) : code;
}

/*
 * A Status is the API's own word, unless it says that no request to switch has come. What does not
 * know the protocol answers with plain text or nothing: kubelets before 1.30 with 403.
 */
static bool is_final(const krx_http_response *response)
{
    if (response->status == 401)
        return true;
    krx_auto_json cJSON *status =
        cJSON_ParseWithLength(krx_str_get(&response->body), response->body.length);
    if (!krx_streq(krx_json_text(status, "kind"), "Status"))
        return false;
    const char *message = krx_json_text(status, "message");
    return response->status != 400 || !message || !strcasestr(message, "upgrade request required");
}

int32_t krx_kube_upgrade(krx_call *call, krx_kube *kube, const krx_carrier_options *o,
                         const char *protocol, const char *const *headers,
                         krx_http_response *response, krx_http_stream **stream,
                         krx_kube_switched *how)
{
    krx_kube_exchange exchange = {.method = "GET", .path = o->path, .what = o->what, .ref = o->ref};
    *how = KRX_KUBE_NO_ANSWER;
    for (int tries = 0;; tries++) {
        int32_t code = ask(call, kube, o, protocol, headers, response, stream);
        if (code < 0)
            return code;
        if (*stream)
            break;
        if (response->status != 401 || tries || !krx_kube_auth_refused(kube->auth))
            break;
    }
    const char *upgraded = krx_http_header(response, "Upgrade");
    if (*stream && response->status == 101 && upgraded && strcasecmp(upgraded, protocol) == 0) {
        *how = KRX_KUBE_SWITCHED;
        watch_peer(krx_http_stream_fd(*stream));
        return 0;
    }
    *how = response->status == 101 || is_final(response) ? KRX_KUBE_REFUSED : KRX_KUBE_NOT_PASSED;
    krx_http_stream_close(krx_move_ptr(*stream));
    if (response->status < 300)
        return krx_kube_fail_switch(call, o, "the server did not switch the protocol");
    return krx_kube_fail(call, kube, &exchange, response);
}
