# SPDX-License-Identifier: Apache-2.0
if HAVE_CURL
noinst_LTLIBRARIES += lib/http/libhttp.la
lib_http_libhttp_la_SOURCES = \
    lib/http/client.c \
    lib/http/errors.c \
    lib/http/http.h \
    lib/http/internal.h \
    lib/http/lane.c \
    lib/http/request.c \
    lib/http/stream.c \
    lib/http/url.c
lib_http_libhttp_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
lib_http_libhttp_la_LIBADD = $(CURL_LIBS)
endif
