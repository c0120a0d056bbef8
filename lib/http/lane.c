/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes, which one request at a time uses, and running curl on the host's way of waiting. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/http/internal.h"

#define IDLE_LANES_MAX 16u
#define CONNECT_TIMEOUT_MS 30000L
#define BUFFER_SIZE 65536L
#define UNSENT_RUNS 3

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *per_socket)
{
    krx_http_lane *lane = ctx;
    uint32_t i = 0;
    (void)easy, (void)per_socket;
    while (i < lane->socket_count && lane->sockets[i].fd != fd)
        i++;
    if (what == CURL_POLL_REMOVE) {
        if (i < lane->socket_count)
            lane->sockets[i] = lane->sockets[--lane->socket_count];
        return 0;
    }
    if (i == KRX_HTTP_LANE_SOCKETS) {
        lane->overflow = true;
        return 0;
    }
    if (i == lane->socket_count)
        lane->socket_count++;
    lane->sockets[i].fd = fd;
    lane->sockets[i].want =
        (what & CURL_POLL_IN ? KRX_WAIT_READ : 0u) | (what & CURL_POLL_OUT ? KRX_WAIT_WRITE : 0u);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    krx_http_lane *lane = ctx;
    (void)multi;
    lane->timer_at = timeout_ms < 0 ? INT64_MAX : krx_now_monotonic() + timeout_ms * KRX_NS_PER_MS;
    return 0;
}

void krx_http_lane_free(krx_http_lane *lane)
{
    if (!lane)
        return;
    if (lane->easy) {
        if (lane->multi)
            (void)curl_multi_remove_handle(lane->multi, lane->easy);
        curl_easy_cleanup(lane->easy);
    }
    if (lane->multi)
        curl_multi_cleanup(lane->multi);
    free(lane);
}

static krx_http_lane *lane_new(void)
{
    krx_http_lane *lane = calloc(1, sizeof *lane);
    if (!lane)
        return NULL;
    lane->timer_at = INT64_MAX;
    lane->multi = curl_multi_init();
    lane->easy = curl_easy_init();
    if (!lane->multi || !lane->easy) {
        krx_http_lane_free(lane);
        return NULL;
    }
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, 2L);
    return lane;
}

/* A server that is gone without a word is noticed within some two minutes, also by what only
 * listens. */
static void keep_alive(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
}

static void set_route(const krx_http *http, CURL *easy)
{
    if (http->proxy_url) {
        curl_easy_setopt(easy, CURLOPT_PROXY, http->proxy_url);
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
        curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    } else if (http->no_proxy) {
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    }
    if (http->socket_path)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, http->socket_path);
    else
        keep_alive(easy);
    if (http->connect_to)
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, http->connect_to);
}

/* Under the lock: the certificate may be exchanged. */
static void set_endpoint(const krx_http *http, krx_http_lane *lane)
{
    CURL *easy = lane->easy;
    curl_easy_reset(easy);
    lane->reason[0] = '\0';
    lane->overflow = lane->unrepeatable = lane->cut_off = false;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, lane->reason);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(http->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, http->user_agent);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    set_route(http, easy);
    if (http->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (http->cert_file)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, http->cert_file);
    if (http->key_file)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, http->key_file);
    if (http->tls_insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

/* One whose connections were made with the present certificate, or NULL. */
static krx_http_lane *take_idle(krx_http *http)
{
    KRX_LOCK_SCOPE(&http->lock);
    while (http->idle) {
        krx_http_lane *lane = http->idle;
        http->idle = lane->next;
        http->idle_count--;
        if (lane->certificate == http->certificate)
            return lane;
        krx_http_lane_free(lane);
    }
    return NULL;
}

krx_http_lane *krx_http_lane_take(krx_call *call, krx_http *http)
{
    krx_http_lane *lane = take_idle(http);
    bool fresh = !lane;
    if (fresh && !(lane = lane_new())) {
        (void)krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory for a connection to %s",
                       http->label);
        return NULL;
    }
    KRX_LOCK_SCOPE(&http->lock);
    if (fresh)
        lane->certificate = http->certificate;
    set_endpoint(http, lane);
    return lane;
}

