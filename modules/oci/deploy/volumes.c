/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/deploy/volumes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "lib/model/wanted.h"
#include "lib/replicas/names.h"
#include "lib/replicas/plan.h"
#include "modules/oci/deploy/deploy.h"
#include "modules/oci/image/layers.h"
#include "modules/oci/store/fields.h"

typedef struct volume {
    const char *id; /* name of the folder */
    const char *workload;
    const char *namespace_;
    const char *name; /* in the spec */
    bool auto_cleanup;
    int64_t created_ns;
    int64_t generation;
} volume;

#define FIELD(key_, member, kind_)                                                                 \
    {                                                                                              \
        .key = key_, .offset = offsetof(volume, member), .kind = KRX_OCI_##kind_                   \
    }

static const krx_oci_field fields[] = {
    FIELD("workload", workload, TEXT), FIELD("namespace", namespace_, TEXT),
    FIELD("name", name, TEXT),         FIELD("autoCleanup", auto_cleanup, BOOL),
    FIELD("created", created_ns, INT), FIELD("generation", generation, INT),
};

static const char *namespace_of(const krx_workload *spec)
{
    return krx_blank(spec->namespace_) ? "default" : spec->namespace_;
}

static int32_t read_volume(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *id, volume *out)
{
    krx_auto_json cJSON *json = NULL;
    char *path = krx_oci_path(arena, store, "volumes", id, "volume.json");
    *out = (volume){0};
    if (!path)
        return krx_no_memory(call);
    int32_t code = krx_oci_json_at(call, AT_FDCWD, path, &json);
    if (code)
        return code;
    if (krx_oci_fields_read(arena, fields, KRX_COUNT(fields), json, out) < 0)
        return krx_no_memory(call);
    out->id = krx_arena_strdup(arena, id);
    if (!out->namespace_)
        out->namespace_ = "default";
    return out->id ? 0 : krx_no_memory(call);
}

static bool belongs(const volume *v, const char *namespace_, const char *workload)
{
    return (krx_blank(workload) || krx_streq(v->workload, workload)) &&
           (krx_blank(namespace_) || krx_streq(v->namespace_, namespace_));
}

/* Those of a workload; NULL stands for all. What can't be read is nobody's. */
static int32_t read_volumes(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *namespace_, const char *workload, volume ***out)
{
    krx_ptrs list = {0};
    krx_side_call scratch;
    struct dirent *entry;
    if (krx_check(call) < 0)
        return call->error->code;
    char *path = krx_oci_path(arena, store, "volumes", NULL, NULL);
    krx_autodir DIR *listing = path ? opendir(path) : NULL;
    if (!path)
        return krx_no_memory(call);
    if (!listing && errno != ENOENT)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening folder %s: %s", path,
                        strerror(errno));
    while (listing && (entry = readdir(listing))) {
        volume *one = krx_oci_id_valid(entry->d_name) ? krx_arena_new_of(arena, volume) : NULL;
        if (!one ||
            read_volume(krx_side_call_init(&scratch, call), arena, store, entry->d_name, one) ||
            !belongs(one, namespace_, workload))
            continue;
        if (krx_ptrs_add(arena, &list, one) < 0)
            return krx_no_memory(call);
    }
    *out = (volume **)krx_ptrs_end(arena, &list);
    return *out && !krx_arena_failed(arena) ? 0 : krx_no_memory(call);
}

/* ------------------------------------------------------------------------------ look, make, remove
 */

