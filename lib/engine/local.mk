# SPDX-License-Identifier: Apache-2.0
# Users link lib/model/libmodel.la, lib/logs/liblogs.la, lib/http/libhttp.la, lib/json/libjson.la and
# lib/base/libbase.la as well.
if HAVE_CURL
noinst_LTLIBRARIES += lib/engine/libengine.la
lib_engine_libengine_la_SOURCES = \
    lib/engine/answer.c \
    lib/engine/client.c \
    lib/engine/context.c \
    lib/engine/credentials.c \
    lib/engine/engine.h \
    lib/engine/find.c \
    lib/engine/frames.c \
    lib/engine/internal.h \
    lib/engine/lines.c \
    lib/engine/messages.c \
    lib/engine/session.c \
    lib/engine/stream.c
lib_engine_libengine_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
lib_engine_libengine_la_LIBADD = $(CJSON_LIBS)
endif
