/* SPDX-License-Identifier: Apache-2.0 */
/* How an image is named: a reference of a registry, or files of this machine. */
#ifndef KRX_MODEL_IMAGE_H
#define KRX_MODEL_IMAGE_H

#include <kranix/call.h>

#include "lib/base/cleanup.h"

/* "[host[:port]/]path[:tag][@digest]", docker.io and library/ filled in. All malloc'd. */
typedef struct krx_image_ref {
    char *registry;   /* "docker.io", "localhost:5000" */
    char *repository; /* "library/busybox" */
    char *tag;        /* "latest" when neither tag nor digest was given; NULL with a digest alone */
    char *digest;     /* "sha256:..." or NULL */
    char *name;       /* what an engine takes as image name: as given, without tag and digest */
} krx_image_ref;

int32_t krx_image_ref_parse(krx_call *call, const char *text, krx_image_ref *out);
void krx_image_ref_free(krx_image_ref *ref);
#define krx_auto_image_ref KRX_CLEANUP(krx_image_ref_free)

enum {
    KRX_IMAGE_REFERENCE = 1,  /* nginx:1.27 */
    KRX_IMAGE_LAYOUT,         /* oci:/path[:tag] */
    KRX_IMAGE_DOCKER_ARCHIVE, /* docker-archive:/path.tar[:reference] */
    KRX_IMAGE_OCI_ARCHIVE,    /* oci-archive:/path.tar[:tag] */
    KRX_IMAGE_FOLDER          /* rootfs:/path */
};

/* The parts of a form that names files. They point into the text. */
typedef struct krx_image_form {
    int kind; /* KRX_IMAGE_* */
    const char *path;
    size_t path_length;
    const char *inside; /* which image in there, or NULL */
} krx_image_form;

/* NULL, or what would be allowed. A reference is not looked at. */
const char *krx_image_form_read(const char *text, krx_image_form *out);

#endif
