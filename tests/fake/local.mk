# SPDX-License-Identifier: Apache-2.0
check_LTLIBRARIES += tests/fake/libfake.la
tests_fake_libfake_la_SOURCES = \
    tests/fake/fake.c tests/fake/fake.h \
    tests/fake/script.c tests/fake/script.h lib/kube/session/websocket_key.c

check_PROGRAMS += tests/fake/fake-engine
tests_fake_fake_engine_SOURCES = tests/fake/fake-engine.c
tests_fake_fake_engine_LDADD = tests/fake/libfake.la lib/base/libbase.la
EXTRA_DIST += tests/fake/README.md
