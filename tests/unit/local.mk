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
include tests/unit/model.mk

include tests/unit/host.mk
include tests/unit/engine.mk
include tests/unit/replicas.mk
include tests/unit/docker.mk
include tests/unit/oci.mk
include tests/unit/kubernetes.mk
include tests/unit/kube.mk