int32_t krx_oci_volume_look(krx_call *call, const krx_oci_backend *backend,
                            const krx_workload *spec, const krx_volume *wanted, bool *exists)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    char *id =
        arena ? krx_replica_volume_name(arena, namespace_of(spec), spec->name, wanted->name) : NULL;
    volume there;
    *exists = false;
    if (!id)
        return krx_no_memory(call);
    int32_t code = read_volume(call, arena, &backend->store, id, &there);
    if (code == KRX_E_NOT_FOUND)
        return krx_forgive(call);
    if (code)
        return code;
    *exists = true;
    if (belongs(&there, namespace_of(spec), spec->name))
        return 0;
    krx_fail(call, KRX_E_ALREADY_EXISTS,
             "the volume name '%s' is taken by one of workload '%s' in namespace '%s'", id,
             there.workload ? there.workload : "", there.namespace_);
    return krx_hint(call, "give the volume another name");
}

static int32_t make_folder(krx_call *call, const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return chmod(path, mode) == 0 ? 0
                                      : krx_fail(call, KRX_E_PERMISSION_DENIED, "folder %s: %s",
                                                 path, strerror(errno));
    return krx_fail(call, errno == ENOSPC ? KRX_E_RESOURCE_EXHAUSTED : KRX_E_PERMISSION_DENIED,
                    "creating folder %s: %s", path, strerror(errno));
}

/* That the keeper has still to fill it with what the image has at its place. */
static int32_t mark_new(krx_call *call, const char *path)
{
    krx_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0
               ? krx_fail(call, KRX_E_PERMISSION_DENIED, "creating %s: %s", path, strerror(errno))
               : 0;
}

/* volume.json comes last: without it there is no volume, and it is made again. */
int32_t krx_oci_volume_make(krx_call *call, const krx_oci_backend *backend,
                            const krx_workload *spec, const krx_volume *wanted, int64_t generation)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    bool exists;
    int32_t code = krx_oci_volume_look(call, backend, spec, wanted, &exists);
    if (code || exists)
        return code;
    char *id =
        arena ? krx_replica_volume_name(arena, namespace_of(spec), spec->name, wanted->name) : NULL;
    const krx_oci_store *store = &backend->store;
    char *folder = id ? krx_oci_path(arena, store, "volumes", id, NULL) : NULL;
    char *data = id ? krx_oci_path(arena, store, "volumes", id, "data") : NULL;
    char *file = id ? krx_oci_path(arena, store, "volumes", id, "volume.json") : NULL;
    char *mark = id ? krx_oci_path(arena, store, "volumes", id, KRX_OCI_VOLUME_NEW) : NULL;
    volume made = {.workload = spec->name,
                   .namespace_ = namespace_of(spec),
                   .name = wanted->name,
                   .auto_cleanup = wanted->auto_cleanup == 1,
                   .created_ns = krx_now_unix(),
                   .generation = generation};
    krx_autofree char *text = krx_oci_fields_text(fields, KRX_COUNT(fields), &made);
    if (!folder || !data || !file || !mark || !text)
        return krx_no_memory(call);
    krx_tell_progress(call, "create", id, "creating volume");
    code = make_folder(call, folder, 0700);
    if (!code)
        code = make_folder(call, data, 0755);
    if (!code)
        code = mark_new(call, mark);
    return code ? code : krx_oci_replace(call, file, text);
}

/* volume.json goes first: what is left of a removal that was cut off is no volume. Without root
 * the files in it may belong to mapped ids, which only the keeper can remove. */
static int32_t remove_volume(krx_call *call, krx_oci_backend *backend, const char *id)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_images images;
    char *folder = arena ? krx_oci_path(arena, &backend->store, "volumes", id, NULL) : NULL;
    char *file = arena ? krx_oci_path(arena, &backend->store, "volumes", id, "volume.json") : NULL;
    if (!folder || !file)
        return krx_no_memory(call);
    if (unlink(file) < 0 && errno != ENOENT)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "removing %s: %s", file, strerror(errno));
    int32_t code = backend->rootless ? krx_oci_backend_ready(call, backend, NULL) : 0;
    krx_oci_images_of(backend, &images);
    return code ? code : krx_oci_discard(call, arena, &images, folder);
}

/* --------------------------------------------------------------------------------------- cleaning
 */

