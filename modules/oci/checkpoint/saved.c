/* SPDX-License-Identifier: Apache-2.0 */
/* The folder checkpoints/. */
#include "modules/oci/checkpoint/saved.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "modules/oci/checkpoint/checkpoint.h"
#include "modules/oci/store/tree.h"

#define STAGE ".new-"

char *krx_oci_saved_folder(krx_arena *arena, const krx_oci_store *store, const char *id)
{
    return krx_oci_path(arena, store, "checkpoints", id, NULL);
}

static bool is_of(const krx_oci_manifest *m, const char *namespace_, const char *workload)
{
    return (!namespace_ || krx_streq(m->namespace_, namespace_)) &&
           (!workload || krx_streq(m->workload, workload));
}

static int newest_first(const void *a, const void *b)
{
    const krx_oci_manifest *const *left = a, *const *right = b;
    int64_t l = (*left)->created_ns, r = (*right)->created_ns;
    return l != r ? (l < r) - (l > r) : strcmp((*left)->id, (*right)->id);
}

/* NULL and 0 for one that is none of ours or can't be read, which is logged. */
static int32_t read_one(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                        const char *id, krx_oci_manifest **out)
{
    krx_side_call side;
    krx_oci_manifest *m = krx_arena_new_of(arena, krx_oci_manifest);
    const char *folder = krx_oci_saved_folder(arena, store, id);
    *out = NULL;
    if (!m || !folder)
        return krx_no_memory(call);
    int32_t code = krx_oci_manifest_read(krx_side_call_init(&side, call), arena, folder, m);
    if (code == 0 && !krx_streq(m->id, id))
        code = krx_fail(&side.call, KRX_E_DATA_LOSS, "it says that it is %s", m->id);
    if (code == 0)
        *out = m;
    else
        krx_log(call, KRX_LOG_WARN, "checkpoint %s is left out: %s", id, side.error.message);
    return krx_check(call);
}

int32_t krx_oci_saved_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *namespace_, const char *workload, krx_oci_manifest ***out)
{
    krx_ptrs list = {0};
    const char *path = krx_oci_path(arena, store, "checkpoints", NULL, NULL);
    krx_autodir DIR *dir = path ? opendir(path) : NULL;
    krx_oci_manifest *m;
    int32_t code = 0;
    if (!dir && errno != ENOENT)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "can't read %s: %s", path ? path : "",
                        strerror(errno));
    for (struct dirent *e; code == 0 && dir && (e = readdir(dir));) {
        if (!krx_oci_id_valid(e->d_name))
            continue;
        code = read_one(call, arena, store, e->d_name, &m);
        if (code == 0 && m && is_of(m, namespace_, workload))
            (void)krx_ptrs_add(arena, &list, m);
    }
    if (code < 0)
        return code;
    *out = (krx_oci_manifest **)krx_ptrs_end(arena, &list);
    if (krx_arena_failed(arena))
        return krx_no_memory(call);
    qsort(list.items, list.count, sizeof *list.items, newest_first);
    return 0;
}

int32_t krx_oci_saved_find(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *namespace_, const char *workload, const char *id,
                           krx_oci_manifest *out)
{
    krx_oci_manifest **all;
    krx_auto_str krx_str ids = {.limit = 400};
    int32_t code = krx_oci_saved_read(call, arena, store, namespace_, workload, &all);
    if (code < 0)
        return code;
    for (size_t i = 0; all[i]; i++) {
        if (krx_blank(id) || krx_streq(all[i]->id, id)) {
            *out = *all[i];
            return 0;
        }
        krx_str_addf(&ids, "%s%s", i ? ", " : "", all[i]->id);
    }
    if (!all[0])
        return krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no checkpoint", workload);
    return krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no checkpoint '%s'; it has %s",
                    workload, id, krx_str_get(&ids));
}

/* ---------------------------------------------------------------------------------- making one
 */

/* Each stage is locked by who makes it, so that the lock tells what nobody works on any more. */
static void sweep(krx_call *call, const char *root)
{
    krx_autodir DIR *dir = opendir(root);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (strncmp(e->d_name, STAGE, strlen(STAGE)) != 0)
            continue;
        krx_autoclose int fd =
            openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            (void)krx_oci_tree_remove(call, dirfd(dir), e->d_name, e->d_name);
    }
}

