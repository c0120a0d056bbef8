/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/image/source.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/str.h"

static const struct {
    int kind, from;
    const char *prefix;
} kinds[] = {
    {KRX_IMAGE_LAYOUT, KRX_OCI_FROM_LAYOUT, "oci:"},
    {KRX_IMAGE_DOCKER_ARCHIVE, KRX_OCI_FROM_ARCHIVE, "docker-archive:"},
    {KRX_IMAGE_OCI_ARCHIVE, KRX_OCI_FROM_ARCHIVE, "oci-archive:"},
    {KRX_IMAGE_FOLDER, KRX_OCI_FROM_FOLDER, "rootfs:"},
};

static int32_t read_reference(krx_call *call, krx_arena *arena, const char *text,
                              krx_oci_source *out)
{
    krx_auto_image_ref krx_image_ref ref = {0};
    int32_t code = krx_image_ref_parse(call, text, &ref);
    if (code < 0)
        return code;
    out->from = KRX_OCI_FROM_REGISTRY;
    out->registry = krx_arena_strdup(arena, ref.registry);
    out->digest = krx_arena_strdup(arena, ref.digest);
    /* as docker does: a digest makes the tag meaningless */
    out->reference = krx_arena_printf(arena, "%s/%s%s%s", ref.registry, ref.repository,
                                      ref.digest ? "@" : ":", ref.digest ? ref.digest : ref.tag);
    return 0;
}

int32_t krx_oci_source_read(krx_call *call, krx_arena *arena, const char *text, krx_oci_source *out)
{
    krx_image_form form;
    *out = (krx_oci_source){0};
    if (krx_blank(text))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "no image was named");
    const char *allowed = krx_image_form_read(text, &form);
    if (allowed) {
        (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%.200s' is no image", text);
        return krx_hint(call, "write %s", allowed);
    }
    out->kind = form.kind;
    int32_t code = form.kind == KRX_IMAGE_REFERENCE ? read_reference(call, arena, text, out) : 0;
    for (size_t i = 0; i < KRX_COUNT(kinds); i++) {
        if (kinds[i].kind != form.kind)
            continue;
        out->from = kinds[i].from;
        out->reference = krx_arena_strdup(arena, text);
        out->path = krx_arena_strndup(arena, form.path, form.path_length);
        out->inside = krx_arena_strdup(arena, form.inside);
    }
    if (code == 0 && krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return code;
}

int32_t krx_oci_source_stamp(krx_call *call, krx_arena *arena, const krx_oci_source *source,
                             const char **out)
{
    struct stat st;
    if (stat(source->path, &st) < 0)
        return krx_fail(call, errno == ENOENT ? KRX_E_NOT_FOUND : KRX_E_PERMISSION_DENIED,
                        "image %s: %s", source->reference, strerror(errno));
    *out = krx_arena_printf(arena, "%" PRIu64 ".%" PRIu64 ".%" PRId64 ".%" PRId64 ".%ld",
                            (uint64_t)st.st_dev, (uint64_t)st.st_ino, (int64_t)st.st_size,
                            (int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    return *out ? 0 : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

const char *krx_oci_familiar(const char *reference)
{
    static const char hub[] = "docker.io/", library[] = "library/";
    if (!krx_has_prefix(reference, hub))
        return reference;
    reference += strlen(hub);
    return krx_has_prefix(reference, library) ? reference + strlen(library) : reference;
}
