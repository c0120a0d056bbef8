# SPDX-License-Identifier: Apache-2.0
# Tests that drive the installed programs against real servers.
#   make install && make functional      all of them beside one private engine and cluster (root)
#   make functional FUNCTIONAL_TESTS=... some of them
FUNCTIONAL_TESTS = \
    tests/functional/attach.sh \
    tests/functional/capabilities.sh \
    tests/functional/concurrent.sh \
    tests/functional/conformance.sh \
    tests/functional/deploy-hello.sh \
    tests/functional/dry-run.sh \
    tests/functional/engine-dies.sh \
    tests/functional/exec.sh \
    tests/functional/faults.sh \
    tests/functional/json-fields.sh \
    tests/functional/killed.sh \
    tests/functional/lifecycle.sh \
    tests/functional/logs.sh \
    tests/functional/mapping.sh \
    tests/functional/namespaces.sh \
    tests/functional/plugins.sh \
    tests/functional/ports.sh \
    tests/functional/probes.sh \
    tests/functional/refusals.sh \
    tests/functional/registry.sh \
    tests/functional/spec-mistakes.sh \
    tests/functional/tls.sh \
    tests/functional/update.sh \
    tests/functional/usage-mistakes.sh \
    tests/functional/volumes.sh \
    tests/functional/without-file.sh

FUNCTIONAL_TESTS += \
    tests/functional/kubernetes/auth.sh \
    tests/functional/kubernetes/checkpoint.sh \
    tests/functional/kubernetes/cluster.sh \
    tests/functional/kubernetes/conformance.sh \
    tests/functional/kubernetes/containers.sh \
    tests/functional/kubernetes/credentials.sh \
    tests/functional/kubernetes/cronjob.sh \
    tests/functional/kubernetes/deploy-web.sh \
    tests/functional/kubernetes/destroy.sh \
    tests/functional/kubernetes/drain.sh \
    tests/functional/kubernetes/dry-run.sh \
    tests/functional/kubernetes/events.sh \
    tests/functional/kubernetes/every-field.sh \
    tests/functional/kubernetes/example.sh \
    tests/functional/kubernetes/faults.sh \
    tests/functional/kubernetes/list.sh \
    tests/functional/kubernetes/logs-outage.sh \
    tests/functional/kubernetes/logs.sh \
    tests/functional/kubernetes/manifest.sh \
    tests/functional/kubernetes/namespaces.sh \
    tests/functional/kubernetes/outage.sh \
    tests/functional/kubernetes/rights.sh \
    tests/functional/kubernetes/rollback.sh \
    tests/functional/kubernetes/rollout-failure.sh \
    tests/functional/kubernetes/sessions.sh \
    tests/functional/kubernetes/stats.sh \
    tests/functional/kubernetes/switch.sh \
    tests/functional/kubernetes/update.sh \
    tests/functional/kubernetes/verbs.sh \
    tests/functional/kubernetes/volumes.sh

FUNCTIONAL_TESTS += \
    tests/functional/oci/attach.sh \
    tests/functional/oci/bandwidth.sh \
    tests/functional/oci/bundle.sh \
    tests/functional/oci/capabilities.sh \
    tests/functional/oci/chaos.sh \
    tests/functional/oci/checkpoint-network.sh \
    tests/functional/oci/checkpoint.sh \
    tests/functional/oci/conformance-crun.sh \
    tests/functional/oci/conformance-rootless.sh \
    tests/functional/oci/conformance-runc.sh \
    tests/functional/oci/conformance-runsc.sh \
    tests/functional/oci/deploy-hello.sh \
    tests/functional/oci/deploy.sh \
    tests/functional/oci/events.sh \
    tests/functional/oci/exec.sh \
    tests/functional/oci/forward.sh \
    tests/functional/oci/images.sh \
    tests/functional/oci/lifecycle.sh \
    tests/functional/oci/logs.sh \
    tests/functional/oci/network.sh \
    tests/functional/oci/oom.sh \
    tests/functional/oci/podman-checkpoint.sh \
    tests/functional/oci/policy.sh \
    tests/functional/oci/ports-rootless.sh \
    tests/functional/oci/ports.sh \
    tests/functional/oci/probes-https.sh \
    tests/functional/oci/records.sh \
    tests/functional/oci/rootless.sh \
    tests/functional/oci/storage-rootless.sh \
    tests/functional/oci/storage.sh \
    tests/functional/oci/update.sh \
    tests/functional/oci/volumes-filled-rootless.sh \
    tests/functional/oci/volumes-filled.sh \
    tests/functional/oci/volumes.sh