void krx_http_lane_give(krx_http *http, krx_http_lane *lane)
{
    (void)curl_multi_remove_handle(lane->multi, lane->easy);
    pthread_mutex_lock(&http->lock);
    bool keep = http->idle_count < IDLE_LANES_MAX && !lane->overflow &&
                lane->certificate == http->certificate;
    if (keep) {
        lane->next = http->idle;
        http->idle = lane;
        http->idle_count++;
    }
    pthread_mutex_unlock(&http->lock);
    if (!keep)
        krx_http_lane_free(lane);
}

/* -------------------------------------------------------------------------------------- running */

static int64_t wait_limit(const krx_http_lane *lane, const krx_http_idle *idle, int64_t now)
{
    int64_t until = lane->timer_at;
    if (idle->timeout_ns && idle->last_ns + idle->timeout_ns < until)
        until = idle->last_ns + idle->timeout_ns;
    if (until == INT64_MAX)
        return -1;
    return until > now ? until - now : 0;
}

static int act(krx_http_lane *lane, const krx_wait_fd *fds, uint32_t count)
{
    int running = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (!fds[i].ready)
            continue;
        int what = (fds[i].ready & KRX_WAIT_READ ? CURL_CSELECT_IN : 0) |
                   (fds[i].ready & KRX_WAIT_WRITE ? CURL_CSELECT_OUT : 0) |
                   (fds[i].ready & KRX_WAIT_HANGUP ? CURL_CSELECT_ERR : 0);
        (void)curl_multi_socket_action(lane->multi, fds[i].fd, what, &running);
    }
    if (lane->timer_at <= krx_now_monotonic()) {
        lane->timer_at = INT64_MAX;
        (void)curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    return running;
}

static bool finished(krx_http_lane *lane, CURLcode *result)
{
    int left;
    const CURLMsg *message = curl_multi_info_read(lane->multi, &left);
    if (!message || message->msg != CURLMSG_DONE)
        return false;
    *result = message->data.result;
    return true;
}

/*
 * The far side reset the connection before the request was out, which hides why: a TLS alert, such
 * as that for a missing certificate, is lost with it, unless it wins that race.
 */
static bool lost_unused(krx_http_lane *lane, CURLcode result)
{
    curl_off_t handshake = 0, body = 0; /* of a body that is cut off, something has arrived */
    (void)curl_easy_getinfo(lane->easy, CURLINFO_SIZE_UPLOAD_T, &body);
    (void)curl_easy_getinfo(lane->easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
    bool unsent = result == CURLE_SEND_ERROR || krx_has_prefix(lane->reason, "Failed sending") ||
                  krx_has_prefix(lane->reason, "getpeername() failed");
    bool lost = result != CURLE_OK && unsent && body == 0;
    lane->cut_off = lost && handshake > 0;
    return lost && !lane->unrepeatable;
}

static bool run_again(krx_http_lane *lane)
{
    (void)curl_multi_remove_handle(lane->multi, lane->easy);
    lane->reason[0] = '\0';
    return curl_multi_add_handle(lane->multi, lane->easy) == CURLM_OK;
}

int32_t krx_http_lane_run(krx_call *call, krx_http *http, krx_http_lane *lane, krx_http_idle *idle,
                          CURLcode *result)
{
    krx_wait_fd fds[KRX_HTTP_LANE_SOCKETS];
    int runs = 1;
    CURLMcode added = curl_multi_add_handle(lane->multi, lane->easy);
    if (added != CURLM_OK)
        return krx_fail(call, KRX_E_INTERNAL, "%s: %s", http->label, curl_multi_strerror(added));
    idle->last_ns = krx_now_monotonic();
    for (;;) {
        uint32_t count = lane->socket_count;
        int64_t now = krx_now_monotonic();
        for (uint32_t i = 0; i < count; i++)
            fds[i] = (krx_wait_fd){.struct_size = sizeof fds[i],
                                   .fd = lane->sockets[i].fd,
                                   .want = lane->sockets[i].want};
        int32_t ready = call->host->wait(call->host, call, fds, count, wait_limit(lane, idle, now));
        if (ready < 0)
            return krx_wrap(call, "waiting for %s", http->label);
        (void)act(lane, fds, count);
        if (finished(lane, result) &&
            (!lost_unused(lane, *result) || runs++ == UNSENT_RUNS || !run_again(lane)))
            return 0;
        if (idle->timeout_ns && idle->last_ns + idle->timeout_ns <= krx_now_monotonic())
            return krx_fail(call, KRX_E_DEADLINE_EXCEEDED, "%s sent nothing for too long",
                            http->label);
    }
}
