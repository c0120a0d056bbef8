# SPDX-License-Identifier: Apache-2.0
# modules/kubernetes
if BUILD_KUBERNETES
KUBERNETES_UNIT_LIBS = modules/kubernetes/libkubernetesmodule.la $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test-kube-pods
tests_unit_test_kube_pods_SOURCES = tests/unit/test-kube-pods.c
tests_unit_test_kube_pods_LDADD = $(KUBERNETES_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kubernetes-clean tests/unit/test-kubernetes-objects
tests_unit_test_kubernetes_clean_SOURCES = tests/unit/test-kubernetes-clean.c
tests_unit_test_kubernetes_clean_LDADD = $(KUBERNETES_UNIT_LIBS)
tests_unit_test_kubernetes_objects_SOURCES = tests/unit/test-kubernetes-objects.c
tests_unit_test_kubernetes_objects_CPPFLAGS = $(AM_CPPFLAGS) \
    -DKRX_GOLDEN='"$(abs_top_srcdir)/tests/unit/golden/kubernetes"'
tests_unit_test_kubernetes_objects_LDADD = $(KUBERNETES_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kubernetes-nodes
tests_unit_test_kubernetes_nodes_SOURCES = tests/unit/test-kubernetes-nodes.c
tests_unit_test_kubernetes_nodes_LDADD = $(KUBERNETES_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kubernetes-rollout
tests_unit_test_kubernetes_rollout_SOURCES = tests/unit/test-kubernetes-rollout.c
tests_unit_test_kubernetes_rollout_LDADD = $(KUBERNETES_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kube-log-lines
tests_unit_test_kube_log_lines_SOURCES = tests/unit/test-kube-log-lines.c
tests_unit_test_kube_log_lines_LDADD = $(KUBERNETES_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kubernetes-setup
tests_unit_test_kubernetes_setup_SOURCES = tests/unit/test-kubernetes-setup.c \
    tests/unit/kube_served.h
tests_unit_test_kubernetes_setup_LDADD = tests/fake/libfake.la $(KUBERNETES_UNIT_LIBS)
UNIT_TESTS += tests/unit/test-kube-view
tests_unit_test_kube_view_SOURCES = tests/unit/test-kube-view.c
tests_unit_test_kube_view_LDADD = $(KUBERNETES_UNIT_LIBS)
endif
EXTRA_DIST += tests/unit/golden
