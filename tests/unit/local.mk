# SPDX-License-Identifier: Apache-2.0
# One line per unit test: UNIT_TESTS += tests/unit/test-x, then its _SOURCES and _LDADD.
# All of UNIT_TESTS, from here and from other fragments, are built and run where there is cmocka.
UNIT_TESTS =
UNIT_LIBS = lib/model/libmodel.la lib/base/libbase.la $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

# core: allow-list, trust, note, digest, loader, plugins
SANDBOX = tests/unit/sandbox.c tests/unit/sandbox.h
CORE_UNIT_LIBS = core/libcore.la $(UNIT_LIBS) $(SQLITE_LIBS) $(DL_LIBS)
UNIT_TESTS += \
    tests/unit/test-digest \
    tests/unit/test-trust
tests_unit_test_digest_SOURCES = tests/unit/test-digest.c $(SANDBOX)
tests_unit_test_digest_LDADD = $(CORE_UNIT_LIBS)
tests_unit_test_trust_SOURCES = tests/unit/test-trust.c $(SANDBOX)
tests_unit_test_trust_LDADD = $(CORE_UNIT_LIBS)

# core: dispatch, configuration, store, log, registry
HOST_UNIT_LIBS = core/libcore.la core/libpaths.la $(UNIT_LIBS) $(SQLITE_LIBS) $(DL_LIBS)
UNIT_TESTS += \
    tests/unit/test-dispatch
tests_unit_test_dispatch_SOURCES = tests/unit/test-dispatch.c tests/unit/fake_module.h
tests_unit_test_dispatch_LDADD = $(HOST_UNIT_LIBS)
