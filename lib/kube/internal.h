/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the client, paths, one request with its repetitions. */
#ifndef KRX_KUBE_INTERNAL_H
#define KRX_KUBE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "lib/base/report.h"
#include "lib/http/http.h"
#include "lib/kube/auth/auth.h"
#include "lib/kube/kube.h"

#define KRX_KUBE_VERSIONS_MAX 3

struct krx_kube {
    krx_kube_config *config;
    krx_kube_auth *auth;
    krx_http *http;
    char *label;
    int ca_fd; /* memfd of inline CA data; -1 */
    /* "batch/v1beta1"; NULL where there is no further one */
    const char *versions[KRX_KUBE_KIND_COUNT_][KRX_KUBE_VERSIONS_MAX];
    krx_arena *arena;
    pthread_mutex_t lock;
    /* under the lock */
    uint64_t certificate;
    bool certificate_known;
    uint8_t chosen[KRX_KUBE_KIND_COUNT_]; /* which of the versions, from 1; 0: not asked yet */
    char *version_text;
    int32_t version_number;

    atomic_bool no_apply;     /* the server has no server-side apply */
    _Atomic(uint8_t) carrier; /* krx_carrier_kind: what sessions with input try first */
};

/* What carries a session whose input has an end: see carrier.h. */
typedef enum krx_carrier_kind {
    KRX_CARRIER_UNKNOWN,
    KRX_CARRIER_WS_V5,
    KRX_CARRIER_SPDY,
    KRX_CARRIER_WS_ANY, /* the end can't be told */
} krx_carrier_kind;

/* ---------------------------------------------------------------------------------------- kinds */

typedef struct krx_kube_kind_row {
    const char *group;
    const char *versions; /* best first, blanks between */
    const char *plural;
    const char *name;
    bool namespaced;
} krx_kube_kind_row;

const krx_kube_kind_row *krx_kube_row(krx_kube_kind kind);
/* Writes out the versions of every kind; false when out of memory. */
bool krx_kube_init_versions(krx_kube *kube);
/* Number of the version in use, from 1; 0: not known yet. */
uint8_t krx_kube_chosen_version(krx_kube *kube, krx_kube_kind kind);
void krx_kube_choose_version(krx_kube *kube, krx_kube_kind kind, uint8_t number);
/* The server has the kind no longer in the version that we know. */
void krx_kube_forget_version(krx_kube *kube, krx_kube_kind kind);

/* Adds "/apis/apps/v1/namespaces/shop/deployments/web/scale", asking for the version if needed. */
int32_t krx_kube_path(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, krx_str *path);
/* "reading Deployment web in namespace shop": for texts. */
void krx_kube_what(const char *method, const krx_kube_ref *ref, const char *path, char *out,
                   size_t room);

/* *owned gets a copy of the object with apiVersion and kind when it had none. */
int32_t krx_kube_typed(krx_call *call, krx_kube *kube, const krx_kube_ref *ref, const cJSON *object,
                       cJSON **owned);

/* ---------------------------------------------------------------------------------------- apply */

/* `live` gets what is wanted and loses what was applied last (may be NULL) and is wanted no more;
 * false when out of memory. */
bool krx_kube_merge(cJSON *live, const cJSON *last, const cJSON *wanted);
/* The fields (fieldsV1) that our last server-side apply set, or NULL. */
const cJSON *krx_kube_applied(const cJSON *object);
/* Deletes of `live` what is in such fields and wanted no more; how many of that were objects. */
size_t krx_kube_prune(cJSON *live, const cJSON *owned, const cJSON *wanted);
/* Fields that we set by anything but apply are nobody's from here on; false when there are none. */
bool krx_kube_disown(cJSON *object);

/* ---------------------------------------------------------------------------------------- calls */

/* One request as it goes out. */
typedef struct krx_kube_exchange {
    const char *method;
    const char *path;
    const char *what;        /* begins texts */
    const krx_kube_ref *ref; /* or NULL: for what a 404 means */
    const char *body;
    const char *content_type;
    bool again;     /* may be sent again when nobody knows whether it has acted */
    uint32_t tries; /* 0: as usual */
    size_t limit;
    bool bulk; /* see krx_http_request */
    krx_http_write_fn *on_body;
    void *on_body_ctx;
    const bool *begun; /* once true nothing is sent again: part of the answer has been used */
    int64_t idle_timeout_ns;
    bool *repeated; /* gets true when it was sent again after a lost connection; or NULL */
} krx_kube_exchange;

/*
 * Sends it with our credentials, again where that is safe and useful. 0 is a 2xx answer; a positive
 * code is on_body's.
 */
int32_t krx_kube_run(krx_call *call, krx_kube *kube, const krx_kube_exchange *exchange,
                     krx_http_response *response);

/*
 * As run, with a JSON answer (*out may be NULL; `status` too). What was deleted by a request whose
 * answer was lost is no error.
 */
int32_t krx_kube_fetch(krx_call *call, krx_kube *kube, const krx_kube_exchange *exchange,
                       int32_t *status, cJSON **out);

/* Nothing of the server for so long and it counts as gone: it limits its own requests to 60 s. */
#define KRX_KUBE_SILENCE_NS (INT64_C(75) * 1000000000)

/* Credentials for one request, certificates in place. Free with krx_kube_headers_free. */
int32_t krx_kube_credentials(krx_call *call, krx_kube *kube, char ***headers);

/* ---------------------------------------------------------------------------------------- lists */

/* Path and selectors. */
int32_t krx_kube_select_path(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                             krx_str *path);
/* Keys that are dropped from each object. */
const char *const *krx_kube_dropped(const krx_kube_select *select);
/* As krx_kube_list, with so many tries for each page; 0: as usual. */
int32_t krx_kube_list_tries(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                            krx_kube_item_fn *fn, void *ctx, uint32_t tries, char **version);

/* --------------------------------------------------------------------------------------- errors */

/* The call's error for an answer with this status. */
int32_t krx_kube_name_failure(krx_call *call, const char *what);
int32_t krx_kube_fail(krx_call *call, krx_kube *kube, const krx_kube_exchange *exchange,
                      const krx_http_response *response);
/* As above for a Status object that came otherwise, such as in a watch. */
int32_t krx_kube_fail_status(krx_call *call, const char *what, const cJSON *status);
/* An answer that says that there is no such API at all, not that an object is missing. */
bool krx_kube_is_missing_api(const krx_http_response *response);
/* The answer says that a disruption budget forbids it for now: asking again is the caller's. */
bool krx_kube_is_budget(const cJSON *status);
/* Seconds of Retry-After, -1 when the answer names none. */
int64_t krx_kube_retry_after(const krx_http_response *response);
/* Fills the hint of an RBAC refusal; false when the text is none. */
bool krx_kube_rbac_hint(krx_call *call, const char *message);

#endif
