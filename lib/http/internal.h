/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the client and its lanes. */
#ifndef KRX_HTTP_INTERNAL_H
#define KRX_HTTP_INTERNAL_H

#include <curl/curl.h>
#include <pthread.h>

#include "lib/http/http.h"

#define KRX_HTTP_LANE_SOCKETS 16

/* One handle with its connections; used by one request at a time. */
typedef struct krx_http_lane {
    struct krx_http_lane *next;
    CURLM *multi;
    CURL *easy;
    struct {
        curl_socket_t fd;
        uint32_t want;
    } sockets[KRX_HTTP_LANE_SOCKETS];
    uint32_t socket_count;
    bool overflow;
    bool unrepeatable;    /* the request's body can be read only once */
    bool cut_off;         /* after the TLS handshake, with no request sent */
    int64_t timer_at;     /* monotonic; INT64_MAX: none */
    uint64_t certificate; /* which of the client's it may have connected with */
    char reason[CURL_ERROR_SIZE];
} krx_http_lane;

struct krx_http {
    pthread_mutex_t lock;
    krx_http_lane *idle;
    uint32_t idle_count;
    char *label;
    char *socket_path;
    char *base_url;
    char *host; /* for the Host header */
    char *host_header;
    struct curl_slist *connect_to; /* where the host really is, with a server name of TLS' own */
    char *proxy_url;
    char *ca_file;
    char *cert_file; /* these three under the lock */
    char *key_file;
    uint64_t certificate;
    char *user_agent;
    char *unreachable_hint;
    char *denied_hint;
    bool tls_insecure;
    bool no_proxy;
    bool http2;
};

/* An idle lane or a new one, with address and TLS set; NULL with the slot filled. */
krx_http_lane *krx_http_lane_take(krx_call *call, krx_http *http);
/* Back among the idle ones. */
void krx_http_lane_give(krx_http *http, krx_http_lane *lane);
void krx_http_lane_free(krx_http_lane *lane);

/* Idle watch of a transfer; last_ns is moved on by its callbacks. */
typedef struct krx_http_idle {
    int64_t timeout_ns; /* 0: none */
    int64_t last_ns;
} krx_http_idle;

/*
 * Runs the lane's handle until it is done: *result is curl's verdict. A negative answer means that
 * the call ended first. The handle stays in the multi.
 */
int32_t krx_http_lane_run(krx_call *call, krx_http *http, krx_http_lane *lane, krx_http_idle *idle,
                          CURLcode *result);
/* Error of the call for what curl says; `answered` when the answer had begun. */
int32_t krx_http_fail_curl(krx_call *call, const krx_http *http, const krx_http_lane *lane,
                           CURLcode result, bool answered);

/* One header line or status line into the response; false when the head grows too large. */
bool krx_http_take_head_line(krx_http_response *response, const char *line, size_t length);

#endif
