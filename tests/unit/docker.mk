# SPDX-License-Identifier: Apache-2.0
# modules/docker
if BUILD_DOCKER
DOCKER_UNIT_LIBS = modules/docker/libdockermodule.la $(CMOCKA_LIBS)
UNIT_TESTS += \
    tests/unit/test-docker-deploy \
    tests/unit/test-docker-figures \
    tests/unit/test-docker-follow \
    tests/unit/test-docker-limits \
    tests/unit/test-docker-mapping \
    tests/unit/test-docker-state
tests_unit_test_docker_deploy_SOURCES = tests/unit/test-docker-deploy.c tests/unit/served.h
tests_unit_test_docker_deploy_LDADD = tests/fake/libfake.la $(DOCKER_UNIT_LIBS)
tests_unit_test_docker_figures_SOURCES = tests/unit/test-docker-figures.c
tests_unit_test_docker_figures_LDADD = $(DOCKER_UNIT_LIBS)
tests_unit_test_docker_follow_SOURCES = tests/unit/test-docker-follow.c tests/unit/served.h
tests_unit_test_docker_follow_LDADD = tests/fake/libfake.la $(DOCKER_UNIT_LIBS)
tests_unit_test_docker_mapping_SOURCES = tests/unit/test-docker-mapping.c
tests_unit_test_docker_mapping_LDADD = $(DOCKER_UNIT_LIBS)
tests_unit_test_docker_limits_SOURCES = tests/unit/test-docker-limits.c
tests_unit_test_docker_limits_LDADD = $(DOCKER_UNIT_LIBS)
tests_unit_test_docker_state_SOURCES = tests/unit/test-docker-state.c
tests_unit_test_docker_state_LDADD = $(DOCKER_UNIT_LIBS)
endif