EXTRA_DIST += tests/env/oci.sh tests/functional/oci/kit.sh
EXTRA_DIST += $(FUNCTIONAL_TESTS) tests/functional/functions.sh \
    tests/env/README.md tests/env/criu-build tests/env/criu.sh tests/env/env.sh \
    tests/env/kubernetes-build tests/env/kubernetes-control \
    tests/env/kubernetes-node tests/env/kubernetes.sh tests/env/leaks.sh tests/env/with-env

FUNCTIONAL_ENV = KRX_PREFIX='$(prefix)' KRX_BIN='$(bindir)/kranix' KRX_SYSCONFDIR='$(sysconfdir)' \
    KRX_MODULEDIR='$(moduledir)' KRX_SRCDIR='$(abs_top_srcdir)' KRX_BUILDDIR='$(abs_top_builddir)'

functional:
	also=; \
	case '$(FUNCTIONAL_TESTS)' in *functional/kubernetes/*) also=kubernetes ;; esac; \
	case '$(FUNCTIONAL_TESTS)' in *functional/oci/*) also="$${also:+$$also,}oci" ;; esac; \
	$(FUNCTIONAL_ENV) $(srcdir)/tests/env/with-env --also "$$also" $(MAKE) $(AM_MAKEFLAGS) functional-alone

# Each test starts servers of its own when none are there. Tests of the engine run one after the
# other, and after them those of the oci module; beside them those of the cluster, which mostly wait
# for kubelets.
FUNCTIONAL_JOBS = 2
FUNCTIONAL_TIMEOUT = 900
functional-alone: $(check_PROGRAMS) $(check_LTLIBRARIES)
	lane() { \
	    test $$# -gt 2 || return 0; \
	    log=functional-$$1.log jobs=$$2; \
	    shift 2; \
	    $(FUNCTIONAL_ENV) $(MAKE) $(AM_MAKEFLAGS) -j"$$jobs" check-TESTS TESTS="$$*" \
	        SH_LOG_COMPILER='timeout -k 30 $(FUNCTIONAL_TIMEOUT)' TEST_SUITE_LOG="$$log"; \
	}; \
	engine=; cluster=; oci=; \
	for t in $(FUNCTIONAL_TESTS); do \
	    case $$t in \
	    */oci/*) oci="$$oci $$t" ;; \
	    */kubernetes/*) cluster="$$cluster $$t" ;; \
	    *) engine="$$engine $$t" ;; \
	    esac; \
	done; \
	lane cluster $(FUNCTIONAL_JOBS) $$cluster & beside=$$!; \
	lane engine 1 $$engine; status=$$?; \
	lane oci 1 $$oci || status=1; \
	wait $$beside && exit $$status

CONFORMANCE_TESTS = tests/functional/conformance.sh tests/functional/kubernetes/conformance.sh \
    tests/functional/oci/conformance-crun.sh tests/functional/oci/conformance-rootless.sh

# The kit and the modules of the build tree (under sanitizers, if it was built so). What sanitizers
# say of helpers that nobody waits for counts, too.
conformance: all
	status=0; \
	reports=$$(mktemp -d /tmp/krx-reports-XXXXXX) && chmod 1777 "$$reports" || exit 1; \
	ASAN_OPTIONS="log_path=$$reports/report:$$ASAN_OPTIONS" \
	KRX_CONFORMANCE='$(abs_builddir)/programs/conformance/kranix-conformance' \
	KRX_CONFORMANCE_MODULE='$(abs_builddir)/stage/modules/kranix-module-docker.so' \
	KRX_CONFORMANCE_OCI='$(abs_builddir)/stage/modules/kranix-module-oci.so' \
	KRX_CONFORMANCE_KUBERNETES='$(abs_builddir)/stage/modules/kranix-module-kubernetes.so' \
	$(MAKE) $(AM_MAKEFLAGS) functional FUNCTIONAL_TESTS='$(CONFORMANCE_TESTS)' \
	    FUNCTIONAL_TIMEOUT=1800 || status=1; \
	find "$$reports" -type f | grep . >&2 && find "$$reports" -type f -exec cat {} + >&2 && status=1; \
	rm -rf "$$reports"; \
	exit $$status
.PHONY: functional functional-alone conformance
