# SPDX-License-Identifier: Apache-2.0
# libcore: the host as a convenience library, for libkranix and for the unit tests.
noinst_LTLIBRARIES += core/libcore.la
core_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
core_libcore_la_LIBADD = lib/base/libbase.la $(SQLITE_LIBS) $(DL_LIBS)
core_libcore_la_SOURCES = \
    core/allow.c core/allow.h \
    core/allow_edit.c core/allow_edit.h \
    core/allow_parse.c \
    core/descriptor.c core/descriptor.h \
    core/digest.c core/digest.h \
    core/kranix.h \
    core/loader.c core/loader.h \
    core/note.c core/note.h \
    core/plugins.c core/plugins.h \
    core/plugins_api.c \
    core/plugins_edit.c \
    core/settings.c \
    core/trust.c core/trust.h
