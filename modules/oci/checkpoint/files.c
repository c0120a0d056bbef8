/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a checkpoint: counted, hashed, compared. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/sha256.h"
#include "lib/base/str.h"
#include "modules/oci/checkpoint/manifest.h"

#define DEPTH_MAX 6
#define FILES_MAX 100000u
#define BLOCK ((size_t)256 * 1024)

typedef struct walk {
    krx_call *call;
    krx_arena *arena;
    const char *root;
    krx_ptrs found; /* krx_oci_saved_file, without hash */
} walk;

static int32_t look_at(walk *w, const char *path, int depth);

static int32_t each_of(walk *w, const char *path, int depth)
{
    krx_autofree char *full = krx_format("%s/%s", w->root, path);
    krx_autodir DIR *dir = full ? opendir(full) : NULL;
    int32_t code = 0;
    if (!dir)
        return krx_fail(w->call, KRX_E_DATA_LOSS, "can't read folder %s: %s", full ? full : path,
                        strerror(errno));
    for (struct dirent *e; code == 0 && (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            (!*path && strcmp(e->d_name, KRX_OCI_MANIFEST) == 0))
            continue;
        char *below = krx_arena_printf(w->arena, "%s%s%s", path, *path ? "/" : "", e->d_name);
        code = below ? look_at(w, below, depth + 1)
                     : krx_fail(w->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    }
    return code;
}

static int32_t look_at(walk *w, const char *path, int depth)
{
    struct stat st;
    krx_autofree char *full = krx_format("%s/%s", w->root, path);
    krx_oci_saved_file *file = krx_arena_new_of(w->arena, krx_oci_saved_file);
    if (!full || !file)
        return krx_fail(w->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (lstat(full, &st) != 0)
        return krx_fail(w->call, KRX_E_DATA_LOSS, "can't read %s: %s", full, strerror(errno));
    if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
        return each_of(w, path, depth);
    if (!S_ISREG(st.st_mode))
        return krx_fail(w->call, KRX_E_DATA_LOSS, "%s is no plain file", full);
    if (w->found.count >= FILES_MAX)
        return krx_fail(w->call, KRX_E_DATA_LOSS, "%s has too many files", w->root);
    *file = (krx_oci_saved_file){.path = path, .size = st.st_size};
    return krx_ptrs_add(w->arena, &w->found, file) == 0
               ? 0
               : krx_fail(w->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static int by_path(const void *a, const void *b)
{
    const krx_oci_saved_file *const *left = a, *const *right = b;
    return strcmp((*left)->path, (*right)->path);
}

/* All files below, by path. */
static int32_t find_all(walk *w)
{
    int32_t code = each_of(w, "", 0);
    if (code < 0)
        return code;
    if (!krx_ptrs_end(w->arena, &w->found))
        return krx_fail(w->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    qsort(w->found.items, w->found.count, sizeof *w->found.items, by_path);
    return 0;
}

static int32_t hash_one(krx_call *call, const char *root, const char *path,
                        char out[KRX_SHA256_TEXT])
{
    krx_sha256 hash;
    krx_autofree char *full = krx_format("%s/%s", root, path);
    krx_autofree char *block = malloc(BLOCK);
    if (!full || !block)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    krx_autoclose int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return krx_fail(call, KRX_E_DATA_LOSS, "can't read %s: %s", full, strerror(errno));
    krx_sha256_init(&hash);
    for (;;) {
        ssize_t n = read(fd, block, BLOCK);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return krx_fail(call, KRX_E_DATA_LOSS, "can't read %s: %s", full, strerror(errno));
        int32_t code = krx_check(call);
        if (code < 0)
            return code;
        if (n > 0)
            krx_sha256_add(&hash, block, (size_t)n);
    }
    krx_sha256_text(&hash, out);
    return 0;
}

int32_t krx_oci_manifest_hash(krx_call *call, krx_arena *arena, const char *folder,
                              krx_oci_manifest *manifest)
{
    walk w = {.call = call, .arena = arena, .root = folder};
    char text[KRX_SHA256_TEXT];
    int32_t code = find_all(&w);
    manifest->size_bytes = 0;
    for (size_t i = 0; code == 0 && i < w.found.count; i++) {
        krx_oci_saved_file *file = w.found.items[i];
        manifest->size_bytes += file->size;
        code = hash_one(call, folder, file->path, text);
        if (code == 0 && !(file->sha256 = krx_arena_strdup(arena, text)))
            code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    }
    manifest->files = (const krx_oci_saved_file *const *)w.found.items;
    return code;
}

static const krx_oci_saved_file *file_of(const krx_oci_manifest *manifest, const char *path)
{
    for (size_t i = 0; manifest->files[i]; i++)
        if (strcmp(manifest->files[i]->path, path) == 0)
            return manifest->files[i];
    return NULL;
}

int32_t krx_oci_manifest_verify(krx_call *call, const char *folder,
                                const krx_oci_manifest *manifest)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    walk w = {.call = call, .arena = arena, .root = folder};
    char text[KRX_SHA256_TEXT];
    size_t count = 0;
    if (!arena)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = find_all(&w);
    while (manifest->files[count])
        count++;
    for (size_t i = 0; code == 0 && i < w.found.count; i++) {
        const krx_oci_saved_file *there = w.found.items[i];
        const krx_oci_saved_file *meant = file_of(manifest, there->path);
        if (!meant)
            return krx_fail(call, KRX_E_DATA_LOSS, "checkpoint %s holds %s, which is not its own",
                            manifest->id, there->path);
        if (there->size != meant->size)
            return krx_fail(call, KRX_E_DATA_LOSS,
                            "checkpoint %s is damaged: %s has %" PRId64 " bytes, not %" PRId64,
                            manifest->id, there->path, there->size, meant->size);
        code = hash_one(call, folder, there->path, text);
        if (code == 0 && strcmp(text, meant->sha256) != 0)
            return krx_fail(call, KRX_E_DATA_LOSS, "checkpoint %s is damaged: %s was changed",
                            manifest->id, there->path);
    }
    for (size_t i = 0; code == 0 && w.found.count != count && i < count; i++) {
        bool here = false;
        for (size_t k = 0; !here && k < w.found.count; k++)
            here = strcmp(((krx_oci_saved_file *)w.found.items[k])->path,
                          manifest->files[i]->path) == 0;
        if (!here)
            return krx_fail(call, KRX_E_DATA_LOSS, "checkpoint %s is damaged: %s is missing",
                            manifest->id, manifest->files[i]->path);
    }
    return code;
}
