# SPDX-License-Identifier: Apache-2.0
# lib/replicas
REPLICAS_UNIT_LIBS = lib/replicas/libreplicas.la lib/json/libjson.la $(UNIT_LIBS)
UNIT_TESTS += \
    tests/unit/test-replicas-deploy \
    tests/unit/test-replicas-group \
    tests/unit/test-replicas-plan
tests_unit_test_replicas_deploy_SOURCES = tests/unit/test-replicas-deploy.c
tests_unit_test_replicas_deploy_LDADD = $(REPLICAS_UNIT_LIBS)
tests_unit_test_replicas_group_SOURCES = tests/unit/test-replicas-group.c
tests_unit_test_replicas_group_LDADD = $(REPLICAS_UNIT_LIBS)
tests_unit_test_replicas_plan_SOURCES = tests/unit/test-replicas-plan.c
tests_unit_test_replicas_plan_LDADD = $(REPLICAS_UNIT_LIBS)
