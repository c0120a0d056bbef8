# SPDX-License-Identifier: Apache-2.0
# core: dispatch, configuration, store, log, registry
HOST_UNIT_LIBS = core/libcore.la core/libpaths.la $(UNIT_LIBS) $(SQLITE_LIBS) $(DL_LIBS)
UNIT_TESTS += \
    tests/unit/test-config \
    tests/unit/test-dispatch \
    tests/unit/test-log \
    tests/unit/test-ops \
    tests/unit/test-store
tests_unit_test_config_SOURCES = tests/unit/test-config.c $(SANDBOX)
tests_unit_test_config_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_dispatch_SOURCES = tests/unit/test-dispatch.c tests/unit/fake_module.h
tests_unit_test_dispatch_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test-log.c
tests_unit_test_log_LDADD = $(HOST_UNIT_LIBS) $(CJSON_LIBS)
tests_unit_test_ops_SOURCES = tests/unit/test-ops.c
tests_unit_test_ops_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_store_SOURCES = tests/unit/test-store.c $(SANDBOX)
tests_unit_test_store_LDADD = $(HOST_UNIT_LIBS)
