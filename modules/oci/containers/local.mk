# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/containers/actions.c \
    modules/oci/containers/await.c \
    modules/oci/containers/foreign.c \
    modules/oci/containers/inspect.c \
    modules/oci/containers/lifecycle.c modules/oci/containers/lifecycle.h \
    modules/oci/containers/signals.c \
    modules/oci/containers/status.c modules/oci/containers/status.h
