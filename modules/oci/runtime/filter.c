/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/runtime/filter.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include "lib/base/sha256.h"
#include "lib/base/side_call.h"
#include "modules/oci/store/fields.h"

#define WANTED "bundle/seccomp.key"
#define FOLDER "seccomp"
#define FILTER_MAX ((size_t)64 * 1024) /* the kernel takes 4096 instructions of 8 bytes */
#define TEXT_MAX (FILTER_MAX * 2)

char *krx_oci_filter_key(krx_arena *arena, const krx_oci_runtime *runtime, const char *profile)
{
    char *out = krx_arena_alloc(arena, KRX_SHA256_TEXT);
    struct utsname system;
    struct stat binary;
    krx_sha256 hash;
    if (!out || !profile || !krx_streq(runtime->name, "crun") || uname(&system) < 0 ||
        stat(runtime->path, &binary) < 0)
        return NULL;
    const char *const parts[] = {profile,        runtime->path,  runtime->version,
                                 system.release, system.version, system.machine};
    const int64_t stamp[] = {(int64_t)binary.st_ino, binary.st_size, binary.st_mtim.tv_sec,
                             binary.st_mtim.tv_nsec};
    krx_sha256_init(&hash);
    for (size_t i = 0; i < KRX_COUNT(parts); i++)
        krx_sha256_add(&hash, parts[i] ? parts[i] : "", parts[i] ? strlen(parts[i]) + 1 : 1);
    krx_sha256_add(&hash, stamp, sizeof stamp);
    krx_sha256_text(&hash, out);
    return out;
}

char *krx_oci_filter_find(krx_call *call, krx_arena *arena, const char *run_root, const char *key)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    const char *path = krx_arena_printf(arena, "%s/" FOLDER "/%s", run_root, key);
    if (!path || access(path, F_OK) < 0 ||
        krx_read_file(krx_side_call_init(&side, call), path, TEXT_MAX, &text) < 0 || !text.length)
        return NULL;
    return krx_arena_strdup(arena, krx_str_get(&text));
}

int32_t krx_oci_filter_want(krx_call *call, const char *folder, const char *key)
{
    krx_autofree char *path = krx_format("%s/" WANTED, folder);
    return path ? krx_oci_replace(call, path, key)
                : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static bool keep(krx_call *call, krx_arena *arena, const krx_oci_store *store, const char *id,
                 const char *key)
{
    krx_auto_str krx_str filter = {0};
    const char *made = krx_oci_run_path(arena, store, "runtime/crun", id, "seccomp.bpf");
    const char *own = krx_oci_run_path(arena, store, "runtime/crun/.cache", NULL, NULL);
    const char *folder = krx_oci_run_path(arena, store, FOLDER, NULL, NULL);
    const char *path = krx_oci_run_path(arena, store, FOLDER, key, NULL);
    if (!made || !own || !folder || !path || access(own, F_OK) == 0 || access(made, F_OK) < 0 ||
        krx_read_file(call, made, FILTER_MAX, &filter) < 0 || filter.length % 8 != 0)
        return false;
    krx_autofree char *text = krx_base64_encode(krx_str_get(&filter), filter.length);
    return text && *text && krx_make_dirs(call, folder, 0700) == 0 &&
           krx_oci_replace(call, path, text) == 0;
}

void krx_oci_filter_keep(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const char *id)
{
    krx_side_call side;
    krx_call *own = krx_side_call_init(&side, call);
    krx_auto_str krx_str key = {0};
    const char *wanted = krx_oci_path(arena, store, "containers", id, WANTED);
    if (!wanted || access(wanted, F_OK) < 0)
        return;
    if (krx_read_file(own, wanted, KRX_SHA256_TEXT, &key) < 0 ||
        !krx_oci_id_valid(krx_str_get(&key)) || !keep(own, arena, store, id, krx_str_get(&key)))
        krx_log(call, KRX_LOG_DEBUG, "the seccomp filter of container '%s' is not kept: %s", id,
                side.error.message);
    (void)unlink(wanted);
}
