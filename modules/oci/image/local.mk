# SPDX-License-Identifier: Apache-2.0
modules_oci_libocikeeper_la_SOURCES += \
    modules/oci/image/cage.c \
    modules/oci/image/unpack.c modules/oci/image/unpack.h \
    modules/oci/image/unpack_entry.c modules/oci/image/unpack_entry.h \
    modules/oci/image/unpack_place.c \
    modules/oci/image/unpack_verb.c \
    modules/oci/image/whiteout.c
