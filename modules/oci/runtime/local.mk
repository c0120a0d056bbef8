# SPDX-License-Identifier: Apache-2.0
modules_oci_libocishared_la_SOURCES += \
    modules/oci/runtime/argv.c \
    modules/oci/runtime/cache.c \
    modules/oci/runtime/capture.c modules/oci/runtime/capture.h \
    modules/oci/runtime/cgroups.c \
    modules/oci/runtime/choose.c \
    modules/oci/runtime/errors.c modules/oci/runtime/errors.h \
    modules/oci/runtime/filter.c modules/oci/runtime/filter.h \
    modules/oci/runtime/flags.c \
    modules/oci/runtime/judge.c \
    modules/oci/runtime/keeper.c \
    modules/oci/runtime/probe.c \
    modules/oci/runtime/run.c \
    modules/oci/runtime/runtime.h \
    modules/oci/runtime/signal.c \
    modules/oci/runtime/table.c modules/oci/runtime/table.h
