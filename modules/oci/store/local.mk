# SPDX-License-Identifier: Apache-2.0
modules_oci_libocishared_la_SOURCES += \
    modules/oci/store/container.c modules/oci/store/container.h \
    modules/oci/store/events.c modules/oci/store/events.h \
    modules/oci/store/fields.c modules/oci/store/fields.h \
    modules/oci/store/files.c \
    modules/oci/store/launch.c modules/oci/store/launch.h \
    modules/oci/store/lock.c modules/oci/store/lock.h \
    modules/oci/store/paths.c modules/oci/store/paths.h \
    modules/oci/store/process.c \
    modules/oci/store/tree.c modules/oci/store/tree.h
