# SPDX-License-Identifier: Apache-2.0
noinst_LTLIBRARIES += lib/json/libjson.la
lib_json_libjson_la_SOURCES = \
    lib/json/items.c lib/json/items.h \
    lib/json/items_machine.h lib/json/items_values.c \
    lib/json/json.c lib/json/json.h \
    lib/json/keep.c lib/json/keep.h \
    lib/json/maker.c
lib_json_libjson_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS)
lib_json_libjson_la_LIBADD = $(CJSON_LIBS) -lm
