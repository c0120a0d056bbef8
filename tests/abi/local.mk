# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/abi/test-abi
tests_abi_test_abi_SOURCES = tests/abi/test-abi.c tests/abi/layout.inc
tests_abi_test_abi_LDADD = lib/model/libmodel.la lib/base/libbase.la
TESTS += tests/abi/test-abi tests/abi/layout-fresh.sh
EXTRA_DIST += tests/abi/layout.sh tests/abi/layout-fresh.sh
