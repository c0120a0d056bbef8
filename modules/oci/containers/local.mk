# SPDX-License-Identifier: Apache-2.0
modules_oci_libocimodule_la_SOURCES += \
    modules/oci/containers/actions.c \
    modules/oci/containers/attach.c \
    modules/oci/containers/attach_frames.h \
    modules/oci/containers/await.c \
    modules/oci/containers/cgroup.c modules/oci/containers/cgroup.h \
    modules/oci/containers/event_file.c modules/oci/containers/event_file.h \
    modules/oci/containers/events.c \
    modules/oci/containers/exec.c \
    modules/oci/containers/follow.c \
    modules/oci/containers/foreign.c \
    modules/oci/containers/forward.c \
    modules/oci/containers/inside.c modules/oci/containers/inside.h \
    modules/oci/containers/inspect.c \
    modules/oci/containers/lifecycle.c modules/oci/containers/lifecycle.h \
    modules/oci/containers/line_file.c modules/oci/containers/line_file.h \
    modules/oci/containers/log_file.c modules/oci/containers/log_file.h \
    modules/oci/containers/log_out.c \
    modules/oci/containers/logs.c modules/oci/containers/logs.h \
    modules/oci/containers/ops.c \
    modules/oci/containers/session.c modules/oci/containers/session.h \
    modules/oci/containers/stats.c modules/oci/containers/stats.h \
    modules/oci/containers/status.c modules/oci/containers/status.h \
    modules/oci/containers/terminal.c \
    modules/oci/containers/watch.c modules/oci/containers/watch.h
