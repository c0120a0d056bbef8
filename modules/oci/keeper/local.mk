# SPDX-License-Identifier: Apache-2.0
modules_oci_libocikeeper_la_SOURCES += modules/oci/keeper/verbs.h
modules_oci_libocikeeper_la_SOURCES += \
    modules/oci/keeper/archive.c modules/oci/keeper/archive.h \
    modules/oci/keeper/archive_verbs.c \
    modules/oci/keeper/changes.c
