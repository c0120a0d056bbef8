# SPDX-License-Identifier: Apache-2.0
# One line per unit test: UNIT_TESTS += tests/unit/test-x, then its _SOURCES and _LDADD.
# All of UNIT_TESTS, from here and from other fragments, are built and run where there is cmocka.
UNIT_TESTS =
UNIT_LIBS = lib/model/libmodel.la lib/base/libbase.la $(CMOCKA_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

include tests/unit/loader.mk

# core: dispatch, configuration, store, log, registry
HOST_UNIT_LIBS = core/libcore.la core/libpaths.la $(UNIT_LIBS) $(SQLITE_LIBS) $(DL_LIBS)
UNIT_TESTS += \
    tests/unit/test-dispatch
tests_unit_test_dispatch_SOURCES = tests/unit/test-dispatch.c tests/unit/fake_module.h
tests_unit_test_dispatch_LDADD = $(HOST_UNIT_LIBS)

include tests/unit/engine.mk
