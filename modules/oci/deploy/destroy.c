/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/parallel.h"
#include "lib/base/str.h"
#include "lib/replicas/names.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/deploy.h"
#include "modules/oci/deploy/volumes.h"
#include "modules/oci/store/lock.h"

typedef struct removal {
    krx_oci_backend *backend;
    const krx_ptrs *ids;
    int64_t grace_ns;
} removal;

static int32_t remove_gently(krx_call *call, void *ctx, size_t index)
{
    const removal *r = ctx;
    const char *id = r->ids->items[index];
    int32_t code = krx_oci_stop(call, r->backend, id, r->grace_ns);
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return code;
    if (code)
        krx_forgive(call);
    return krx_oci_remove(call, r->backend, id);
}

static int32_t remove_all(krx_call *call, krx_oci_backend *backend, const krx_ptrs *ids,
                          int64_t grace_ns)
{
    removal r = {.backend = backend, .ids = ids, .grace_ns = grace_ns};
    for (size_t i = 0; i < ids->count; i++)
        krx_tell_progress(call, "remove", ids->items[i], "removing");
    return ids->count ? krx_parallel(call, ids->count, remove_gently, &r) : 0;
}

/* Every folder that is a container of the workload, also one that was half made or removed. */
static int32_t find_folders(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *base, krx_ptrs *ids)
{
    struct dirent *entry;
    char *path = krx_oci_path(arena, store, "containers", NULL, NULL);
    krx_autodir DIR *listing = path ? opendir(path) : NULL;
    if (!path)
        return krx_no_memory(call);
    if (!listing && errno != ENOENT)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening folder %s: %s", path,
                        strerror(errno));
    while (listing && (entry = readdir(listing))) {
        if (!krx_oci_id_is_of(entry->d_name, base, NULL))
            continue;
        char *id = krx_arena_strdup(arena, entry->d_name);
        if (!id || krx_ptrs_add(arena, ids, id) < 0)
            return krx_no_memory(call);
    }
    return 0;
}

/* One replica, or one container by its name or id. */
static int32_t destroy_some(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                            const krx_destroy_req *req)
{
    krx_oci_container **found;
    krx_ptrs ids = {0};
    int32_t code = krx_oci_resolve(call, arena, backend, &req->ref, &found);
    if (code)
        return code;
    char *base = krx_replica_base_name(arena, found[0]->namespace_, found[0]->workload);
    code = base ? krx_oci_lock_workload(call, &backend->store, base) : krx_no_memory(call);
    if (code < 0)
        return code;
    krx_autoclose int lock = code;
    for (; *found; found++)
        if (krx_ptrs_add(arena, &ids, (*found)->id) < 0)
            return krx_no_memory(call);
    code = remove_all(call, backend, &ids, req->grace_ns);
    (void)lock;
    return code;
}

/* The newest spec says what becomes of the volumes. */
static int32_t destroy_locked(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                              const krx_destroy_req *req, const char *base)
{
    krx_replica_group *group = NULL;
    krx_ptrs ids = {0};
    size_t volumes = 0;
    const krx_ref *ref = &req->ref;
    int32_t code = krx_oci_group(call, arena, backend, ref->namespace_, ref->workload, &group);
    if (!code)
        code = find_folders(call, arena, &backend->store, base, &ids);
    if (!code)
        code = remove_all(call, backend, &ids, req->grace_ns);
    if (!code)
        code = krx_oci_volumes_clean(call, backend, ref->namespace_, ref->workload,
                                     group ? group->current->spec_json : NULL, req->remove_volumes,
                                     NULL, &volumes);
    if (!code)
        code = krx_oci_record_remove(call, &backend->store, base);
    if (!code && !group && !ids.count && !volumes)
        return krx_oci_workload_not_found(call, ref->namespace_, ref->workload);
    return code;
}

int32_t krx_oci_destroy_op(krx_call *call, void *backend, const krx_destroy_req *req,
                           krx_sink *none)
{
    krx_oci_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_backend_ready(call, be, NULL);
    if (code)
        return code;
    if (krx_blank(req->ref.workload) || req->ref.replica)
        return destroy_some(call, arena, be, req);
    char *base = krx_replica_base_name(arena, req->ref.namespace_, req->ref.workload);
    char *path =
        base ? krx_arena_printf(arena, "%s/workloads/%s.lock", be->store.root, base) : NULL;
    code = path ? krx_oci_lock_workload(call, &be->store, base) : krx_no_memory(call);
    if (code == KRX_E_NOT_FOUND)
        return krx_oci_workload_not_found(call, req->ref.namespace_, req->ref.workload);
    if (code < 0)
        return code;
    krx_autoclose int lock = code;
    code = destroy_locked(call, arena, be, req, base);
    if (!code || code == KRX_E_NOT_FOUND)
        (void)unlink(path);
    (void)lock;
    return code;
}
