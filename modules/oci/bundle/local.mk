# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/bundle/annotations.c \
    modules/oci/bundle/bundle.c modules/oci/bundle/bundle.h \
    modules/oci/bundle/caps.c modules/oci/bundle/caps.h \
    modules/oci/bundle/cdi.c modules/oci/bundle/cdi.h \
    modules/oci/bundle/cdi_edits.c modules/oci/bundle/cdi_edits.h \
    modules/oci/bundle/exec.c \
    modules/oci/bundle/layers.c modules/oci/bundle/layers.h \
    modules/oci/bundle/mounts.c \
    modules/oci/bundle/parts.h \
    modules/oci/bundle/process.c \
    modules/oci/bundle/resources.c \
    modules/oci/bundle/seccomp.c \
    modules/oci/bundle/seccomp_table.c modules/oci/bundle/seccomp_table.h \
    modules/oci/bundle/user.c
