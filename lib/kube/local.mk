# SPDX-License-Identifier: Apache-2.0
# Users link lib/http/libhttp.la, lib/json/libjson.la, lib/model/libmodel.la and lib/base/libbase.la
# as well.
if HAVE_KUBE
noinst_LTLIBRARIES += lib/kube/libkube.la
lib_kube_libkube_la_SOURCES = \
    lib/kube/config/cluster.c \
    lib/kube/config/config.c lib/kube/config/config.h \
    lib/kube/config/exec.c \
    lib/kube/config/fields.c \
    lib/kube/config/file.c \
    lib/kube/config/in_cluster.c \
    lib/kube/config/read.h \
    lib/kube/config/user.c \
    lib/kube/auth/auth.c lib/kube/auth/auth.h \
    lib/kube/auth/certificate.c \
    lib/kube/auth/exec_credential.c lib/kube/auth/exec_credential.h \
    lib/kube/auth/internal.h \
    lib/kube/session/carrier.h \
    lib/kube/session/connect.c lib/kube/session/connect.h \
    lib/kube/session/pump.c lib/kube/session/pump.h \
    lib/kube/session/spdy.c lib/kube/session/spdy.h lib/kube/session/spdy_state.h \
    lib/kube/session/spdy_frames.c lib/kube/session/spdy_frames.h \
    lib/kube/session/spdy_headers.c lib/kube/session/spdy_headers.h \
    lib/kube/session/spdy_receive.c lib/kube/session/spdy_receive.h \
    lib/kube/session/spdy_send.c lib/kube/session/spdy_send.h \
    lib/kube/session/stream.c lib/kube/session/stream.h \
    lib/kube/session/upgrade.c lib/kube/session/upgrade.h \
    lib/kube/session/websocket.c lib/kube/session/websocket.h \
    lib/kube/session/websocket_key.c \
    lib/kube/apply.c \
    lib/kube/call.c \
    lib/kube/client.c \
    lib/kube/discovery.c \
    lib/kube/edit.c \
    lib/kube/errors.c \
    lib/kube/internal.h \
    lib/kube/exchange.c \
    lib/kube/kinds.c lib/kube/kinds.h \
    lib/kube/kube.h \
    lib/kube/list.c \
    lib/kube/log.c \
    lib/kube/merge.c \
    lib/kube/objects.c \
    lib/kube/path.c \
    lib/kube/watch.c
lib_kube_libkube_la_CFLAGS = $(AM_CFLAGS) $(CJSON_CFLAGS) $(ZLIB_CFLAGS)
lib_kube_libkube_la_LIBADD = $(CJSON_LIBS) $(WSLAY_LIBS) $(ZLIB_LIBS)
endif
