# SPDX-License-Identifier: Apache-2.0
# core: dispatch, configuration, store, log, registry
HOST_UNIT_LIBS = core/libcore.la core/libpaths.la $(UNIT_LIBS) $(SQLITE_LIBS) $(DL_LIBS)
UNIT_TESTS += \
    tests/unit/test-config \
    tests/unit/test-dispatch \
    tests/unit/test-dispatch-limits \
    tests/unit/test-health \
    tests/unit/test-log \
    tests/unit/test-ops \
    tests/unit/test-registry \
    tests/unit/test-store
tests_unit_test_config_SOURCES = tests/unit/test-config.c $(SANDBOX)
tests_unit_test_config_LDADD = $(HOST_UNIT_LIBS)
FAKE_MODULE = tests/unit/fake_module.c tests/unit/fake_module.h
tests_unit_test_dispatch_SOURCES = tests/unit/test-dispatch.c $(FAKE_MODULE)
tests_unit_test_dispatch_limits_SOURCES = tests/unit/test-dispatch-limits.c $(FAKE_MODULE)
tests_unit_test_dispatch_limits_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_dispatch_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_health_SOURCES = tests/unit/test-health.c
tests_unit_test_health_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_log_SOURCES = tests/unit/test-log.c
tests_unit_test_log_LDADD = $(HOST_UNIT_LIBS) $(CJSON_LIBS)
tests_unit_test_ops_SOURCES = tests/unit/test-ops.c
tests_unit_test_ops_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_store_SOURCES = tests/unit/test-store.c $(SANDBOX)
tests_unit_test_store_LDADD = $(HOST_UNIT_LIBS)
tests_unit_test_registry_SOURCES = tests/unit/test-registry.c $(SANDBOX)
tests_unit_test_registry_LDADD = $(HOST_UNIT_LIBS)

# One module under two names, for test-registry.
if HAVE_CMOCKA
check_LTLIBRARIES += tests/unit/mod_docker.la tests/unit/mod_podman.la
endif
TEST_MODULE_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_unit_mod_docker_la_SOURCES = tests/unit/backend_module.c
tests_unit_mod_docker_la_CPPFLAGS = $(AM_CPPFLAGS) -DIDENT=docker -DNAME='"docker"'
tests_unit_mod_docker_la_LDFLAGS = $(AM_LDFLAGS) $(TEST_MODULE_LDFLAGS)
tests_unit_mod_podman_la_SOURCES = tests/unit/backend_module.c
tests_unit_mod_podman_la_CPPFLAGS = $(AM_CPPFLAGS) -DIDENT=podman -DNAME='"podman"'
tests_unit_mod_podman_la_LDFLAGS = $(AM_LDFLAGS) $(TEST_MODULE_LDFLAGS)
