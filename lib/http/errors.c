/* SPDX-License-Identifier: Apache-2.0 */
/* What curl's verdicts mean to the caller. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/http/internal.h"

static int probe_socket(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    krx_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    memcpy(a.sun_path, path, strlen(path) + 1);
    return connect(fd, (const struct sockaddr *)&a, sizeof a) < 0 ? errno : 0;
}

/* What did not take the connection is the proxy, not the server. */
static int32_t fail_proxy(krx_call *call, const krx_http *http, int err)
{
    char proxy[256];
    (void)snprintf(proxy, sizeof proxy, "%s", http->proxy_url);
    krx_url_redact(proxy);
    (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: the proxy %s cannot be reached: %s", http->label,
                   proxy, err ? strerror(err) : "no connection");
    call->error->sys_errno = err;
    return krx_hint(call, "check the proxy's address, and that it runs");
}

static int32_t fail_connect(krx_call *call, const krx_http *http, const krx_http_lane *lane)
{
    long os_error = 0;
    (void)curl_easy_getinfo(lane->easy, CURLINFO_OS_ERRNO, &os_error);
    int err = (int)os_error;
    if (!err && http->socket_path)
        err = probe_socket(http->socket_path);
    if (http->proxy_url)
        return fail_proxy(call, http, err);
    bool denied = err == EACCES || err == EPERM;
    const char *hint = denied ? http->denied_hint : http->unreachable_hint;
    (void)krx_fail(call, denied ? KRX_E_PERMISSION_DENIED : KRX_E_UNAVAILABLE,
                   "%s cannot be reached: %s", http->label,
                   err               ? strerror(err)
                   : lane->reason[0] ? lane->reason
                                     : "no connection");
    call->error->sys_errno = err;
    return hint ? krx_hint(call, "%s", hint) : call->error->code;
}

/*
 * With TLS 1.3 the server's verdict on our certificate comes with the first read. OpenSSL names the
 * alert, GnuTLS does not; after a good handshake and before any answer it can be no other.
 */
static bool is_certificate_alert(const char *reason, CURLcode result, bool answered)
{
    if (!strcasestr(reason, "alert"))
        return false;
    return strcasestr(reason, "certificate") || strcasestr(reason, "unknown ca") ||
           (result == CURLE_RECV_ERROR && !answered && strcasestr(reason, "fatal alert"));
}

static int32_t fail_tls(krx_call *call, const krx_http *http, const char *why, CURLcode result,
                        bool refused)
{
    if (refused) {
        (void)krx_fail(call, KRX_E_UNAUTHENTICATED, "%s refuses the client certificate: %s",
                       http->label, why);
        return krx_hint(call, "give the client certificate and key that its CA signed");
    }
    if (result == CURLE_SSL_CERTPROBLEM)
        return krx_fail(call, KRX_E_UNAUTHENTICATED, "%s: the client certificate is not usable: %s",
                        http->label, why);
    (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: no TLS connection: %s", http->label, why);
    return krx_hint(call, "check the CA certificate, the host name in the address, and that the "
                          "server speaks TLS on this port");
}

/* Nothing tells the reason; a certificate that was not accepted is the usual one. */
static int32_t fail_cut_off(krx_call *call, const krx_http *http, const char *why)
{
    (void)krx_fail(call, KRX_E_UNAUTHENTICATED,
                   "%s breaks off TLS connections before a request can be sent, as servers do that "
                   "do not accept the client certificate: %s",
                   http->label, why);
    return krx_hint(call, "give the client certificate and key that its CA signed");
}

static const struct {
    CURLcode curl;
    int32_t code;
    const char *format;
} verdicts[] = {
    {CURLE_COULDNT_RESOLVE_HOST, KRX_E_UNAVAILABLE, "the host name cannot be resolved"},
    {CURLE_COULDNT_RESOLVE_PROXY, KRX_E_UNAVAILABLE, "the proxy's name cannot be resolved"},
    {CURLE_GOT_NOTHING, KRX_E_UNAVAILABLE, "closed the connection without an answer"},
    {CURLE_UNSUPPORTED_PROTOCOL, KRX_E_UNAVAILABLE, "does not answer with HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, KRX_E_UNAVAILABLE, "does not answer with HTTP"},
    {CURLE_OPERATION_TIMEDOUT, KRX_E_DEADLINE_EXCEEDED, "no connection in time"},
    {CURLE_OUT_OF_MEMORY, KRX_E_RESOURCE_EXHAUSTED, "out of memory"},
    {CURLE_URL_MALFORMAT, KRX_E_INVALID_ARGUMENT, "the address is malformed"},
    {CURLE_PARTIAL_FILE, KRX_E_DATA_LOSS, "the answer was cut short"},
};

int32_t krx_http_fail_curl(krx_call *call, const krx_http *http, const krx_http_lane *lane,
                           CURLcode result, bool answered)
{
    char why[CURL_ERROR_SIZE];
    (void)snprintf(why, sizeof why, "%s",
                   lane->reason[0] ? lane->reason : curl_easy_strerror(result));
    krx_url_redact(why);
    bool refused = is_certificate_alert(why, result, answered);
    switch (result) {
    case CURLE_COULDNT_CONNECT:
        return fail_connect(call, http, lane);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return fail_tls(call, http, why, result, refused);
    default:
        break;
    }
    if (refused)
        return fail_tls(call, http, why, result, refused);
    if (lane->cut_off && !answered)
        return fail_cut_off(call, http, why);
    if (strstr(why, "CONNECT tunnel failed"))
        return krx_fail(call, KRX_E_UNAVAILABLE, "%s: the proxy refuses: %s", http->label, why);
    for (size_t i = 0; i < KRX_COUNT(verdicts); i++)
        if (verdicts[i].curl == result)
            return krx_fail(call, verdicts[i].code, "%s: %s", http->label, verdicts[i].format);
    return krx_fail(call, answered ? KRX_E_DATA_LOSS : KRX_E_UNAVAILABLE, "%s: %s: %s", http->label,
                    answered ? "the answer is damaged" : "the connection was lost", why);
}
