/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/keeper/rootfs.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/program.h"
#include "lib/base/str.h"
#include "modules/oci/store/tree.h"

#define OPTIONS_MAX 4096u /* what mount(2) takes */
#define BUSY_TRIES 50
#define NOBODY 65534u /* whoever is not mapped into a user namespace */

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* A backslash stands before what overlay takes for itself. */
static void add_escaped(krx_str *out, const char *path)
{
    for (; *path; path++) {
        if (strchr("\\:,", *path))
            krx_str_addc(out, '\\');
        krx_str_addc(out, *path);
    }
}

/* Short, so that 128 layers fit: the mounter stands in layers/ or containers/. */
static void add_lower(krx_str *out, const krx_oci_store *store, const char *layer)
{
    size_t root = strlen(store->root);
    if (strncmp(layer, store->root, root) == 0 && krx_has_prefix(layer + root, "/layers/"))
        layer += root + strlen("/layers/");
    add_escaped(out, layer);
}

char *krx_oci_overlay_options(krx_arena *arena, const krx_oci_job *job, bool user_attributes)
{
    const krx_oci_launch *launch = &job->launch;
    krx_auto_str krx_str text = {0};
    krx_str_add(&text, "lowerdir=");
    for (size_t i = 0; launch->layers && launch->layers[i]; i++) {
        if (i)
            krx_str_addc(&text, ':');
        add_lower(&text, &job->store, launch->layers[i]);
    }
    if (!launch->layers && launch->rootfs)
        add_escaped(&text, launch->rootfs);
    else if (!launch->layers)
        krx_str_addf(&text, "../containers/%s/empty", job->id);
    krx_str_addf(&text, ",upperdir=../containers/%s/upper,workdir=../containers/%s/work", job->id,
                 job->id);
    if (user_attributes)
        krx_str_add(&text, ",userxattr");
    return krx_str_failed(&text) ? NULL : krx_arena_strdup(arena, krx_str_get(&text));
}

/* What the container sees as the owner and mode of / is that of upper. */
static int32_t make_upper(krx_oci_job *job, const char *lowest)
{
    const char *upper = krx_oci_job_path(job, "upper"), *work = krx_oci_job_path(job, "work");
    const char *empty = krx_oci_job_path(job, "empty");
    struct stat st = {.st_mode = 0755};
    if (!upper || !work || !empty)
        return no_memory(job->call);
    if (mkdir(work, 0700) < 0 && errno != EEXIST)
        return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "creating %s: %s", work,
                        strerror(errno));
    if (!lowest && mkdir(empty, 0755) < 0 && errno != EEXIST)
        return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "creating %s: %s", empty,
                        strerror(errno));
    if (mkdir(upper, 0700) < 0)
        return errno == EEXIST ? 0
                               : krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "creating %s: %s",
                                          upper, strerror(errno));
    if (lowest && stat(lowest, &st) < 0)
        return krx_fail(job->call, KRX_E_NOT_FOUND, "the image's folder %s: %s", lowest,
                        strerror(errno));
    bool unknown = job->inside && (st.st_uid == NOBODY || st.st_gid == NOBODY);
    if (lowest && !unknown && lchown(upper, st.st_uid, st.st_gid) < 0 && errno != EPERM &&
        errno != EINVAL)
        return krx_fail(job->call, KRX_E_PERMISSION_DENIED, "owner of %s: %s", upper,
                        strerror(errno));
    if (chmod(upper, st.st_mode & 07777) < 0)
        return krx_fail(job->call, KRX_E_PERMISSION_DENIED, "mode of %s: %s", upper,
                        strerror(errno));
    return 0;
}

/* 0, or -1 with errno. */
static int mount_overlay(krx_oci_job *job, const char *options, const char *target)
{
    if (!options || strlen(options) >= OPTIONS_MAX) {
        errno = E2BIG;
        return -1;
    }
    for (int i = 0;; i++) {
        if (mount("overlay", target, "overlay", 0, options) == 0)
            return 0;
        /* the last run's is on its way out */
        if (errno != EBUSY || i == BUSY_TRIES || krx_sleep(job->call, 10 * KRX_NS_PER_MS) < 0)
            return -1;
    }
}

static int mount_by_program(krx_oci_job *job, const char *options, const char *target)
{
    const char *const argv[] = {"fuse-overlayfs", "-o", options, target, NULL};
    krx_program program = {.argv = argv, .stdin_fd = -1, .stderr_fd = -1, .limit = 4096};
    krx_auto_str krx_str answer = {0};
    krx_error kept = *job->call->error;
    int32_t status = -1;
    if (!options || access("/dev/fuse", R_OK | W_OK) < 0)
        return -1;
    int32_t code = krx_program_run(job->call, &program, &answer, &status);
    *job->call->error = kept;
    return code < 0 || status != 0 ? -1 : 0;
}

