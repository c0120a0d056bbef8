/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client of the Docker-compatible Engine API: finding the engine, agreeing on a version, JSON
 * calls, streams, registry credentials and attached sessions. Used by any number of threads.
 *
 * Paths are given without the version ("/containers/json?all=1"); build them with krx_url_segment()
 * and krx_url_query().
 */
#ifndef KRX_ENGINE_ENGINE_H
#define KRX_ENGINE_ENGINE_H

#include "lib/base/secret.h"
#include "lib/http/http.h"
#include "lib/json/json.h"
#include "lib/logs/lines.h"
#include "lib/model/image.h"

typedef struct krx_engine krx_engine;

/* API versions as one number: 1.41 is 1041. */
#define KRX_ENGINE_API(major, minor) ((major)*1000 + (minor))
#define KRX_ENGINE_API_OLDEST KRX_ENGINE_API(1, 24)
#define KRX_ENGINE_API_NEWEST KRX_ENGINE_API(1, 47)

/* ------------------------------------------------------------------------------------- opening */

/* All may be NULL: then the environment and the Docker configuration decide, as for docker(1). */
typedef struct krx_engine_options {
    const char *product; /* for texts; NULL: "Docker engine" */
    const char *host;    /* unix:///path, tcp://host:port, http(s)://host:port */
    const char *context; /* name of a docker context */
    const char *tls_ca;  /* PEM files; any of them means TLS */
    const char *tls_cert;
    const char *tls_key;
    const char *tls_verify;   /* "true" or "false" */
    const char *config_dir;   /* instead of $DOCKER_CONFIG or ~/.docker */
    const char *default_host; /* when nothing says otherwise; NULL: unix:///var/run/docker.sock */
    const char *api_version;  /* "1.41": exactly this one; else DOCKER_API_VERSION, else agreed */
    bool ignore_environment;  /* options and default_host only */
} krx_engine_options;

/* Does not contact the engine. */
int32_t krx_engine_open(krx_call *call, const krx_engine_options *options, krx_engine **out);
void krx_engine_close(krx_engine *engine); /* NULL is fine */
/* "unix:///var/run/docker.sock"; no credentials in it. */
const char *krx_engine_address(const krx_engine *engine);

KRX_DEFINE_CLEANUP(engine, krx_engine, krx_engine_close)
#define krx_auto_engine KRX_CLEANUP(krx_cleanup_engine_)

/* The version agreed upon, contacting the engine the first time. */
int32_t krx_engine_api(krx_call *call, krx_engine *engine, int32_t *api);

/* --------------------------------------------------------------------------------------- calls */

enum {
    KRX_ENGINE_CONFLICT_EXISTS = 1, /* 409 is ALREADY_EXISTS, not FAILED_PRECONDITION */
    KRX_ENGINE_NO_VERSION = 2       /* path without version, no negotiation */
};

typedef struct krx_engine_request {
    const char *method; /* NULL: GET */
    const char *path;
    const char *what;  /* begins the error text: "creating container web"; NULL: method and path */
    const cJSON *json; /* body; or the next ones */
    const void *body;
    size_t body_length;
    krx_http_read_fn *read_body;
    void *read_ctx;
    const char *content_type;
    const char *const *headers;
    size_t limit;
    int64_t idle_timeout_ns;
    uint32_t flags;
    int32_t *status; /* gets the HTTP status when not NULL, also for errors */
} krx_engine_request;

/*
 * Runs it. A 2xx or 304 answer is 0. *out gets the JSON document (to be freed with cJSON_Delete),
 * NULL for an answer without body. With out NULL the answer's body is read and dropped.
 *
 * Errors: 400 INVALID_ARGUMENT, 401 UNAUTHENTICATED, 403 PERMISSION_DENIED, 404 NOT_FOUND,
 * 409 see the flag, 429 and 507 RESOURCE_EXHAUSTED, 501 UNIMPLEMENTED, 503 UNAVAILABLE, 504
 * DEADLINE_EXCEEDED, other 5xx UNAVAILABLE for a GET and UNKNOWN for what acts, all else UNKNOWN,
 * with the engine's own text made safe; half, no or too much JSON is DATA_LOSS.
 */
int32_t krx_engine_call(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                        cJSON **out);

/* Shorthands. */
int32_t krx_engine_get(krx_call *call, krx_engine *engine, const char *path, const char *what,
                       cJSON **out);
int32_t krx_engine_post(krx_call *call, krx_engine *engine, const char *path, const char *what,
                        const cJSON *json, cJSON **out);
int32_t krx_engine_delete(krx_call *call, krx_engine *engine, const char *path, const char *what);

/* ------------------------------------------------------------------------------------- streams */

/* Anything but 0 stops, and is what the call answers. The message is the engine's to free. */
typedef int32_t krx_engine_message_fn(void *ctx, const cJSON *message);

#define KRX_ENGINE_MESSAGE_MAX ((size_t)1 << 20)

/* An answer of JSON documents one after the other: pull progress, events, stats. */
int32_t krx_engine_messages(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                            krx_engine_message_fn *fn, void *ctx);

/*
 * Follows the answer of pull, push, load or import: an error in it becomes the call's error
 * (UNAUTHENTICATED, NOT_FOUND, ...). fn gets the progress messages; may be NULL.
 */
int32_t krx_engine_transfer(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                            krx_engine_message_fn *fn, void *ctx);

/* stream: 1 standard output, 2 standard error. Pieces, not lines. */
typedef int32_t krx_engine_output_fn(void *ctx, uint32_t stream, const char *data, size_t length);

/* An answer of output: multiplexed frames, or raw when the container has a terminal. */
int32_t krx_engine_output(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                          bool tty, krx_engine_output_fn *fn, void *ctx);

/* An answer taken as it comes (export, save). */
int32_t krx_engine_raw(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                       krx_http_write_fn *fn, void *ctx);

/* -------------------------------------------------------------------------------------- sessions
 */

/* The fds are borrowed, -1 for none. */
typedef struct krx_engine_session {
    int32_t stdin_fd;
    int32_t stdout_fd;
    int32_t stderr_fd;
    bool tty;
    bool input_stays;  /* the end of stdin_fd is not the end of the input */
    int32_t resize_fd; /* readable: read it empty and call resize; -1: never */
    /* Called at the start and for each change; its failure is not the session's. May be NULL. */
    void (*resize)(void *ctx, krx_call *call);
    void *resize_ctx;
    bool *left; /* set when its last keys were Ctrl-P Ctrl-Q, which leave a terminal; may be NULL */
} krx_engine_session;

/* Upgrades the connection (exec start, attach) and pumps until the far side ends it. */
int32_t krx_engine_attach(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                          const krx_engine_session *session);

/* ------------------------------------------------------------------------------------ registries
 */

/*
 * *header gets "X-Registry-Auth: ..." for the registry of the reference, from the Docker
 * configuration and its credential helpers; an empty one when nothing is configured. Secret: free
 * it with krx_secret_free (krx_auto_secret).
 */
int32_t krx_engine_registry_auth(krx_call *call, krx_engine *engine, const krx_image_ref *ref,
                                 krx_str *header);

/* ------------------------------------------------------------------------- log lines, time stamps
 */

/* Output split into lines for each stream; with `timestamps` each begins with RFC 3339 time. */
int32_t krx_engine_lines(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                         bool tty, bool timestamps, krx_log_line_fn *fn, void *ctx);

#endif
