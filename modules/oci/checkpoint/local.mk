# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/checkpoint/adopt.c \
    modules/oci/checkpoint/checkpoint.c modules/oci/checkpoint/checkpoint.h \
    modules/oci/checkpoint/criu.c modules/oci/checkpoint/criu.h \
    modules/oci/checkpoint/files.c \
    modules/oci/checkpoint/freeze.c \
    modules/oci/checkpoint/gather.c \
    modules/oci/checkpoint/gpu.c \
    modules/oci/checkpoint/host.c \
    modules/oci/checkpoint/list.c \
    modules/oci/checkpoint/manifest.c modules/oci/checkpoint/manifest.h \
    modules/oci/checkpoint/podman.c modules/oci/checkpoint/podman.h \
    modules/oci/checkpoint/podman_check.c \
    modules/oci/checkpoint/podman_spec.c \
    modules/oci/checkpoint/portable.c modules/oci/checkpoint/portable.h \
    modules/oci/checkpoint/reason.c \
    modules/oci/checkpoint/restore.c \
    modules/oci/checkpoint/saved.c modules/oci/checkpoint/saved.h \
    modules/oci/checkpoint/thaw.c
