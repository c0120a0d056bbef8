# SPDX-License-Identifier: Apache-2.0
# Users link lib/json/libjson.la, lib/model/libmodel.la and lib/base/libbase.la as well.
noinst_LTLIBRARIES += lib/replicas/libreplicas.la
lib_replicas_libreplicas_la_SOURCES = \
    lib/replicas/announce.c \
    lib/replicas/deploy.c lib/replicas/deploy.h lib/replicas/internal.h \
    lib/replicas/execute.c \
    lib/replicas/group.c \
    lib/replicas/labels.c \
    lib/replicas/names.c lib/replicas/names.h \
    lib/replicas/plan.c lib/replicas/plan.h \
    lib/replicas/replace.c \
    lib/replicas/replica.c lib/replicas/replica.h \
    lib/replicas/rules.c
lib_replicas_libreplicas_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