static int32_t report(krx_sink *out, const volume *v, const char *path, const char *state)
{
    krx_volume_result item = {.struct_size = sizeof item,
                              .workload = v->workload,
                              .namespace_ = v->namespace_,
                              .name = v->name,
                              .volume_id = v->id,
                              .mount_path = path,
                              .state = state,
                              .size_bytes = KRX_UNSET,
                              .created_ns = v->created_ns > 0 ? v->created_ns : KRX_UNSET};
    return out ? krx_emit(out, KRX_ITEM_VOLUME, &item) : 0;
}

int32_t krx_oci_volumes_clean(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                              const char *workload, const char *spec_json, bool all,
                              krx_sink *released, size_t *removed)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *spec = krx_blank(spec_json) ? NULL : cJSON_Parse(spec_json);
    volume **list;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = read_volumes(call, arena, &backend->store,
                                krx_blank(namespace_) ? "default" : namespace_, workload, &list);
    for (; !code && *list; list++) {
        if (!all && !krx_replica_volume_goes(spec, (*list)->name, (*list)->auto_cleanup))
            continue;
        code = remove_volume(call, backend, (*list)->id);
        if (!code) {
            ++*removed;
            code = report(released, *list, NULL, "released");
        }
    }
    return code;
}

void krx_oci_volumes_forget(krx_call *call, krx_oci_backend *backend, int64_t generation)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    volume **list;
    if (!arena || read_volumes(call, arena, &backend->store, NULL, NULL, &list))
        return;
    for (; *list; list++)
        if ((*list)->generation == generation)
            (void)remove_volume(call, backend, (*list)->id);
}

/* ------------------------------------------------------------------------------------------- ops
 */

static int32_t provision_one(krx_call *call, krx_oci_backend *backend, const krx_workload *spec,
                             const krx_volume *wanted, krx_sink *out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    volume there;
    char *id =
        arena ? krx_replica_volume_name(arena, namespace_of(spec), spec->name, wanted->name) : NULL;
    const char *path = arena ? krx_volume_path(arena, wanted) : NULL;
    if (!id || !path)
        return krx_no_memory(call);
    int32_t code = krx_oci_volume_make(call, backend, spec, wanted, 0);
    if (!code)
        code = read_volume(call, arena, &backend->store, id, &there);
    return code ? code : report(out, &there, path, "bound");
}

int32_t krx_oci_provision_volumes_op(krx_call *call, void *backend, const krx_volumes_req *req,
                                     krx_sink *out)
{
    krx_oci_backend *be = backend;
    if (!req->spec)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "provisioning volumes needs a spec");
    int32_t code = krx_check(call);
    if (!code)
        code = krx_oci_store_ready(call, &be->store);
    for (size_t i = 0; !code && req->spec->volumes && req->spec->volumes[i]; i++)
        code = provision_one(call, be, req->spec, req->spec->volumes[i], out);
    return code;
}

int32_t krx_oci_cleanup_volumes_op(krx_call *call, void *backend, const krx_volumes_req *req,
                                   krx_sink *out)
{
    size_t removed = 0;
    const char *workload = req->spec ? req->spec->name : req->ref.workload;
    const char *namespace_ = req->spec ? namespace_of(req->spec) : req->ref.namespace_;
    if (krx_blank(workload))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "cleaning volumes needs a workload");
    return krx_oci_volumes_clean(call, backend, namespace_, workload, NULL, true, out, &removed);
}

int32_t krx_oci_list_volumes_op(krx_call *call, void *backend, const krx_volumes_req *req,
                                krx_sink *out)
{
    krx_oci_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    volume **list;
    if (!arena)
        return krx_no_memory(call);
    int32_t code =
        read_volumes(call, arena, &be->store, req->ref.namespace_, req->ref.workload, &list);
    for (; !code && *list; list++)
        code = report(out, *list, NULL, "bound");
    return code;
}
