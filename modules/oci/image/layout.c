/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/image/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/sha256.h"
#include "lib/base/side_call.h"
#include "lib/base/str.h"

#define DEPTH_MAX 4
#define INDEX_MAX ((size_t)16 * 1024 * 1024)

char *krx_oci_layout_blob(krx_arena *arena, const char *layout, const char *digest)
{
    return krx_arena_printf(arena, "%s/blobs/sha256/%s", layout, strchr(digest, ':') + 1);
}

int32_t krx_oci_layout_document(krx_call *call, krx_arena *arena, const char *layout,
                                const krx_oci_blob *blob, const char *what, const char **text,
                                size_t *length)
{
    krx_auto_str krx_str read = {0};
    char digest[KRX_SHA256_TEXT];
    krx_sha256 hash;
    char *path = krx_oci_layout_blob(arena, layout, blob->digest);
    if (!path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_read_file(call, path, KRX_OCI_DOCUMENT_MAX, &read);
    if (code == KRX_E_NOT_FOUND)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s: its part %.19s is missing", what, blob->digest);
    if (code < 0)
        return krx_wrap(call, "%s", what);
    krx_sha256_init(&hash);
    krx_sha256_add(&hash, krx_str_get(&read), read.length);
    krx_sha256_text(&hash, digest);
    if (!krx_streq(digest, blob->digest + strlen("sha256:")) ||
        (blob->size != KRX_UNSET && blob->size != (int64_t)read.length))
        return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: %.19s is not what its digest says",
                        what, blob->digest);
    *text = krx_arena_strndup(arena, krx_str_get(&read), read.length);
    *length = read.length;
    return *text ? 0 : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

int32_t krx_oci_layout_index(krx_call *call, krx_arena *arena, const char *layout, bool missing,
                             krx_oci_image_manifest *out)
{
    krx_auto_str krx_str text = {0};
    char *path = krx_arena_printf(arena, "%s/index.json", layout);
    static krx_oci_blob *none[] = {NULL};
    *out = (krx_oci_image_manifest){.is_index = true, .blobs = none};
    if (!path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (missing && access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    int32_t code = krx_read_file(call, path, INDEX_MAX, &text);
    if (code < 0)
        return code;
    code = krx_oci_image_manifest_read(call, arena, path, krx_str_get(&text), text.length, out);
    if (code == 0 && !out->is_index)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: it is no index", path);
    return code;
}

/* ------------------------------------------------------------------------------ down to an image
 */

typedef struct descent {
    krx_call *call;
    krx_arena *arena;
    const char *layout;
    const krx_oci_platform *platform;
    const char *what;
} descent;

/* The best of an index: one whose variant is the wanted one, else the first that fits. */
static const krx_oci_blob *choose(const krx_oci_image_manifest *index,
                                  const krx_oci_platform *platform)
{
    const krx_oci_blob *best = NULL;
    for (size_t i = 0; i < index->count; i++) {
        const krx_oci_blob *b = index->blobs[i];
        /* attestations and the like */
        if (krx_streq(b->os, "unknown") ||
            !krx_oci_platform_fits(platform, b->os, b->architecture, b->variant))
            continue;
        if (krx_streq(b->variant, platform->variant))
            return b;
        best = best ? best : b;
    }
    return best;
}

static int32_t fail_platform(const descent *d)
{
    (void)krx_fail(d->call, KRX_E_NOT_FOUND, "%s is not there for %s", d->what,
                   krx_oci_platform_text(d->arena, d->platform));
    return krx_hint(d->call, "name a platform that the image exists for");
}

static int32_t read_image(const descent *d, const krx_oci_image_manifest *manifest,
                          krx_oci_image *out)
{
    krx_ptrs layers = {0};
    const char *text;
    size_t length, diffs = 0;
    int32_t code = krx_oci_layout_document(d->call, d->arena, d->layout, &manifest->config, d->what,
                                           &text, &length);
    if (code == 0)
        code = krx_oci_config_read(d->call, d->arena, d->what, text, length, out);
    if (code < 0)
        return code;
    if (!krx_oci_platform_fits(d->platform, out->os, out->architecture, out->variant))
        return fail_platform(d);
    out->layout = krx_arena_strdup(d->arena, d->layout);
    out->id = manifest->config.digest;
    out->size_bytes = (int64_t)length;
    for (size_t i = 0; i < manifest->count; i++) {
        int64_t size = manifest->blobs[i]->size;
        if (krx_ptrs_add(d->arena, &layers, manifest->blobs[i]->digest) < 0)
            return krx_fail(d->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
        if (size != KRX_UNSET && size < INT64_MAX / 1024)
            out->size_bytes += size;
    }
    while (out->diff_ids && out->diff_ids[diffs])
        diffs++;
    if (diffs != manifest->count)
        return krx_fail(d->call, KRX_E_DATA_LOSS,
                        "%s is damaged: manifest and configuration differ in their layers",
                        d->what);
    out->layer_digests = layers.count ? (const char *const *)layers.items : NULL;
    return 0;
}

int32_t krx_oci_layout_image(krx_call *call, krx_arena *arena, const char *layout,
                             const krx_oci_blob *top, const krx_oci_platform *platform,
                             const char *what, krx_oci_image *out)
{
    const descent d = {call, arena, layout, platform, what};
    const krx_oci_blob *blob = top;
    *out = (krx_oci_image){.created_ns = KRX_UNSET};
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        krx_oci_image_manifest manifest;
        const char *text;
        size_t length;
        int32_t code = krx_oci_layout_document(call, arena, layout, blob, what, &text, &length);
        if (code == 0)
            code = krx_oci_image_manifest_read(call, arena, what, text, length, &manifest);
        if (code < 0)
            return code;
        if (!manifest.is_index) {
            code = read_image(&d, &manifest, out);
            out->manifest = blob->digest;
            return code;
        }
        blob = choose(&manifest, platform);
        if (!blob)
            return fail_platform(&d);
    }
    return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: its indexes are nested too deep", what);
}

/* ------------------------------------------------------------------------------------ everything
 */

typedef struct walk {
    krx_call *call;
    krx_arena *arena;
    const char *layout;
    krx_oci_blob_fn *fn;
    void *ctx;
} walk;

static int32_t visit(const walk *w, const krx_oci_blob *blob, int depth)
{
    krx_side_call side;
    krx_oci_image_manifest manifest;
    const char *text;
    size_t length;
    krx_call *quiet = krx_side_call_init(&side, w->call);
    int32_t code = w->fn(w->ctx, blob->digest);
    if (code < 0 || depth == DEPTH_MAX)
        return code;
    if (krx_oci_layout_document(quiet, w->arena, w->layout, blob, "image", &text, &length) < 0 ||
        krx_oci_image_manifest_read(quiet, w->arena, "image", text, length, &manifest) < 0)
        return krx_check(w->call);
    if (!manifest.is_index)
        code = w->fn(w->ctx, manifest.config.digest);
    for (size_t i = 0; i < manifest.count && code == 0; i++)
        code = manifest.is_index ? visit(w, manifest.blobs[i], depth + 1)
                                 : w->fn(w->ctx, manifest.blobs[i]->digest);
    return code;
}

int32_t krx_oci_layout_walk(krx_call *call, krx_arena *arena, const char *layout,
                            const krx_oci_blob *top, krx_oci_blob_fn *fn, void *ctx)
{
    const walk w = {call, arena, layout, fn, ctx};
    return visit(&w, top, 0);
}
