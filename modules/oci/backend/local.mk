# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/backend/backend.c modules/oci/backend/backend.h \
    modules/oci/backend/groups.c \
    modules/oci/backend/rebuild.c \
    modules/oci/backend/records.c \
    modules/oci/backend/replica.c \
    modules/oci/backend/resolve.c \
    modules/oci/backend/revive.c \
    modules/oci/backend/signals.c
