/* SPDX-License-Identifier: Apache-2.0 */
/* The client: its address, its lanes, and running curl on the host's way of waiting. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/http/internal.h"

#define IDLE_LANES_MAX 16u
#define CONNECT_TIMEOUT_MS 30000L
#define BUFFER_SIZE 65536L

static void init_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_NOTHING);
}

static bool is_loopback(const char *host)
{
    return krx_has_prefix(host, "localhost") || krx_has_prefix(host, "127.") ||
           krx_has_prefix(host, "[::1]");
}

static bool copy_text(char **to, const char *from)
{
    if (krx_blank(from))
        return true;
    *to = strdup(from);
    return *to != NULL;
}

static int32_t check_file(krx_call *call, const char *what, const char *path)
{
    if (krx_blank(path) || access(path, R_OK) == 0)
        return 0;
    int err = errno;
    krx_fail(call, err == EACCES ? KRX_E_PERMISSION_DENIED : KRX_E_INVALID_ARGUMENT,
             "the %s %s cannot be read: %s", what, path, strerror(err));
    call->error->sys_errno = err;
    return call->error->code;
}

static int32_t check_endpoint(krx_call *call, const krx_http_endpoint *e)
{
    int32_t code;
    struct sockaddr_un a;
    if (!krx_blank(e->socket_path) && strlen(e->socket_path) >= sizeof a.sun_path)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "socket path %s is longer than %zu bytes",
                        e->socket_path, sizeof a.sun_path - 1);
    if (krx_blank(e->socket_path) &&
        (krx_blank(e->base_url) ||
         (!krx_has_prefix(e->base_url, "http://") && !krx_has_prefix(e->base_url, "https://"))))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "an address begins with http:// or https://");
    if ((code = check_file(call, "CA certificate", e->ca_file)) < 0 ||
        (code = check_file(call, "client certificate", e->cert_file)) < 0 ||
        (code = check_file(call, "client key", e->key_file)) < 0)
        return code;
    return 0;
}

/*
 * curl takes the name in the certificate from the address, so the address gets that name, the
 * connection goes to the real host, and the Host header says the real one.
 */
static bool rename_host(krx_http *http, const char *name)
{
    const char *rest = http->base_url + strlen("https://") + strlen(http->host);
    const char *colon = strrchr(http->host, ':');
    const char *port = colon && !strchr(colon, ']') ? colon + 1 : "443";
    size_t host_length = strlen(http->host) - (*port && colon == port - 1 ? strlen(port) + 1 : 0);
    bool bare_v6 = strchr(name, ':') && *name != '[';
    krx_autofree char *to = krx_format("::%.*s:%s", (int)host_length, http->host, port);
    char *url =
        krx_format("https://%s%s%s:%s%s", bare_v6 ? "[" : "", name, bare_v6 ? "]" : "", port, rest);
    http->connect_to = to ? curl_slist_append(NULL, to) : NULL;
    http->host_header = krx_format("Host: %s", http->host);
    free(http->base_url);
    http->base_url = url;
    return http->connect_to && http->host_header && url;
}

/* A SOCKS proxy finds the host itself, as it does for the other clients of a cluster. */
static bool copy_proxy(char **to, const char *from)
{
    static const char socks[] = "socks5://";
    if (krx_blank(from))
        return true;
    *to = krx_has_prefix(from, socks) ? krx_format("socks5h://%s", from + strlen(socks))
                                      : strdup(from);
    return *to != NULL;
}

static bool fill_client(krx_http *http, const krx_http_endpoint *e)
{
    const char *url = krx_blank(e->base_url) ? "http://localhost" : e->base_url;
    const char *host = strstr(url, "://");
    size_t length = strlen(url);
    host = host ? host + 3 : url;
    while (length && url[length - 1] == '/')
        length--;
    http->base_url = strndup(url, length);
    http->host = strndup(host, strcspn(host, "/"));
    http->http2 = e->http2 && krx_has_prefix(url, "https://");
    http->label =
        strdup(krx_blank(e->label) ? krx_blank(e->socket_path) ? url : e->socket_path : e->label);
    http->user_agent = strdup(krx_blank(e->user_agent) ? "kranix" : e->user_agent);
    http->tls_insecure = e->tls_insecure;
    http->no_proxy = !krx_blank(e->socket_path) || is_loopback(host);
    return http->base_url && http->host && http->label && http->user_agent &&
           (krx_blank(e->tls_server_name) || !krx_has_prefix(url, "https://") ||
            rename_host(http, e->tls_server_name)) &&
           copy_proxy(&http->proxy_url, e->proxy_url) &&
           copy_text(&http->socket_path, e->socket_path) && copy_text(&http->ca_file, e->ca_file) &&
           copy_text(&http->cert_file, e->cert_file) && copy_text(&http->key_file, e->key_file) &&
           copy_text(&http->unreachable_hint, e->unreachable_hint) &&
           copy_text(&http->denied_hint, e->denied_hint);
}

int32_t krx_http_open(krx_call *call, const krx_http_endpoint *endpoint, krx_http **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *out = NULL;
    int32_t code = check_endpoint(call, endpoint);
    if (code < 0)
        return code;
    (void)pthread_once(&once, init_curl);
    krx_auto_http krx_http *http = calloc(1, sizeof *http);
    if (!http)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    pthread_mutex_init(&http->lock, NULL);
    if (!fill_client(http, endpoint))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    *out = krx_move_ptr(http);
    return 0;
}

void krx_http_close(krx_http *http)
{
    if (!http)
        return;
    while (http->idle) {
        krx_http_lane *next = http->idle->next;
        krx_http_lane_free(http->idle);
        http->idle = next;
    }
    pthread_mutex_destroy(&http->lock);
    free(http->label);
    free(http->socket_path);
    free(http->base_url);
    free(http->host);
    free(http->host_header);
    curl_slist_free_all(http->connect_to);
    free(http->proxy_url);
    free(http->ca_file);
    free(http->cert_file);
    free(http->key_file);
    free(http->user_agent);
    free(http->unreachable_hint);
    free(http->denied_hint);
    free(http);
}

const char *krx_http_label(const krx_http *http)
{
    return http->label;
}

int32_t krx_http_set_certificate(krx_call *call, krx_http *http, const char *cert_file,
                                 const char *key_file)
{
    krx_autofree char *cert = NULL;
    krx_autofree char *key = NULL;
    int32_t code;
    if ((code = check_file(call, "client certificate", cert_file)) < 0 ||
        (code = check_file(call, "client key", key_file)) < 0)
        return code;
    if (!copy_text(&cert, cert_file) || !copy_text(&key, key_file))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    KRX_LOCK_SCOPE(&http->lock);
    char *old_cert = http->cert_file, *old_key = http->key_file;
    http->cert_file = krx_move_ptr(cert);
    http->key_file = krx_move_ptr(key);
    cert = old_cert;
    key = old_key;
    http->certificate++;
    return 0;
}

/* ---------------------------------------------------------------------------------------- lanes */

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
    lane->overflow = false;
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

int32_t krx_http_lane_run(krx_call *call, krx_http *http, krx_http_lane *lane, krx_http_idle *idle,
                          CURLcode *result)
{
    krx_wait_fd fds[KRX_HTTP_LANE_SOCKETS];
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
        if (finished(lane, result))
            return 0;
        if (idle->timeout_ns && idle->last_ns + idle->timeout_ns <= krx_now_monotonic())
            return krx_fail(call, KRX_E_DEADLINE_EXCEEDED, "%s sent nothing for too long",
                            http->label);
    }
}
