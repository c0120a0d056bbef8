/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/checkpoint/portable.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/base/str.h"
#include "modules/oci/checkpoint/podman.h"

int32_t krx_oci_portable_check(krx_call *call, const char *file)
{
    struct stat st;
    const char *slash = strrchr(file, '/');
    krx_autofree char *parent =
        slash ? krx_format("%.*s/.", (int)(slash - file), file) : krx_format(".");
    if (!parent)
        return krx_no_memory(call);
    if (access(parent, W_OK | X_OK) != 0)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "can't write %s: %s", file, strerror(errno));
    if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "can't write %s: it is no plain file", file);
    return 0;
}

int32_t krx_oci_portable_export(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                                const char *folder, const char *file)
{
    const char *const args[] = {file, folder, NULL};
    krx_oci_keeper_job job = {
        .keeper = backend->choice.keeper, .verb = "archive", .args = args, .stdin_fd = -1};
    krx_tell_progress(call, "export", file, "writing");
    return krx_oci_keeper_run(call, arena, &job, NULL);
}

/* Podman writes such archives too. */
static int32_t no_manifest(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const char *folder, const char *file, krx_oci_manifest *out)
{
    if (call->error->code != KRX_E_NOT_FOUND)
        return krx_wrap(call, "archive %s", file);
    (void)krx_forgive(call);
    if (krx_oci_podman_is(folder))
        return krx_oci_podman_manifest(call, arena, backend, folder, file, out);
    return krx_fail(call, KRX_E_INVALID_ARGUMENT, "archive %s is no checkpoint: it has no %s", file,
                    KRX_OCI_MANIFEST);
}

/* The same one may have been made, or imported, here. */
static int32_t take_old(krx_call *call, krx_arena *arena, const char *path, const char *folder,
                        const krx_oci_manifest *manifest)
{
    krx_side_call side;
    krx_oci_manifest old;
    if (krx_oci_manifest_read(krx_side_call_init(&side, call), arena, path, &old) == 0 &&
        old.created_ns == manifest->created_ns &&
        krx_oci_manifest_verify(&side.call, path, manifest) == 0) {
        krx_oci_saved_discard(call, folder);
        return 0;
    }
    krx_fail(call, KRX_E_ALREADY_EXISTS, "there is another checkpoint with the id %s",
             manifest->id);
    return krx_hint(call, "remove %s", path);
}

static int32_t take_in(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       const char *folder, const char *file, krx_oci_manifest *out)
{
    const char *const args[] = {file, folder, NULL};
    krx_oci_keeper_job job = {
        .keeper = backend->choice.keeper, .verb = "unarchive", .args = args, .stdin_fd = -1};
    int32_t code = krx_oci_keeper_run(call, arena, &job, NULL);
    if (code < 0)
        return code;
    code = krx_oci_manifest_read(call, arena, folder, out);
    if (code < 0)
        code = no_manifest(call, arena, backend, folder, file, out);
    if (code < 0)
        return code;
    code = krx_oci_manifest_verify(call, folder, out);
    const char *path = krx_oci_saved_folder(arena, &backend->store, out->id);
    if (code < 0)
        return krx_wrap(call, "archive %s", file);
    if (!path)
        return krx_no_memory(call);
    if (access(path, F_OK) == 0)
        return take_old(call, arena, path, folder, out);
    return rename(folder, path) == 0
               ? 0
               : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "can't keep checkpoint %s: %s", out->id,
                          strerror(errno));
}

int32_t krx_oci_portable_import(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                                const char *file, krx_oci_manifest *out)
{
    char *folder = NULL;
    krx_autoclose int held = krx_oci_saved_stage(call, arena, &backend->store, &folder);
    if (held < 0)
        return held;
    krx_tell_progress(call, "import", file, "reading");
    int32_t code = take_in(call, arena, backend, folder, file, out);
    if (code < 0)
        krx_oci_saved_discard(call, folder);
    return code;
}
