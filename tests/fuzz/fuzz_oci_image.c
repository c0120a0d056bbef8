/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, indexes and configurations of images, from anywhere. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "modules/oci/image/manifest.h"
#include "modules/oci/image/skopeo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_manifest(const krx_oci_image_manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++)
        if (!manifest->blobs[i] || !krx_oci_digest_valid(manifest->blobs[i]->digest))
            abort();
    if (manifest->blobs[manifest->count] ||
        (!manifest->is_index && !krx_oci_digest_valid(manifest->config.digest)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krx_auto_arena krx_arena *arena = krx_arena_new_limited((size_t)64 * 1024 * 1024);
    krx_autofree char *text = malloc(size + 1);
    krx_oci_image_manifest manifest;
    krx_oci_image image = {0};
    krx_error error;
    krx_call call;
    if (!arena || !text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    krx_call_init(&call, &error);
    if (krx_oci_image_manifest_read(&call, arena, "it", text, size, &manifest) == 0)
        check_manifest(&manifest);
    if (krx_oci_config_read(&call, arena, "it", text, size, &image) == 0)
        for (size_t i = 0; image.diff_ids && image.diff_ids[i]; i++)
            if (!krx_oci_digest_valid(image.diff_ids[i]))
                abort();
    (void)krx_oci_skopeo_fail(&call, "it", size % 2, text, 1);
    return 0;
}
