/* SPDX-License-Identifier: Apache-2.0 */
/* One opened backend, and the engine calls that several topics share. */
#ifndef KRX_DOCKER_BACKEND_H
#define KRX_DOCKER_BACKEND_H

#include <kranix/module.h>

#include "lib/base/arena.h"
#include "lib/base/report.h"
#include "lib/base/side_call.h"
#include "lib/base/str.h"
#include "lib/engine/engine.h"
#include "modules/docker/backend/container.h"
#include "modules/docker/backend/names.h"

typedef struct krx_dk_backend {
    krx_engine *engine;
} krx_dk_backend;

/* "/containers/<id><tail>", the id encoded. "" after a failure. */
#define KRX_DK_PATH(var, kind, id, tail)                                                           \
    krx_auto_str krx_str var = {0};                                                                \
    krx_dk_path(&var, kind, id, tail)
void krx_dk_path(krx_str *path, const char *kind, const char *id, const char *tail);

/* What we made of one workload. Zero-initialise; krx_auto_dk_found frees it. */
typedef struct krx_dk_found {
    krx_arena *arena;
    cJSON *json;
    krx_replica_group *workload; /* NULL: there is none */
} krx_dk_found;

void krx_dk_found_free(krx_dk_found *found);
#define krx_auto_dk_found KRX_CLEANUP(krx_dk_found_free)

/* 0 also when there is none: found->workload is NULL then. */
int32_t krx_dk_find(krx_call *call, krx_dk_backend *backend, const char *namespace_,
                    const char *workload, krx_dk_found *found);
int32_t krx_dk_not_found(krx_call *call, const char *namespace_, const char *workload);

/* Containers with all of the labels (NULL-terminated "key=value"; NULL: every container). */
int32_t krx_dk_list_json(krx_call *call, krx_dk_backend *backend, const char *const *labels,
                         bool all, cJSON **out);

/* By id, 12 or more digits of one, or exact name. */
int32_t krx_dk_inspect_json(krx_call *call, krx_dk_backend *backend, const char *id, cJSON **out);

/* Asks for an object that may be missing: 0 and *out NULL then. An empty path: out of memory. */
int32_t krx_dk_look(krx_call *call, krx_dk_backend *backend, const char *path, const char *kind,
                    const char *name, cJSON **out);

/* What a ref points at. */
typedef struct krx_dk_targets {
    krx_dk_found found;
    const krx_replica **items; /* NULL-terminated, never empty */
    size_t count;
} krx_dk_targets;

void krx_dk_targets_free(krx_dk_targets *targets);
#define krx_auto_dk_targets KRX_CLEANUP(krx_dk_targets_free)

/* NOT_FOUND when nothing matches. */
int32_t krx_dk_resolve(krx_call *call, krx_dk_backend *backend, const krx_ref *ref,
                       krx_dk_targets *out);

/* Single calls; `name` is for texts. Doing what is already so is no error. */
int32_t krx_dk_start(krx_call *call, krx_dk_backend *backend, const char *id, const char *name);
/* grace KRX_UNSET: the container's own. */
int32_t krx_dk_stop(krx_call *call, krx_dk_backend *backend, const char *id, const char *name,
                    int64_t grace_ns);
int32_t krx_dk_unpause(krx_call *call, krx_dk_backend *backend, const char *id, const char *name);
int32_t krx_dk_rename(krx_call *call, krx_dk_backend *backend, const char *id, const char *from,
                      const char *to);
/* By force, with its anonymous volumes; returns when it is gone, whoever removes it. */
int32_t krx_dk_remove(krx_call *call, krx_dk_backend *backend, const char *id, const char *name);
int32_t krx_dk_post(krx_call *call, krx_dk_backend *backend, const char *path, const char *what,
                    const char *body, cJSON **out);

#endif
