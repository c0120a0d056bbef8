# SPDX-License-Identifier: Apache-2.0
modules_oci_libocikeeper_la_SOURCES += \
    modules/oci/packer/archive.c modules/oci/packer/archive.h \
    modules/oci/packer/archive_verbs.c \
    modules/oci/packer/bandwidth.c \
    modules/oci/packer/changes.c \
    modules/oci/packer/packer.h
