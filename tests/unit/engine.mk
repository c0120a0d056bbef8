# SPDX-License-Identifier: Apache-2.0
# lib/http and lib/engine
if HAVE_CURL
HTTP_UNIT_LIBS = tests/fake/libfake.la lib/http/libhttp.la lib/base/libbase.la $(CMOCKA_LIBS)
ENGINE_UNIT_LIBS = lib/engine/libengine.la lib/model/libmodel.la lib/logs/liblogs.la lib/json/libjson.la $(HTTP_UNIT_LIBS)
UNIT_TESTS += \
    tests/unit/test-engine-calls \
    tests/unit/test-engine-credentials \
    tests/unit/test-engine-find \
    tests/unit/test-engine-reference \
    tests/unit/test-engine-streams \
    tests/unit/test-http
tests_unit_test_engine_calls_SOURCES = tests/unit/test-engine-calls.c tests/unit/served.h
tests_unit_test_engine_calls_LDADD = $(ENGINE_UNIT_LIBS)
tests_unit_test_engine_credentials_SOURCES = tests/unit/test-engine-credentials.c
tests_unit_test_engine_credentials_LDADD = $(ENGINE_UNIT_LIBS)
tests_unit_test_engine_find_SOURCES = tests/unit/test-engine-find.c
tests_unit_test_engine_find_LDADD = $(ENGINE_UNIT_LIBS)
tests_unit_test_engine_reference_SOURCES = tests/unit/test-engine-reference.c
tests_unit_test_engine_reference_LDADD = $(ENGINE_UNIT_LIBS)
tests_unit_test_engine_streams_SOURCES = tests/unit/test-engine-streams.c
tests_unit_test_engine_streams_LDADD = $(ENGINE_UNIT_LIBS)
tests_unit_test_http_SOURCES = tests/unit/test-http.c tests/unit/served.h
tests_unit_test_http_LDADD = $(HTTP_UNIT_LIBS)
endif
