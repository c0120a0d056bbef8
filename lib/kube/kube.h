/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client of one Kubernetes API server: objects, lists, watches, logs. Used by any number of threads
 * at once; each call runs on its caller's thread and waits through call->host->wait() only.
 *
 * Errors of the server: 400 and 422 INVALID_ARGUMENT, 401 UNAUTHENTICATED, 403 PERMISSION_DENIED
 * (hint: the RBAC rule that is missing; RESOURCE_EXHAUSTED when it is a quota, FAILED_PRECONDITION
 * when the namespace is ending), 404 NOT_FOUND (UNIMPLEMENTED when the API itself is missing), 409
 * ALREADY_EXISTS or ABORTED (somebody else changed the object), 410 OUT_OF_RANGE (a resource
 * version too old), 429 RESOURCE_EXHAUSTED, 503 and other 5xx UNAVAILABLE, 504 DEADLINE_EXCEEDED;
 * the text is the Status' own, made safe. 429 and 503 with Retry-After, and connections that fail
 * for a GET, are tried again first, a bounded number of times.
 */
#ifndef KRX_KUBE_KUBE_H
#define KRX_KUBE_KUBE_H

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "lib/kube/config/config.h"
#include "lib/kube/kinds.h"

typedef struct krx_kube krx_kube;

#define KRX_KUBE_FIELD_MANAGER "kranix"

/* Takes the config over, also when it fails. Contacts nothing. */
int32_t krx_kube_open(krx_call *call, krx_kube_config *config, krx_kube **out);
void krx_kube_close(krx_kube *kube); /* NULL is fine */
const krx_kube_config *krx_kube_config_of(const krx_kube *kube);
/* "the Kubernetes API at https://...": for texts. */
const char *krx_kube_label(const krx_kube *kube);

KRX_DEFINE_CLEANUP(kube, krx_kube, krx_kube_close)
#define krx_auto_kube KRX_CLEANUP(krx_cleanup_kube_)

/* ------------------------------------------------------------------------------------ discovery */

const char *krx_kube_kind_name(krx_kube_kind kind);   /* "CronJob" */
const char *krx_kube_kind_plural(krx_kube_kind kind); /* "cronjobs" */
/* The kind called so ("CronJob"), KRX_KUBE_KIND_COUNT_ when it is none of ours. */
krx_kube_kind krx_kube_kind_of(const char *name);

/*
 * "batch/v1beta1", as the server has it; asked once for each group and kept. UNIMPLEMENTED when it
 * has none of the versions. Lives as long as the client.
 */
int32_t krx_kube_api_version(krx_call *call, krx_kube *kube, krx_kube_kind kind, const char **out);
/* The server's /version: major * 1000 + minor, and its text. Asked once. */
int32_t krx_kube_server_version(krx_call *call, krx_kube *kube, int32_t *number, const char **text);

/* ---------------------------------------------------------------------------------------- calls */

/* Names one object, or a collection when name is NULL. */
typedef struct krx_kube_ref {
    krx_kube_kind kind;
    const char *namespace_; /* NULL: all namespaces, or a kind without */
    const char *name;
    const char *subresource; /* "scale", "eviction", "status", ...; or NULL */
} krx_kube_ref;

enum {
    KRX_KUBE_DRY_RUN = 1, /* dryRun=All: the server checks and answers, and writes nothing */
    KRX_KUBE_FORCE = 2    /* apply: take over fields that another manager owns */
};

/* Any call at all. `path` (encoded, with query) instead of `ref` for what is no object. */
typedef struct krx_kube_request {
    const char *method; /* NULL: GET */
    krx_kube_ref ref;
    const char *path;
    const char *query;        /* "key=value&..." encoded, or NULL */
    const cJSON *json;        /* body */
    const char *content_type; /* NULL: application/json */
    uint32_t flags;           /* KRX_KUBE_DRY_RUN */
    uint32_t retries;         /* 0: as usual; else at most so many tries */
    size_t limit;             /* of the answer; 0: 16 MiB */
    int32_t *status;          /* gets the HTTP status when not NULL */
} krx_kube_request;

/* *out (may be NULL) gets the answer. */
int32_t krx_kube_call(krx_call *call, krx_kube *kube, const krx_kube_request *request, cJSON **out);

int32_t krx_kube_get(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, cJSON **out);
/* As get, but what is missing (object or whole API group) is 0 and *out NULL. */
int32_t krx_kube_look(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, cJSON **out);
int32_t krx_kube_create(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                        const cJSON *object, uint32_t flags, cJSON **out);
/*
 * Server-side apply as KRX_KUBE_FIELD_MANAGER: afterwards the object has these fields, and those
 * that an earlier apply set and this one does not are gone. Where the server has no apply the
 * object is created, or replaced field by field with the optimistic lock. A conflict with another
 * manager is ABORTED unless forced.
 */
