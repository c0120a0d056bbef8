# SPDX-License-Identifier: Apache-2.0
noinst_LTLIBRARIES += lib/base/libbase.la
lib_base_libbase_la_SOURCES = \
    lib/base/arena.c lib/base/arena.h \
    lib/base/cleanup.h \
    lib/base/clock.c lib/base/clock.h \
    lib/base/fd.c lib/base/fd.h \
    lib/base/local_host.c lib/base/local_host.h \
    lib/base/parallel.c lib/base/parallel.h \
    lib/base/report.c lib/base/report.h \
    lib/base/side_call.c lib/base/side_call.h \
    lib/base/program.c lib/base/program.h \
    lib/base/secret.c lib/base/secret.h \
    lib/base/sha256.c lib/base/sha256.h \
    lib/base/str.c lib/base/str.h \
    lib/base/text.c lib/base/text.h \
    lib/base/units.c lib/base/units.h
