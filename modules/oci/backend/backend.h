/* SPDX-License-Identifier: Apache-2.0 */
/* One opened backend, and what several topics of the module ask of it. */
#ifndef KRX_OCI_BACKEND_H
#define KRX_OCI_BACKEND_H

#include <pthread.h>

#include <kranix/module.h>

#include "lib/base/arena.h"
#include "lib/replicas/replica.h"
#include "modules/oci/runtime/runtime.h"
#include "modules/oci/store/container.h"

typedef struct krx_oci_backend {
    krx_arena *arena; /* of the settings; nothing is added after open */
    krx_oci_store store;
    krx_oci_choice choice;
    const char *conmon_path;
    const char *skopeo_path;
    const char *authfile;
    const char *network; /* default mode */
    const char *subnet;
    const char *const *cni_path;
    const char *cgroup_parent;
    int64_t log_size_max;
    int64_t stop_grace_ns;
    bool rootless;
    pthread_mutex_t lock; /* of what follows */
    bool chosen;
    krx_oci_runtime runtime;
} krx_oci_backend;

int32_t krx_oci_no_memory(krx_call *call);

/* The runtime, chosen at the first question; the folders are made ready. */
int32_t krx_oci_backend_ready(krx_call *call, krx_oci_backend *backend,
                              const krx_oci_runtime **runtime);
/* The runtime of a container that may have been made with another one. */
int32_t krx_oci_runtime_of(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const krx_oci_container *container, krx_oci_runtime *out);

/* As lib/replicas sees it. `spec` also reads spec.json. NULL when out of memory. */
krx_replica *krx_oci_replica(krx_arena *arena, const krx_oci_container *container,
                             const char *spec_json);

/* What a ref points at: containers by workload, or one by id (or 6 and more letters of its end),
 * or name. NULL-terminated, by replica; NOT_FOUND when nothing matches. */
int32_t krx_oci_resolve(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        const krx_ref *ref, krx_oci_container ***out);

/* workloads/<base>.json */
typedef struct krx_oci_record {
    const char *name, *namespace_;
    const char *spec_json;
    const char *hash;
    int64_t generation;
} krx_oci_record;
/* NOT_FOUND when there is none. */
int32_t krx_oci_record_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *base, krx_oci_record *out);
int32_t krx_oci_records_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                             krx_oci_record ***out);

#endif