int32_t krx_kube_apply(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, const cJSON *object,
                       uint32_t flags, cJSON **out);
/* type: "merge", "strategic-merge" or "json". */
int32_t krx_kube_patch(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, const char *type,
                       const cJSON *patch, uint32_t flags, cJSON **out);
/*
 * Reads, lets `edit` change the object, writes it back; begins again when somebody else was faster
 * (at most 10 times). edit answers 0 to write, 1 when there is nothing to do, or an error.
 */
typedef int32_t krx_kube_edit_fn(void *ctx, krx_call *call, cJSON *object);
int32_t krx_kube_edit(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                      krx_kube_edit_fn *edit, void *ctx, uint32_t flags, cJSON **out);

typedef struct krx_kube_delete_options {
    const char *propagation; /* "Background", "Foreground", "Orphan"; NULL: the kind's own */
    int64_t grace_seconds;   /* KRX_UNSET: the object's own */
    const char *uid;         /* only this very object, or NULL */
    uint32_t flags;          /* KRX_KUBE_DRY_RUN */
} krx_kube_delete_options;
/* What is gone already is NOT_FOUND. options may be NULL. */
int32_t krx_kube_delete(krx_call *call, krx_kube *kube, const krx_kube_ref *ref,
                        const krx_kube_delete_options *options);

/* ------------------------------------------------------------------------------ lists and watches
 */

typedef struct krx_kube_select {
    krx_kube_kind kind;
    const char *namespace_;     /* NULL: all */
    const char *label_selector; /* not encoded; or NULL */
    const char *field_selector;
    bool managed_fields; /* keep metadata.managedFields, which is dropped otherwise */
    /*
     * For long lists, which it makes several times cheaper: only these members are handed out, with
     * all beneath them, the rest is dropped unparsed. Paths of keys ("metadata/name",
     * "spec/containers/image"); arrays on the way are passed through. NULL-terminated; NULL: all.
     */
    const char *const *keep;
} krx_kube_select;

/* Anything but 0 stops and is what the call answers. The item is borrowed; kind and apiVersion are
 * not in it, as the server leaves them out. */
typedef int32_t krx_kube_item_fn(void *ctx, const cJSON *item);

/*
 * Every object, one at a time and page by page: the list never stands in memory as a whole. When a
 * page token expires the rest comes from a new list, so an object may come twice; also when the
 * connection is lost on the first page.
 * *version (may be NULL; malloc'd) gets the resource version to watch from.
 */
int32_t krx_kube_list(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                      krx_kube_item_fn *fn, void *ctx, char **version);

typedef enum krx_kube_change {
    KRX_KUBE_PRESENT, /* exists: told for each object at first, and after a gap again */
    KRX_KUBE_ADDED,
    KRX_KUBE_MODIFIED,
    KRX_KUBE_DELETED,
    KRX_KUBE_SYNCED, /* item NULL: all PRESENT ones have been told; those not told are gone */
    KRX_KUBE_LOST    /* item NULL: the server can't be reached at present; trying on */
} krx_kube_change;
typedef int32_t krx_kube_change_fn(void *ctx, krx_kube_change change, const cJSON *item);

typedef struct krx_kube_watch_options {
    const char *from_version; /* changes after this version, as list told it; NULL: PRESENT first */
    int64_t patience_ns;      /* end with UNAVAILABLE when away for so long; KRX_UNSET: never */
    int64_t quiet_ns;         /* a connection so quiet counts as dead; 0: 75 s */
} krx_kube_watch_options;

/*
 * Lists, then tells every change until fn answers non-zero or the call ends. Closed connections,
 * bookmarks, 410 Gone and an API server that is away for a while are its own business.
 */
int32_t krx_kube_watch(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                       const krx_kube_watch_options *options, krx_kube_change_fn *fn, void *ctx);

/* ----------------------------------------------------------------------------------------- logs */

typedef struct krx_kube_log_options {
    const char *namespace_;
    const char *pod;
    const char *container; /* NULL: the only one */
    bool follow;
    bool previous;
    bool timestamps;
    int64_t tail;     /* KRX_UNSET: all */
    int64_t since_ns; /* instant; KRX_UNSET: from the start */
} krx_kube_log_options;

/* Bytes as they come; anything but 0 stops and is what the call answers. */
typedef int32_t krx_kube_bytes_fn(void *ctx, const char *data, size_t length);
int32_t krx_kube_log(krx_call *call, krx_kube *kube, const krx_kube_log_options *options,
                     krx_kube_bytes_fn *fn, void *ctx);

#endif
