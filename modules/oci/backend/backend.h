/* SPDX-License-Identifier: Apache-2.0 */
/* One opened backend, and what several topics of the module ask of it. */
#ifndef KRX_OCI_BACKEND_H
#define KRX_OCI_BACKEND_H

#include <pthread.h>

#include <kranix/module.h>

#include "lib/base/arena.h"
#include "lib/base/report.h"
#include "lib/base/side_call.h"
#include "lib/replicas/replica.h"
#include "modules/oci/runtime/runtime.h"
#include "modules/oci/store/container.h"

typedef struct krx_oci_backend {
    krx_arena *arena; /* of the settings; nothing is added after open */
    krx_oci_store store;
    krx_oci_choice choice; /* its keeper is NULL until ready */
    const char *keeper;    /* setting, or NULL */
    const char *conmon_path;
    const char *skopeo_path;
    const char *authfile;
    const char *network; /* default mode */
    const char *storage;
    const char *subnet;
    const char *const *cni_path;
    const char *cgroup_parent;
    int64_t log_size_max;
    int64_t stop_grace_ns;
    bool rootless;
    pthread_mutex_t lock; /* of what follows */
    krx_arena *chosen;    /* of the runtime; NULL: not chosen yet */
    krx_oci_runtime runtime;
} krx_oci_backend;

/* The runtime, chosen at the first question; the folders are made ready. `runtime` may be NULL. */
int32_t krx_oci_backend_ready(krx_call *call, krx_oci_backend *backend,
                              const krx_oci_runtime **runtime);
/* The runtime of that name ("auto", NULL or "": the usual one), for a workload that names one. */
int32_t krx_oci_runtime_named(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                              const char *name, krx_oci_runtime *out);
/* The runtime of a container that may have been made with another one. */
int32_t krx_oci_runtime_of(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const krx_oci_container *container, krx_oci_runtime *out);

/* Can it freeze what runs? A sandbox does it by itself, the others need a control group. */
bool krx_oci_can_pause(const krx_oci_runtime *runtime);
/* Says that it can't, and why. */
int32_t krx_oci_fail_pause(krx_call *call, const krx_oci_runtime *runtime);
/* Has it a network stack that only its published ports lead into (but for network: host)? */
bool krx_oci_own_stack(const krx_oci_runtime *runtime);

/* Makes records anew that are damaged, or that a runtime knows more of than we do; true when there
 * was one. What can't be is logged. */
bool krx_oci_rebuild(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                     krx_oci_container *const *known);
/*
 * All containers, looked after: what nobody notes the end of or starts again (its keeper or conmon
 * was killed) is put in order first, and its restart policy honoured. A failure there is logged.
 */
int32_t krx_oci_containers(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           krx_oci_container ***out);

/* As lib/replicas sees it; borrows the texts. NULL when out of memory. */
krx_replica *krx_oci_replica(krx_arena *arena, const krx_oci_container *container,
                             const char *spec_json);

/* What a ref points at: containers by workload, or one by id (or 6 and more letters of its end),
 * or name. NULL-terminated, by replica; NOT_FOUND when nothing matches, FAILED_PRECONDITION for a
 * workload of 0 replicas. */
int32_t krx_oci_resolve(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        const krx_ref *ref, krx_oci_container ***out);

/* ------------------------------------------------------------------------------------ workloads */

/* A state that a workload was deployed in. */
typedef struct krx_oci_revision {
    int64_t number;
    int64_t created_ns;
    const char *spec_json;
} krx_oci_revision;

/* workloads/<base>.json */
typedef struct krx_oci_record {
    const char *name, *namespace_;
    const char *spec_json;
    const char *hash;
    int64_t generation;                     /* the deploy that made it so, unix ns */
    int64_t created_ns;                     /* the first deploy */
    int64_t revision;                       /* number of the state in force, from 1 */
    int64_t revised_ns;                     /* since when it is in force */
    const krx_kv *const *labels;            /* the user's; may be NULL */
    const krx_oci_revision *const *earlier; /* newest first; NULL-terminated or NULL */
} krx_oci_record;
/* NOT_FOUND when there is none. */
int32_t krx_oci_record_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *base, krx_oci_record *out);
int32_t krx_oci_records_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                             krx_oci_record ***out);
/* The caller holds the workload's lock. */
int32_t krx_oci_record_write(krx_call *call, const krx_oci_store *store, const char *base,
                             const krx_oci_record *record);
/* Gone already is no error. */
int32_t krx_oci_record_remove(krx_call *call, const krx_oci_store *store, const char *base);
/* spec.json of a container; NOT_FOUND, DATA_LOSS. */
int32_t krx_oci_spec_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const char *id, char **out);

/*
 * All workloads of a namespace (NULL: of all), NULL-terminated, each with the spec in force: the
 * record's, or that of a newer container. The id of each member is that of its container.
 */
int32_t krx_oci_groups(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       const char *namespace_, krx_replica_group ***out);
/* One; *out NULL when there is none. */
int32_t krx_oci_group(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                      const char *namespace_, const char *workload, krx_replica_group **out);
int32_t krx_oci_workload_not_found(krx_call *call, const char *namespace_, const char *workload);

/* True for "<base>-<replica>-<generation>"; *replica may be NULL. */
bool krx_oci_id_is_of(const char *id, const char *base, int64_t *replica);

/* "TERM", "SIGTERM", "15", "SIGRTMIN+3"; 0 for what is none. */
int krx_oci_signal_number(const char *text);

#endif
