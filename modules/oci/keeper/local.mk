# SPDX-License-Identifier: Apache-2.0
modules_oci_libocikeeper_la_SOURCES += \
    modules/oci/keeper/again.c \
    modules/oci/keeper/begin.c \
    modules/oci/keeper/cgroup.c modules/oci/keeper/cgroup.h \
    modules/oci/keeper/cgroup_clean.c \
    modules/oci/keeper/cgroup_warm.c \
    modules/oci/keeper/conmon.c modules/oci/keeper/conmon.h \
    modules/oci/keeper/conmon_options.c \
    modules/oci/keeper/connect.c \
    modules/oci/keeper/copy.c \
    modules/oci/keeper/dial.c modules/oci/keeper/dial.h \
    modules/oci/keeper/exited.c \
    modules/oci/keeper/job.c modules/oci/keeper/job.h \
    modules/oci/keeper/keeper.h \
    modules/oci/keeper/life.h \
    modules/oci/keeper/net_verbs.c \
    modules/oci/keeper/policy.c modules/oci/keeper/policy.h \
    modules/oci/keeper/probe.c modules/oci/keeper/probe.h \
    modules/oci/keeper/probe_check.c \
    modules/oci/keeper/probe_state.c \
    modules/oci/keeper/prober.c modules/oci/keeper/prober.h \
    modules/oci/keeper/reap.c \
    modules/oci/keeper/revive.c \
    modules/oci/keeper/rootfs.c modules/oci/keeper/rootfs.h \
    modules/oci/keeper/run.c \
    modules/oci/keeper/seed.c \
    modules/oci/keeper/settle.c \
    modules/oci/keeper/start.c \
    modules/oci/keeper/streams.c modules/oci/keeper/streams.h \
    modules/oci/keeper/userns.c modules/oci/keeper/userns.h \
    modules/oci/keeper/verbs.h
