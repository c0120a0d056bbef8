# SPDX-License-Identifier: Apache-2.0
# One line per unit test: UNIT_TESTS += tests/unit/test-x, then its _SOURCES and _LDADD.
# All of UNIT_TESTS, from here and from other fragments, are built and run where there is cmocka.
UNIT_TESTS =
UNIT_LIBS = lib/model/libmodel.la lib/base/libbase.la $(CMOCKA_LIBS)

# A run of a test has one folder for what it makes, which goes with it even when the test is killed.
LOG_COMPILER = $(top_srcdir)/tests/unit/in-folder
EXTRA_DIST += tests/unit/in-folder

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

include tests/unit/loader.mk
include tests/unit/model.mk

include tests/unit/host.mk
include tests/unit/engine.mk
include tests/unit/replicas.mk
include tests/unit/docker.mk
include tests/unit/oci.mk
include tests/unit/kubernetes.mk
include tests/unit/kube.mk
