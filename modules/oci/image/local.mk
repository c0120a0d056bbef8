# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/image/blobs.c \
    modules/oci/image/compose.c modules/oci/image/compose.h \
    modules/oci/image/fetch.c \
    modules/oci/image/here.c modules/oci/image/here.h \
    modules/oci/image/hold.c \
    modules/oci/image/image.h \
    modules/oci/image/images.c \
    modules/oci/image/import.c \
    modules/oci/image/index.c \
    modules/oci/image/layers.c modules/oci/image/layers.h \
    modules/oci/image/layout.c modules/oci/image/layout.h \
    modules/oci/image/manifest.c modules/oci/image/manifest.h \
    modules/oci/image/platform.c \
    modules/oci/image/push.c \
    modules/oci/image/skopeo.c modules/oci/image/skopeo.h \
    modules/oci/image/source.c modules/oci/image/source.h \
    modules/oci/image/tidy.c
