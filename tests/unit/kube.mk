# SPDX-License-Identifier: Apache-2.0
# lib/json and lib/kube
UNIT_TESTS += tests/unit/test-json-items
tests_unit_test_json_items_SOURCES = tests/unit/test-json-items.c
tests_unit_test_json_items_LDADD = lib/json/libjson.la lib/base/libbase.la $(CMOCKA_LIBS)

if HAVE_KUBE
KUBE_UNIT_LIBS = tests/fake/libfake.la lib/kube/libkube.la lib/http/libhttp.la \
    lib/json/libjson.la lib/model/libmodel.la lib/base/libbase.la $(CMOCKA_LIBS)
UNIT_TESTS += \
    tests/unit/test-kube-calls \
    tests/unit/test-kube-lists \
    tests/unit/test-kube-writing
tests_unit_test_kube_calls_SOURCES = tests/unit/test-kube-calls.c tests/unit/kube_served.h
tests_unit_test_kube_calls_LDADD = $(KUBE_UNIT_LIBS)
tests_unit_test_kube_lists_SOURCES = tests/unit/test-kube-lists.c tests/unit/kube_served.h
tests_unit_test_kube_lists_LDADD = $(KUBE_UNIT_LIBS)
tests_unit_test_kube_writing_SOURCES = tests/unit/test-kube-writing.c tests/unit/kube_served.h
tests_unit_test_kube_writing_LDADD = $(KUBE_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kube-config
tests_unit_test_kube_config_SOURCES = tests/unit/test-kube-config.c tests/unit/kube_folder.h
tests_unit_test_kube_config_LDADD = $(KUBE_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kube-auth
tests_unit_test_kube_auth_SOURCES = tests/unit/test-kube-auth.c tests/unit/kube_folder.h
tests_unit_test_kube_auth_LDADD = $(KUBE_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kube-sessions
tests_unit_test_kube_sessions_SOURCES = tests/unit/test-kube-sessions.c tests/unit/kube_served.h \
    tests/unit/session_peer.h tests/unit/websocket_peer.h
tests_unit_test_kube_sessions_LDADD = $(KUBE_UNIT_LIBS) -lpthread
UNIT_TESTS += tests/unit/test-kube-spdy tests/unit/test-kube-spdy-headers
tests_unit_test_kube_spdy_headers_SOURCES = tests/unit/test-kube-spdy-headers.c
tests_unit_test_kube_spdy_headers_LDADD = $(KUBE_UNIT_LIBS) $(ZLIB_LIBS)
tests_unit_test_kube_spdy_SOURCES = tests/unit/test-kube-spdy.c tests/unit/kube_served.h \
    tests/unit/session_peer.h tests/unit/spdy_peer.h tests/unit/websocket_peer.h
tests_unit_test_kube_spdy_LDADD = $(KUBE_UNIT_LIBS) $(ZLIB_LIBS) -lpthread
endif
