/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads: containers and records together. */
#include <sys/stat.h>

#include "lib/base/parallel.h"
#include "lib/base/str.h"
#include "lib/replicas/names.h"
#include "modules/oci/backend/backend.h"

bool krx_oci_id_is_of(const char *id, const char *base, int64_t *replica)
{
    size_t length = strlen(base);
    int64_t number = 0;
    if (strncmp(id, base, length) != 0 || id[length] != '-')
        return false;
    const char *digits = id + length + 1;
    size_t count = strspn(digits, "0123456789");
    if (!count || count > 9 || digits[count] != '-')
        return false;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (digits[i] - '0');
    const char *generation = digits + count + 1;
    if (replica)
        *replica = number;
    return *generation && !generation[strspn(generation, "0123456789abcdefghijklmnopqrstuvwxyz")];
}

/* It takes the place of a container that carries the spec and never runs. */
static krx_replica *record_replica(krx_arena *arena, const krx_oci_record *record)
{
    static const krx_kv *const no_labels[] = {NULL};
    krx_replica *out = krx_arena_new_of(arena, krx_replica);
    if (!out)
        return NULL;
    *out = (krx_replica){.id = krx_replica_base_name(arena, record->namespace_, record->name),
                         .workload = record->name,
                         .namespace_ = record->namespace_,
                         .spec_json = record->spec_json,
                         .hash = record->hash,
                         .status = "",
                         .phase = KRX_REPLICA_OTHER,
                         .ours = true,
                         .record = true,
                         .generation = record->generation,
                         .created_ns = record->created_ns,
                         .started_ns = KRX_UNSET,
                         .restarts = KRX_UNSET,
                         .exit_code = KRX_UNSET,
                         .labels = record->labels ? record->labels : no_labels};
    out->name = out->id;
    return out->id ? out : NULL;
}

/* Hundreds of small files: containers and records are read at the same time. */
#define MANY 64u

typedef struct reading {
    krx_oci_backend *backend;
    krx_arena *arenas[2];
    krx_oci_container **containers;
    krx_oci_record **records;
} reading;

static int32_t read_part(krx_call *call, void *ctx, size_t index)
{
    reading *r = ctx;
    return index ? krx_oci_records_read(call, r->arenas[1], &r->backend->store, &r->records)
                 : krx_oci_containers(call, r->arenas[0], r->backend, &r->containers);
}

static bool are_many(krx_arena *arena, const krx_oci_store *store)
{
    struct stat st;
    const char *path = krx_oci_path(arena, store, "containers", NULL, NULL);
    return path && stat(path, &st) == 0 && st.st_nlink > MANY;
}

static int32_t read_both(krx_call *call, krx_arena *arena, reading *r)
{
    krx_arena *other = are_many(arena, &r->backend->store) ? krx_arena_new() : NULL;
    r->arenas[0] = arena;
    r->arenas[1] = other ? other : arena;
    int32_t code = other ? krx_parallel(call, 2, read_part, r) : read_part(call, r, 0);
    if (!code && !other)
        code = read_part(call, r, 1);
    if (other)
        krx_arena_adopt(arena, other);
    return code;
}

/* Those of the records first, then what is on disk of containers. */
static int32_t collect(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       const char *namespace_, const char *workload, krx_ptrs *list)
{
    krx_oci_container **containers;
    krx_oci_record **records;
    reading all = {.backend = backend};
    int32_t code = read_both(call, arena, &all);
    if (code)
        return code;
    containers = all.containers;
    records = all.records;
    for (; *records; records++) {
        if ((namespace_ && !krx_streq((*records)->namespace_, namespace_)) ||
            (workload && !krx_streq((*records)->name, workload)))
            continue;
        krx_replica *item = record_replica(arena, *records);
        if (!item || krx_ptrs_add(arena, list, item) < 0)
            return krx_no_memory(call);
    }
    for (; *containers; containers++) {
        const char *space = (*containers)->namespace_;
        if ((namespace_ && !krx_streq(krx_blank(space) ? "default" : space, namespace_)) ||
            (workload && !krx_streq((*containers)->workload, workload)))
            continue;
        krx_replica *item = krx_oci_replica(arena, *containers, NULL);
        if (!item || krx_ptrs_add(arena, list, item) < 0)
            return krx_no_memory(call);
    }
    return 0;
}

/* A deploy that was cut off left containers newer than the record, or none: theirs is in force. */
static int32_t find_spec(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         krx_replica_group *group)
{
    krx_side_call scratch;
    krx_replica *current = NULL;
    char *spec = NULL;
    if (group->current->spec_json)
        return 0;
    for (size_t i = 0; i < group->count; i++)
        if (group->containers[i] == group->current)
            current = group->containers[i];
    if (!current)
        return 0;
    int32_t code =
        krx_oci_spec_read(krx_side_call_init(&scratch, call), arena, store, current->id, &spec);
    if (code == KRX_E_RESOURCE_EXHAUSTED || krx_check(call) < 0)
        return call->error->code ? call->error->code : krx_no_memory(call);
    if (!code)
        current->spec_json = spec;
    else if (group->record)
        group->current = group->record;
    return 0;
}

static int32_t make_groups(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const char *namespace_, const char *workload, krx_replica_group ***out)
{
    krx_ptrs list = {0};
    int32_t code = collect(call, arena, backend, namespace_, workload, &list);
    if (code)
        return code;
    krx_replica *const *all = (krx_replica *const *)krx_ptrs_end(arena, &list);
    *out = all ? krx_replicas_group(arena, all) : NULL;
    if (!*out)
        return krx_no_memory(call);
    for (size_t i = 0; (*out)[i] && !code; i++)
        code = find_spec(call, arena, &backend->store, (*out)[i]);
    return code;
}

int32_t krx_oci_groups(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       const char *namespace_, krx_replica_group ***out)
{
    return make_groups(call, arena, backend, krx_blank(namespace_) ? NULL : namespace_, NULL, out);
}

int32_t krx_oci_group(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                      const char *namespace_, const char *workload, krx_replica_group **out)
{
    krx_replica_group **groups;
    const char *space = krx_blank(namespace_) ? "default" : namespace_;
    int32_t code = make_groups(call, arena, backend, space, workload, &groups);
    *out = code ? NULL : groups[0];
    return code;
}

int32_t krx_oci_workload_not_found(krx_call *call, const char *namespace_, const char *workload)
{
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no workload '%s' in namespace '%s'", workload,
                    krx_blank(namespace_) ? "default" : namespace_);
}
