/* SPDX-License-Identifier: Apache-2.0 */
/* The client: its address, and how it shows who it is. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/http/internal.h"

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
