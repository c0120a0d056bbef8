# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/deploy/bandwidth.c \
    modules/oci/deploy/change.h \
    modules/oci/deploy/deeds.c \
    modules/oci/deploy/deploy.c modules/oci/deploy/deploy.h \
    modules/oci/deploy/destroy.c \
    modules/oci/deploy/hash.c \
    modules/oci/deploy/look.c \
    modules/oci/deploy/make.c \
    modules/oci/deploy/record.c \
    modules/oci/deploy/revisions.c \
    modules/oci/deploy/update.c \
    modules/oci/deploy/volumes.c modules/oci/deploy/volumes.h