/* One whole copy, or none. */
static int32_t make_copy(krx_oci_job *job, const char *copy)
{
    const krx_oci_launch *launch = &job->launch;
    krx_ptrs layers = {0};
    size_t count = 0;
    char *half = krx_arena_printf(job->arena, "%s.half", copy);
    if (!half)
        return no_memory(job->call);
    while (launch->layers && launch->layers[count])
        count++;
    for (size_t i = count; i-- > 0;)
        (void)krx_ptrs_add(job->arena, &layers, launch->layers[i]);
    if (!launch->layers && launch->rootfs)
        (void)krx_ptrs_add(job->arena, &layers, launch->rootfs);
    int32_t code = krx_oci_tree_remove(job->call, AT_FDCWD, half, half);
    if (code == 0 && mkdir(half, 0755) < 0)
        code =
            krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "creating %s: %s", half, strerror(errno));
    if (code == 0 && krx_arena_failed(job->arena))
        code = no_memory(job->call);
    if (code == 0)
        code =
            krx_oci_copy_layers(job->call, (const char *const *)layers.items, layers.count, half);
    if (code == 0 && rename(half, copy) < 0)
        code = krx_fail(job->call, KRX_E_UNKNOWN, "renaming %s: %s", half, strerror(errno));
    return code;
}

static int32_t mount_copy(krx_oci_job *job, const char *copy, const char *target)
{
    int32_t code = access(copy, F_OK) < 0 ? make_copy(job, copy) : 0;
    if (code == 0 && mount(copy, target, NULL, MS_BIND, NULL) < 0)
        code = krx_fail(job->call, KRX_E_UNKNOWN, "mounting %s: %s", copy, strerror(errno));
    return code;
}

static bool may(const krx_oci_launch *launch, const char *way)
{
    return !launch->storage || krx_streq(launch->storage, "auto") ||
           krx_streq(launch->storage, way);
}

/* What was asked for, or the first that works: 0, or an error when only an overlay would do. */
static int32_t mount_any(krx_oci_job *job, const char *kernel, const char *program,
                         const char *copy, const char *target)
{
    const krx_oci_launch *launch = &job->launch;
    const char *why = "not asked for";
    if (may(launch, "overlay")) {
        if (mount_overlay(job, kernel, target) == 0)
            return 0;
        why = strerror(errno);
    }
    if (may(launch, "fuse-overlayfs") && mount_by_program(job, program, target) == 0)
        return 0;
    if (!may(launch, "copy")) {
        krx_fail(job->call, KRX_E_UNAVAILABLE,
                 "storage %s can't be had for container '%s' (overlay of the kernel: %s)",
                 launch->storage, job->id, why);
        return krx_hint(job->call, "is fuse-overlayfs installed, and /dev/fuse open to this user? "
                                   "or use storage: auto");
    }
    if (may(launch, "overlay"))
        krx_log(job->call, KRX_LOG_WARN,
                "container '%s' gets a copy of its image: no overlay (%s), no fuse-overlayfs",
                job->id, why);
    return mount_copy(job, copy, target);
}

int32_t krx_oci_rootfs_mount(krx_oci_job *job)
{
    const krx_oci_launch *launch = &job->launch;
    const char *top = launch->layers ? launch->layers[0] : launch->rootfs;
    const char *target = krx_oci_job_path(job, "bundle/rootfs");
    const char *copy = krx_oci_job_path(job, "copy");
    const char *beside =
        krx_oci_path(job->arena, &job->store, launch->layers ? "layers" : "containers", NULL, NULL);
    const char *kernel = krx_oci_overlay_options(job->arena, job, job->inside);
    const char *program = krx_oci_overlay_options(job->arena, job, false);
    if (!target || !copy || !beside || !kernel || !program)
        return no_memory(job->call);
    if ((mkdir(target, 0755) < 0 && errno != EEXIST) || chdir(beside) < 0)
        return krx_fail(job->call, KRX_E_NOT_FOUND, "the root file system of '%s': %s", job->id,
                        strerror(errno));
    if (access(copy, F_OK) == 0)
        return mount_copy(job, copy, target);
    int32_t code = make_upper(job, top);
    return code < 0 ? code : mount_any(job, kernel, program, copy, target);
}
