# SPDX-License-Identifier: Apache-2.0
# modules/oci: one paragraph per test
if BUILD_OCI
UNIT_TESTS += tests/unit/test-oci-keeper
tests_unit_test_oci_keeper_SOURCES = tests/unit/test-oci-keeper.c
tests_unit_test_oci_keeper_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_keeper_LDADD = modules/oci/libocikeeper.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-store
tests_unit_test_oci_store_SOURCES = tests/unit/test-oci-store.c
tests_unit_test_oci_store_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_store_LDADD = modules/oci/libocishared.la $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test-oci-tree
tests_unit_test_oci_tree_SOURCES = tests/unit/test-oci-tree.c
tests_unit_test_oci_tree_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_tree_LDADD = modules/oci/libocishared.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-checkpoint
tests_unit_test_oci_checkpoint_SOURCES = tests/unit/test-oci-checkpoint.c
tests_unit_test_oci_checkpoint_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_checkpoint_LDADD = modules/oci/libocimodule.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-archive
tests_unit_test_oci_archive_SOURCES = tests/unit/test-oci-archive.c
tests_unit_test_oci_archive_CPPFLAGS = $(AM_CPPFLAGS) $(ARCHIVE_CFLAGS)
tests_unit_test_oci_archive_LDADD = modules/oci/libocikeeper.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-bundle
tests_unit_test_oci_bundle_SOURCES = tests/unit/test-oci-bundle.c tests/unit/oci_folder.h
tests_unit_test_oci_bundle_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_bundle_LDADD = modules/oci/libocimodule.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-users
tests_unit_test_oci_users_SOURCES = tests/unit/test-oci-users.c tests/unit/oci_folder.h
tests_unit_test_oci_users_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_users_LDADD = modules/oci/libocimodule.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-runtime
tests_unit_test_oci_runtime_SOURCES = tests/unit/test-oci-runtime.c tests/unit/oci_folder.h
tests_unit_test_oci_runtime_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_runtime_LDADD = modules/oci/libocishared.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-cgroup tests/unit/test-oci-logs
tests_unit_test_oci_cgroup_SOURCES = tests/unit/test-oci-cgroup.c
tests_unit_test_oci_cgroup_LDADD = modules/oci/libocimodule.la $(CMOCKA_LIBS)
tests_unit_test_oci_logs_SOURCES = tests/unit/test-oci-logs.c
tests_unit_test_oci_logs_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_logs_LDADD = modules/oci/libocimodule.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-net tests/unit/test-oci-plugins
tests_unit_test_oci_net_SOURCES = tests/unit/test-oci-net.c
tests_unit_test_oci_net_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_net_LDADD = modules/oci/libocikeeper.la $(CMOCKA_LIBS)
tests_unit_test_oci_plugins_SOURCES = tests/unit/test-oci-plugins.c tests/unit/oci_folder.h
tests_unit_test_oci_plugins_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_plugins_LDADD = modules/oci/libocikeeper.la $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test-oci-deploy
tests_unit_test_oci_deploy_SOURCES = tests/unit/test-oci-deploy.c tests/unit/oci_folder.h
tests_unit_test_oci_deploy_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_deploy_LDADD = modules/oci/libocimodule.la $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-unpack
tests_unit_test_oci_unpack_SOURCES = tests/unit/test-oci-unpack.c tests/unit/oci_folder.h
tests_unit_test_oci_unpack_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) $(ARCHIVE_CFLAGS)
tests_unit_test_oci_unpack_LDADD = modules/oci/libocikeeper.la $(ARCHIVE_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/test-oci-image
tests_unit_test_oci_image_SOURCES = tests/unit/test-oci-image.c tests/unit/oci_folder.h
tests_unit_test_oci_image_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS)
tests_unit_test_oci_image_LDADD = modules/oci/libocimodule.la $(CMOCKA_LIBS)
endif
