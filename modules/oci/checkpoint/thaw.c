/* SPDX-License-Identifier: Apache-2.0 */
/* Files become a container that goes on. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "modules/oci/checkpoint/criu.h"
#include "modules/oci/checkpoint/saved.h"
#include "modules/oci/store/tree.h"

#define LOG_MAX ((size_t)16 * 1024 * 1024)
#define LAST_LOG ".restore.log"
#define ENTRIES_MAX 10000000

typedef struct thawer {
    krx_call *call;
    krx_arena *arena;
    krx_oci_backend *backend;
    const krx_oci_runtime *runtime;
    const char *id;
    const char *home; /* containers/<id> */
    const char *images;
    const char *work;
    uint32_t flags;
} thawer;

/* crun dumps the empty folder that hides others by its name below /run/crun, and looks for it below
 * its --root when it restores. */
static char *hidden_folder(thawer *t)
{
    char *empty = krx_arena_printf(t->arena, "%s/empty", t->work);
    if (!krx_streq(t->runtime->name, "crun"))
        return krx_arena_strdup(t->arena, "");
    if (!empty || (mkdir(empty, 0755) != 0 && errno != EEXIST))
        return NULL;
    return krx_arena_printf(t->arena, "external mnt[/run/crun/.empty-directory]:%s\n", empty);
}

static int32_t write_conf(thawer *t)
{
    const char *path = krx_arena_printf(t->arena, "%s/criu.conf", t->home);
    const char *text = krx_oci_thaw_conf(t->arena, t->runtime, t->flags);
    const char *folder = hidden_folder(t);
    if (!path || !text || !folder || !(text = krx_arena_printf(t->arena, "%s%s", text, folder)))
        return krx_no_memory(t->call);
    return krx_oci_by_criu(t->runtime) ? krx_replace_file(t->call, path, text, strlen(text), 0600)
                                       : 0;
}

static int32_t explain(thawer *t)
{
    krx_side_call side;
    krx_auto_str krx_str log = {0};
    const char *hint = NULL, *path = krx_arena_printf(t->arena, "%s/restore.log", t->work);
    char *reason = NULL;
    int32_t given_up = krx_check(t->call); /* whatever the runtime then said */
    if (given_up < 0)
        return krx_wrap(t->call, "restoring container %s", t->id);
    if (path && krx_read_file(krx_side_call_init(&side, t->call), path, LOG_MAX, &log) == 0)
        reason = krx_oci_criu_reason(t->arena, krx_str_get(&log), &hint);
    if (!reason)
        return krx_wrap(t->call, "container %s can't go on", t->id);
    const char *kept = krx_oci_path(t->arena, &t->backend->store, "checkpoints", LAST_LOG, NULL);
    krx_fail(t->call, KRX_E_FAILED_PRECONDITION, "container %s can't go on: CRIU: %s", t->id,
             reason);
    if (hint)
        (void)krx_hint(t->call, "%s", hint);
    else if (kept && rename(path, kept) == 0) /* the container's folder goes */
        (void)krx_hint(t->call, "all that CRIU said is in %s", kept);
    return t->call->error->code;
}

static const char *const *arguments(thawer *t)
{
    krx_oci_freeze_ask ask = {.flags = t->flags, .images = t->images, .work = t->work};
    const char *const *options = krx_oci_thaw_options(t->arena, t->runtime, &ask);
    krx_ptrs args = {0};
    (void)krx_ptrs_add(t->arena, &args, t->home);
    (void)krx_ptrs_add(t->arena, &args, "--restore");
    (void)krx_ptrs_add(t->arena, &args, t->images);
    for (size_t i = 0; options && options[i]; i++) {
        (void)krx_ptrs_add(t->arena, &args, "--restore-option");
        (void)krx_ptrs_add(t->arena, &args, options[i]);
    }
    void **all = krx_ptrs_end(t->arena, &args);
    return krx_arena_failed(t->arena) ? NULL : (const char *const *)all;
}

int32_t krx_oci_thaw(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                     const krx_oci_runtime *runtime, const char *id, const char *folder,
                     uint32_t flags)
{
    thawer t = {.call = call,
                .arena = arena,
                .backend = backend,
                .runtime = runtime,
                .id = id,
                .home = krx_oci_path(arena, &backend->store, "containers", id, NULL),
                .images = krx_arena_printf(arena, "%s/" KRX_OCI_SAVED_IMAGES, folder),
                .work = krx_oci_path(arena, &backend->store, "containers", id, "criu"),
                .flags = flags};
    krx_oci_keeper_job job = {.keeper = backend->choice.keeper, .verb = "start", .stdin_fd = -1};
    job.args = arguments(&t);
    if (!t.home || !t.images || !t.work || !job.args)
        return krx_no_memory(call);
    int32_t code = krx_oci_tree_remove(call, AT_FDCWD, t.work, t.work); /* the dump's log */
    if (code == 0)
        code = krx_make_dirs(call, t.work, 0700);
    if (code == 0)
        code = write_conf(&t);
    if (code < 0)
        return code;
    code = krx_oci_keeper_run(call, arena, &job, NULL);
    return code < 0 ? explain(&t) : 0;
}

/* ------------------------------------------------------------------------------------ its files */

/* The container's / looks as that of its image. */
static int32_t make_top(krx_call *call, const char *path, const krx_oci_launch *launch)
{
    struct stat st;
    const char *like = launch->layers ? launch->layers[0] : launch->rootfs;
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "can't make %s: %s", path, strerror(errno));
    if (like && stat(like, &st) == 0 &&
        (lchown(path, st.st_uid, st.st_gid) != 0 || chmod(path, st.st_mode & 07777) != 0))
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "can't set the owner of %s: %s", path,
                        strerror(errno));
    return 0;
}

int32_t krx_oci_thaw_files(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const char *id, const char *folder, const krx_oci_saved *saved,
                           const char *digest)
{
    krx_oci_launch launch;
    krx_oci_store store = backend->store;
    struct stat st;
    const char *file = krx_arena_printf(arena, "%s/" KRX_OCI_SAVED_CHANGES, folder);
    const char *top =
        krx_oci_path(arena, &store, "containers", id, saved->whole ? "copy" : "upper");
    if (!saved->changes)
        return 0;
    if (!file || !top)
        return krx_no_memory(call);
    int32_t code = krx_oci_launch_read(call, arena, &store, id, &launch);
    if (code == 0)
        code = make_top(call, top, &launch);
    if (code < 0)
        return code;
    krx_autoclose int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0)
        return krx_fail(call, KRX_E_DATA_LOSS, "can't read %s: %s", file, strerror(errno));
    const char *args[] = {top, krx_arena_printf(arena, "sha256:%s", digest),
                          krx_arena_printf(arena, "%" PRId64, (int64_t)st.st_size + 1),
                          krx_arena_printf(arena, "%d", ENTRIES_MAX), NULL};
    krx_oci_keeper_job job = {
        .keeper = backend->choice.keeper, .verb = "unpack", .args = args, .stdin_fd = fd};
    if (krx_arena_failed(arena))
        return krx_no_memory(call);
    code = krx_oci_keeper_run(call, arena, &job, NULL);
    return code < 0 ? krx_wrap(call, "files of the checkpoint") : 0;
}
