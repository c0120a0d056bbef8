# SPDX-License-Identifier: Apache-2.0
# Users link lib/base/libbase.la as well.
noinst_LTLIBRARIES += lib/logs/liblogs.la
lib_logs_liblogs_la_SOURCES = \
    lib/logs/lines.c lib/logs/lines.h \
    lib/logs/queue.c lib/logs/queue.h
