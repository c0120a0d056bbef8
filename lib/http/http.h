/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP client for one backend endpoint: a unix socket, tcp, or TLS. It keeps connections alive
 * and may be used by any number of threads at once; each request runs on the caller's thread and
 * waits through call->host->wait() only, so that cancel and deadline wake it.
 *
 * Failing to exchange a request and an answer is an error in the call's slot. An answer with a
 * status of 400 and above is not: what that means is the caller's business.
 */
#ifndef KRX_HTTP_HTTP_H
#define KRX_HTTP_HTTP_H

#include <kranix/call.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "lib/base/text.h"

typedef struct krx_http krx_http;
typedef struct krx_http_stream krx_http_stream;

#define KRX_HTTP_BODY_MAX ((size_t)16 << 20) /* what a body may have unless the request says so */
#define KRX_HTTP_HEAD_MAX ((size_t)64 << 10)

/* Where. Everything is copied. */
typedef struct krx_http_endpoint {
    const char *label;       /* "the Docker engine at unix:///...": for texts; NULL: the address */
    const char *socket_path; /* a unix socket, or NULL */
    const char *base_url;    /* "https://host:2376"; NULL with a socket */
    const char *ca_file;     /* PEM files, NULL for none; no ca_file means the system's */
    const char *cert_file;
    const char *key_file;
    const char *user_agent;       /* NULL: "kranix" */
    bool tls_insecure;            /* do not check the server's certificate */
    const char *tls_server_name;  /* the certificate's, when it is not the address' host */
    const char *proxy_url;        /* http, https or socks5; NULL: as the environment says */
    bool http2;                   /* with https: offer HTTP/2, upgrades excepted */
    const char *unreachable_hint; /* what to try when nothing listens, or NULL */
    const char *denied_hint;      /* what to try when the socket may not be opened, or NULL */
} krx_http_endpoint;

int32_t krx_http_open(krx_call *call, const krx_http_endpoint *endpoint, krx_http **out);
/* When no request runs on it. NULL is fine. */
void krx_http_close(krx_http *http);
const char *krx_http_label(const krx_http *http);
/*
 * Another client certificate (both NULL: none) for every request that begins from now on. The
 * files must stay until the next exchange or the end.
 */
int32_t krx_http_set_certificate(krx_call *call, krx_http *http, const char *cert_file,
                                 const char *key_file);

/* ----------------------------------------------------------------------------------- addresses */

/* Adds '/' and the text, percent-encoded. */
void krx_url_segment(krx_str *url, const char *text);
/* Adds ?key=value or &key=value, percent-encoded; nothing when value is NULL. */
void krx_url_query(krx_str *url, const char *key, const char *value);
KRX_PRINTF(3, 4) void krx_url_queryf(krx_str *url, const char *key, const char *format, ...);

/* ------------------------------------------------------------------------------------ requests */

/* Fills buffer; *got 0 is the end. A negative code (slot filled) ends the request with it. */
typedef int32_t krx_http_read_fn(void *ctx, char *buffer, size_t room, size_t *got);
/* Takes a piece of the body. Anything but 0 stops, and is what the request answers. */
typedef int32_t krx_http_write_fn(void *ctx, const char *data, size_t length);

typedef struct krx_http_request {
    const char *method;
    const char *path;           /* with query, encoded, begins with '/' */
    const char *const *headers; /* "Name: value", NULL-terminated, or NULL */

    const void *body; /* body_length bytes; or NULL */
    size_t body_length;
    krx_http_read_fn *read_body; /* or from a callback, sent chunked */
    void *read_ctx;
    const char *content_type; /* NULL: application/json for a body */

    size_t limit; /* of the collected body, beyond it DATA_LOSS; 0: KRX_HTTP_BODY_MAX */
    krx_http_write_fn *on_body; /* takes the body of a 2xx answer instead; others are collected */
    void *on_body_ctx;
    bool bulk; /* much comes: a new connection for it is HTTP/1.1, which costs a tenth less CPU */
    int64_t idle_timeout_ns; /* DEADLINE_EXCEEDED when nothing moves for so long; 0: none */
} krx_http_request;

typedef struct krx_http_response {
    int32_t status;
    krx_str head; /* see krx_http_header() */
    krx_str body;
} krx_http_response;

/* Zero-initialise the response and let krx_auto_http_response free it. */
void krx_http_response_free(krx_http_response *response);
#define krx_auto_http_response KRX_CLEANUP(krx_http_response_free)

/* Value of an answer's header, name in any case; NULL when absent. */
const char *krx_http_header(const krx_http_response *response, const char *name);

int32_t krx_http_request_run(krx_call *call, krx_http *http, const krx_http_request *request,
                             krx_http_response *response);

/* ------------------------------------------------------------------------------------- upgrades */

/*
 * Sends the request with "Connection: Upgrade" on a connection of its own. When the server
 * switches (101, or 200 without a length, as old engines do) *out is the raw connection; otherwise
 * *out is NULL and the response holds the answer.
 */
int32_t krx_http_upgrade(krx_call *call, krx_http *http, const krx_http_request *request,
                         const char *protocol, krx_http_response *response, krx_http_stream **out);
/* Both never wait: *done 0 with code 0 means not now (wait on the fd), read sets *eof at the end.
 */
int32_t krx_http_stream_read(krx_call *call, krx_http_stream *stream, void *buffer, size_t room,
                             size_t *done, bool *eof);
int32_t krx_http_stream_write(krx_call *call, krx_http_stream *stream, const void *data,
                              size_t length, size_t *done);
/* No more will be written; reading goes on. */
void krx_http_stream_finish(krx_http_stream *stream);
int krx_http_stream_fd(const krx_http_stream *stream);
void krx_http_stream_close(krx_http_stream *stream); /* NULL is fine */

KRX_DEFINE_CLEANUP(http, krx_http, krx_http_close)
#define krx_auto_http KRX_CLEANUP(krx_cleanup_http_)
KRX_DEFINE_CLEANUP(http_stream, krx_http_stream, krx_http_stream_close)
#define krx_auto_http_stream KRX_CLEANUP(krx_cleanup_http_stream_)

#endif
