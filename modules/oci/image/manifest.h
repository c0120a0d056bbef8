/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON documents of an image, as they come from anywhere. Looks at no file. */
#ifndef KRX_OCI_IMAGE_MANIFEST_H
#define KRX_OCI_IMAGE_MANIFEST_H

#include <cjson/cJSON.h>

#include "modules/oci/image/image.h"

#define KRX_OCI_LAYERS_MAX 500
#define KRX_OCI_MANIFESTS_MAX 4096
#define KRX_OCI_DOCUMENT_MAX ((size_t)4 * 1024 * 1024)

/* One blob. Texts live in the arena. */
typedef struct krx_oci_blob {
    const char *media;  /* "" when not said */
    const char *digest; /* sha256: and 64 digits, checked */
    int64_t size;       /* KRX_UNSET when not said */
    /* of the entries of an index; NULL when not said */
    const char *os, *architecture, *variant;
    const char *name;   /* org.opencontainers.image.ref.name */
    const char *source; /* io.kranix.source: state of the file that it came from */
} krx_oci_blob;

typedef struct krx_oci_image_manifest {
    bool is_index; /* then `blobs` are manifests, else layers, the lowest first */
    krx_oci_blob config;
    krx_oci_blob **blobs; /* NULL-terminated */
    size_t count;
} krx_oci_image_manifest;

/* A manifest or an index of OCI, or Docker's schema 2. DATA_LOSS with `what` for anything else. */
int32_t krx_oci_image_manifest_read(krx_call *call, krx_arena *arena, const char *what,
                                    const char *text, size_t length, krx_oci_image_manifest *out);
/* An image's configuration: fills env to diff_ids, os to variant, created_ns. */
int32_t krx_oci_config_read(krx_call *call, krx_arena *arena, const char *what, const char *text,
                            size_t length, krx_oci_image *out);

/* "sha256:" and 64 hexadecimal digits in lower case. */
bool krx_oci_digest_valid(const char *digest);

/* ------------------------------------------------------------------------------------- platforms
 */

typedef struct krx_oci_platform {
    const char *os, *architecture, *variant; /* NULL: any */
} krx_oci_platform;

/* "linux/arm64/v8", "arm64"; NULL: this machine's. INVALID_ARGUMENT for what is none. */
int32_t krx_oci_platform_read(krx_call *call, krx_arena *arena, const char *text,
                              krx_oci_platform *out);
/* What is not said fits everything. */
bool krx_oci_platform_fits(const krx_oci_platform *wanted, const char *os, const char *architecture,
                           const char *variant);
/* "linux/arm64/v8" */
char *krx_oci_platform_text(krx_arena *arena, const krx_oci_platform *platform);

#endif
