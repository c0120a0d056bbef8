# SPDX-License-Identifier: Apache-2.0
if BUILD_KUBERNETES
noinst_LTLIBRARIES += modules/kubernetes/libkubernetesmodule.la
modules_kubernetes_libkubernetesmodule_la_SOURCES = \
    modules/kubernetes/about.c \
    modules/kubernetes/adapt.c \
    modules/kubernetes/affinity.c \
    modules/kubernetes/apply.c \
    modules/kubernetes/autoscaler.c \
    modules/kubernetes/backend.c modules/kubernetes/backend.h \
    modules/kubernetes/bandwidth.c \
    modules/kubernetes/build.h \
    modules/kubernetes/capabilities.c modules/kubernetes/capabilities.h \
    modules/kubernetes/changes.c \
    modules/kubernetes/checkpoint.c \
    modules/kubernetes/choose.c modules/kubernetes/choose.h \
    modules/kubernetes/claims.c \
    modules/kubernetes/clean.c modules/kubernetes/clean.h \
    modules/kubernetes/container.c \
    modules/kubernetes/cronjob.c \
    modules/kubernetes/deploy.c \
    modules/kubernetes/deploying.h \
    modules/kubernetes/deployment.c \
    modules/kubernetes/destroy.c \
    modules/kubernetes/drain.c modules/kubernetes/drain.h \
    modules/kubernetes/drain_evict.c \
    modules/kubernetes/drain_pods.c \
    modules/kubernetes/event_note.c modules/kubernetes/event_note.h \
    modules/kubernetes/event_queue.c modules/kubernetes/event_queue.h \
    modules/kubernetes/event_read.c modules/kubernetes/event_read.h \
    modules/kubernetes/events.c \
    modules/kubernetes/exec.c \
    modules/kubernetes/inspect.c \
    modules/kubernetes/keeper.c modules/kubernetes/keeper.h \
    modules/kubernetes/kill.c \
    modules/kubernetes/lifecycle.c \
    modules/kubernetes/list.c \
    modules/kubernetes/log_follow.c \
    modules/kubernetes/log_lines.c modules/kubernetes/log_lines.h \
    modules/kubernetes/logs.c modules/kubernetes/logs.h \
    modules/kubernetes/look.c \
    modules/kubernetes/manifest.c \
    modules/kubernetes/metadata.c \
    modules/kubernetes/metrics.c modules/kubernetes/metrics.h \
    modules/kubernetes/metrics_cache.c \
    modules/kubernetes/mounts.c \
    modules/kubernetes/names.c modules/kubernetes/names.h \
    modules/kubernetes/network_policy.c \
    modules/kubernetes/nodes.c modules/kubernetes/nodes.h \
    modules/kubernetes/objects.c modules/kubernetes/objects.h \
    modules/kubernetes/ops.h \
    modules/kubernetes/owner.c \
    modules/kubernetes/parts.c modules/kubernetes/parts.h \
    modules/kubernetes/placement.c \
    modules/kubernetes/pod_state.c \
    modules/kubernetes/pod_template.c \
    modules/kubernetes/pods.c modules/kubernetes/pods.h \
    modules/kubernetes/priority.c \
    modules/kubernetes/probes.c \
    modules/kubernetes/prune.c \
    modules/kubernetes/reason.c modules/kubernetes/reason.h \
    modules/kubernetes/records.c modules/kubernetes/records.h \
    modules/kubernetes/restart.c \
    modules/kubernetes/revisions.c \
    modules/kubernetes/rollout.c modules/kubernetes/rollout.h \
    modules/kubernetes/scale.c modules/kubernetes/scale.h \
    modules/kubernetes/service.c \
    modules/kubernetes/set_bandwidth.c \
    modules/kubernetes/settings.c modules/kubernetes/settings.h \
    modules/kubernetes/setup.c \
    modules/kubernetes/stats.c \
    modules/kubernetes/status.c modules/kubernetes/status.h \
    modules/kubernetes/syntax.c modules/kubernetes/syntax.h \
    modules/kubernetes/tolerations.c \
    modules/kubernetes/volumes.c
modules_kubernetes_libkubernetesmodule_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS)
modules_kubernetes_libkubernetesmodule_la_LIBADD = lib/kube/libkube.la lib/logs/liblogs.la lib/http/libhttp.la \
    lib/json/libjson.la lib/model/libmodel.la lib/base/libbase.la \
    $(CURL_LIBS) $(CJSON_LIBS) $(YAML_LIBS) -lm -lpthread

module_LTLIBRARIES += kranix-module-kubernetes.la
kranix_module_kubernetes_la_SOURCES = modules/kubernetes/module.c
kranix_module_kubernetes_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS)
kranix_module_kubernetes_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
    -export-symbols-regex '^krx_module_'
kranix_module_kubernetes_la_LIBADD = modules/kubernetes/libkubernetesmodule.la
endif
