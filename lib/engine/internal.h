/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. */
#ifndef KRX_ENGINE_INTERNAL_H
#define KRX_ENGINE_INTERNAL_H

#include <stdatomic.h>

#include "lib/engine/engine.h"
#include "lib/logs/lines.h"

struct krx_engine {
    krx_http *http;
    char *product;
    char *address;
    char *config_dir;    /* of the Docker configuration; NULL when there is no home either */
    _Atomic int32_t api; /* 0: not agreed yet */
    bool pinned;         /* by the options or DOCKER_API_VERSION */
};

/* ------------------------------------------------------------------- finding the engine (endpoint)
 */

/* Where the engine is. Texts malloc'd, NULL when absent. */
typedef struct krx_engine_place {
    char *address; /* for texts */
    char *socket_path;
    char *base_url;
    char *ca_file;
    char *cert_file;
    char *key_file;
    bool tls;
    bool insecure;
} krx_engine_place;

int32_t krx_engine_find(krx_call *call, const krx_engine_options *options, const char *config_dir,
                        krx_engine_place *out);
void krx_engine_place_free(krx_engine_place *place);

/* $DOCKER_CONFIG or ~/.docker, malloc'd; NULL when neither is known. */
char *krx_docker_config_dir(const krx_engine_options *options);
/* config.json of the folder as JSON; *out NULL when there is none. Secret: krx_secret_json_free. */
int32_t krx_docker_config_read(krx_call *call, const char *config_dir, cJSON **out);
/* Name of the current context, malloc'd; *out NULL for the default one. */
int32_t krx_docker_context_current(krx_call *call, const char *config_dir, char **out);
/* The file of a folder with certificates when it is there, malloc'd; NULL when it is not. */
char *krx_docker_tls_file(const char *folder, const char *name);
/* Fills host, TLS files and insecure of a context. */
int32_t krx_docker_context_find(krx_call *call, const char *config_dir, const char *name,
                                krx_engine_place *out, char **host);

/* ----------------------------------------------------------------------------------- credentials
 */

/* The header for what a configuration holds; helper calls go through the call's host. */
int32_t krx_docker_auth_header(krx_call *call, const char *config_dir, const char *registry,
                               krx_str *header);

/* --------------------------------------------------------------------------------------- answers
 */

/* The call's error for an answer with this status. */
int32_t krx_engine_fail(krx_call *call, const krx_engine_request *request,
                        const krx_http_response *response);
/* A text as pull and push report it becomes the call's error. */
int32_t krx_engine_fail_transfer(krx_call *call, const char *what, const char *text);

/* Runs a request with the version in front, once more when the engine has changed its version. */
int32_t krx_engine_run(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                       krx_http_write_fn *on_body, void *ctx, krx_http_response *response);
/* The path with the version in front, malloc'd; NULL with the slot filled. */
char *krx_engine_path(krx_call *call, krx_engine *engine, const krx_engine_request *request);
/* The body as text: borrowed from the request or (json) malloc'd in *owned. False: no memory. */
bool krx_engine_body(const krx_engine_request *request, krx_http_request *http, char **owned);

/* ------------------------------------------------------------------------------------- splitters
 */

/* Cuts a stream into JSON documents. Zero-initialise. */
typedef struct krx_json_splitter {
    krx_str text;
    size_t depth;
    bool in_string;
    bool escaped;
} krx_json_splitter;

/* fn is called for each complete document. Anything but 0 stops. */
int32_t krx_json_splitter_feed(krx_call *call, krx_json_splitter *s, const char *data,
                               size_t length, krx_engine_message_fn *fn, void *ctx);
/* DATA_LOSS when it ended inside a document. */
int32_t krx_json_splitter_end(krx_call *call, const krx_json_splitter *s);
void krx_json_splitter_free(krx_json_splitter *s);

/* Takes multiplexed output apart. Zero-initialise. */
typedef struct krx_demux {
    unsigned char head[8];
    size_t head_used;
    uint32_t left;   /* of the frame's payload */
    bool begun;      /* part of the payload was handed out */
    bool raw;        /* a terminal: no frames */
    krx_str failure; /* text of a frame in which the engine reports its own failure */
} krx_demux;

/* first: the piece begins a frame. */
typedef int32_t krx_demux_fn(void *ctx, uint32_t stream, bool first, const char *data,
                             size_t length);
int32_t krx_demux_feed(krx_call *call, krx_demux *d, const char *data, size_t length,
                       krx_demux_fn *fn, void *ctx);
/* DATA_LOSS when it ended inside a frame, UNKNOWN when the engine reported a failure. */
int32_t krx_demux_end(krx_call *call, krx_demux *d);
void krx_demux_free(krx_demux *d);

/* Runs a request whose answer is output. */
int32_t krx_engine_demux(krx_call *call, krx_engine *engine, const krx_engine_request *request,
                         bool tty, krx_demux_fn *fn, void *ctx);

#endif
