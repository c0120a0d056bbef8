# SPDX-License-Identifier: Apache-2.0
# One line per unit test: UNIT_TESTS += tests/unit/test-x, then its _SOURCES and _LDADD.
UNIT_TESTS =
UNIT_LIBS = lib/model/libmodel.la lib/base/libbase.la $(CMOCKA_LIBS)