int32_t krx_oci_saved_stage(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            char **folder)
{
    krx_side_call side;
    const char *root = krx_oci_path(arena, store, "checkpoints", NULL, NULL);
    *folder = root ? krx_arena_printf(arena, "%s/" STAGE "XXXXXX", root) : NULL;
    if (!*folder)
        return krx_no_memory(call);
    sweep(krx_side_call_init(&side, call), root);
    if (!mkdtemp(*folder))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "can't make a folder in %s: %s", root,
                        strerror(errno));
    int fd = open(*folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int32_t code = krx_fail(call, KRX_E_UNKNOWN, "can't lock %s: %s", *folder, strerror(errno));
        if (fd >= 0)
            close(fd);
        return code;
    }
    return fd;
}

void krx_oci_saved_discard(krx_call *call, const char *folder)
{
    krx_side_call side;
    if (folder && krx_oci_tree_remove(krx_undo_call(&side, call), AT_FDCWD, folder, folder) < 0)
        krx_log(call, KRX_LOG_WARN, "%s", side.error.message);
}

int32_t krx_oci_saved_keep(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const char *folder, krx_oci_manifest *manifest)
{
    const char *path = krx_oci_saved_folder(arena, store, manifest->id);
    if (!path)
        return krx_no_memory(call);
    int32_t code = krx_oci_manifest_hash(call, arena, folder, manifest);
    if (code == 0)
        code = krx_oci_manifest_write(call, folder, manifest);
    if (code == 0 && rename(folder, path) != 0)
        code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "can't keep checkpoint %s: %s",
                        manifest->id, strerror(errno));
    return code;
}

char *krx_oci_saved_id(krx_arena *arena, const char *base, int64_t created_ns)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char text[16];
    size_t at = sizeof text;
    uint64_t left = (uint64_t)created_ns;
    text[--at] = '\0';
    do
        text[--at] = digits[left % 36];
    while ((left /= 36) && at);
    return krx_arena_printf(arena, "%s-%s", base, text + at);
}

/* ------------------------------------------------------------------------------------ removal */

/* It is none from the first moment on. */
static int32_t remove_one(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const char *id)
{
    const char *path = krx_oci_saved_folder(arena, store, id);
    const char *gone = krx_oci_path(arena, store, "checkpoints", STAGE "gone", NULL);
    gone = gone ? krx_arena_printf(arena, "%s-%s", gone, id) : NULL;
    if (!path || !gone)
        return krx_no_memory(call);
    if (rename(path, gone) != 0)
        return errno == ENOENT ? 0
                               : krx_fail(call, KRX_E_PERMISSION_DENIED,
                                          "can't remove checkpoint %s: %s", id, strerror(errno));
    return krx_oci_tree_remove(call, AT_FDCWD, gone, gone);
}

static int32_t remove_beyond(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                             const char *namespace_, const char *workload, size_t kept)
{
    krx_oci_manifest **all;
    int32_t code = krx_oci_saved_read(call, arena, &backend->store, namespace_, workload, &all);
    for (size_t i = 0; code == 0 && all[i]; i++)
        if (i >= kept)
            code = remove_one(call, arena, &backend->store, all[i]->id);
    return code;
}

void krx_oci_saved_thin(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                        const char *namespace_, const char *workload)
{
    krx_side_call side;
    if (remove_beyond(krx_side_call_init(&side, call), arena, backend, namespace_, workload,
                      KRX_OCI_SAVED_MAX) < 0)
        krx_log(call, KRX_LOG_WARN, "%s", side.error.message);
}

int32_t krx_oci_checkpoints_remove(krx_call *call, krx_oci_backend *backend, const char *namespace_,
                                   const char *workload)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    return arena ? remove_beyond(call, arena, backend, namespace_, workload, 0)
                 : krx_no_memory(call);
}

krx_checkpoint krx_oci_saved_item(const krx_oci_manifest *manifest, const char *state)
{
    return (krx_checkpoint){.struct_size = sizeof(krx_checkpoint),
                            .workload = manifest->workload,
                            .namespace_ = manifest->namespace_,
                            .id = manifest->id,
                            .state = state,
                            .created_ns = manifest->created_ns,
                            .size_bytes = manifest->size_bytes,
                            .comment = manifest->comment};
}
