# SPDX-License-Identifier: Apache-2.0
modules_oci_libocikeeper_la_SOURCES += \
    modules/oci/packer/archive.c modules/oci/packer/archive.h \
    modules/oci/packer/archive_verbs.c \
    modules/oci/packer/bandwidth.c \
    modules/oci/packer/cage.c \
    modules/oci/packer/changes.c \
    modules/oci/packer/erase.c \
    modules/oci/packer/owned.h \
    modules/oci/packer/packer.h \
    modules/oci/packer/unpack.c modules/oci/packer/unpack.h \
    modules/oci/packer/unpack_entry.c modules/oci/packer/unpack_entry.h \
    modules/oci/packer/unpack_fail.c \
    modules/oci/packer/unpack_place.c \
    modules/oci/packer/unpack_verb.c \
    modules/oci/packer/whiteout.c
