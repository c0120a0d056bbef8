# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/containers/actions.c \
    modules/oci/containers/await.c \
    modules/oci/containers/event_file.c modules/oci/containers/event_file.h \
    modules/oci/containers/events.c \
    modules/oci/containers/follow.c \
    modules/oci/containers/foreign.c \
    modules/oci/containers/inspect.c \
    modules/oci/containers/lifecycle.c modules/oci/containers/lifecycle.h \
    modules/oci/containers/line_file.c modules/oci/containers/line_file.h \
    modules/oci/containers/log_file.c modules/oci/containers/log_file.h \
    modules/oci/containers/logs.c modules/oci/containers/logs.h \
    modules/oci/containers/signals.c \
    modules/oci/containers/status.c modules/oci/containers/status.h \
    modules/oci/containers/watch.c modules/oci/containers/watch.h
