# SPDX-License-Identifier: Apache-2.0
if BUILD_KUBERNETES
noinst_LTLIBRARIES += modules/kubernetes/libkubernetesmodule.la
modules_kubernetes_libkubernetesmodule_la_SOURCES = \
    modules/kubernetes/about.c \
    modules/kubernetes/capabilities.c modules/kubernetes/capabilities.h \
    modules/kubernetes/settings.c modules/kubernetes/settings.h \
    modules/kubernetes/backend/backend.c modules/kubernetes/backend/backend.h \
    modules/kubernetes/backend/names.c modules/kubernetes/backend/names.h \
    modules/kubernetes/backend/ops.h \
    modules/kubernetes/events/events.c \
    modules/kubernetes/events/note.c modules/kubernetes/events/note.h \
    modules/kubernetes/events/queue.c modules/kubernetes/events/queue.h \
    modules/kubernetes/events/read.c modules/kubernetes/events/read.h \
    modules/kubernetes/objects/affinity.c \
    modules/kubernetes/objects/autoscaler.c \
    modules/kubernetes/objects/bandwidth.c \
    modules/kubernetes/objects/build.c modules/kubernetes/objects/build.h \
    modules/kubernetes/objects/claims.c \
    modules/kubernetes/objects/clean.c modules/kubernetes/objects/clean.h \
    modules/kubernetes/objects/container.c \
    modules/kubernetes/objects/cronjob.c \
    modules/kubernetes/objects/deployment.c \
    modules/kubernetes/objects/made.h \
    modules/kubernetes/objects/metadata.c \
    modules/kubernetes/objects/mounts.c \
    modules/kubernetes/objects/network_policy.c \
    modules/kubernetes/objects/objects.c modules/kubernetes/objects/objects.h \
    modules/kubernetes/objects/placement.c \
    modules/kubernetes/objects/pod_template.c \
    modules/kubernetes/objects/priority.c modules/kubernetes/objects/priority.h \
    modules/kubernetes/objects/probes.c \
    modules/kubernetes/objects/service.c \
    modules/kubernetes/objects/syntax.c modules/kubernetes/objects/syntax.h \
    modules/kubernetes/objects/tolerations.c \
    modules/kubernetes/pods/inspect.c \
    modules/kubernetes/pods/kind_word.c modules/kubernetes/pods/kind_word.h \
    modules/kubernetes/pods/metrics.c modules/kubernetes/pods/metrics.h \
    modules/kubernetes/pods/metrics_cache.c \
    modules/kubernetes/pods/owner.c \
    modules/kubernetes/pods/pod_state.c \
    modules/kubernetes/pods/pods.c modules/kubernetes/pods/pods.h \
    modules/kubernetes/pods/selector.c \
    modules/kubernetes/pods/stats.c \
    modules/kubernetes/status/list.c \
    modules/kubernetes/status/reason.c modules/kubernetes/status/reason.h \
    modules/kubernetes/status/rollout.c modules/kubernetes/status/rollout.h \
    modules/kubernetes/status/status.c modules/kubernetes/status/status.h \
    modules/kubernetes/nodes/drain.c modules/kubernetes/nodes/drain.h \
    modules/kubernetes/nodes/drain_evict.c \
    modules/kubernetes/nodes/drain_pods.c \
    modules/kubernetes/nodes/nodes.c modules/kubernetes/nodes/nodes.h \
    modules/kubernetes/logs/follow.c modules/kubernetes/logs/follow.h \
    modules/kubernetes/logs/follow_pods.c \
    modules/kubernetes/logs/follower.c \
    modules/kubernetes/logs/lines.c modules/kubernetes/logs/lines.h \
    modules/kubernetes/logs/logs.c modules/kubernetes/logs/logs.h \
    modules/kubernetes/sessions/choose.c modules/kubernetes/sessions/choose.h \
    modules/kubernetes/sessions/exec.c \
    modules/kubernetes/lifecycle/checkpoint.c \
    modules/kubernetes/lifecycle/keeper.c modules/kubernetes/lifecycle/keeper.h \
    modules/kubernetes/lifecycle/kill.c \
    modules/kubernetes/lifecycle/lifecycle.c \
    modules/kubernetes/lifecycle/records.c modules/kubernetes/lifecycle/records.h \
    modules/kubernetes/lifecycle/restart.c \
    modules/kubernetes/lifecycle/scale.c modules/kubernetes/lifecycle/scale.h \
    modules/kubernetes/deploy/adapt.c \
    modules/kubernetes/deploy/apply.c \
    modules/kubernetes/deploy/changes.c \
    modules/kubernetes/deploy/deploy.c \
    modules/kubernetes/deploy/deploying.c modules/kubernetes/deploy/deploying.h \
    modules/kubernetes/deploy/destroy.c \
    modules/kubernetes/deploy/look.c \
    modules/kubernetes/deploy/manifest.c \
    modules/kubernetes/deploy/parts.c modules/kubernetes/deploy/parts.h \
    modules/kubernetes/deploy/prune.c \
    modules/kubernetes/deploy/revisions.c \
    modules/kubernetes/deploy/set_bandwidth.c \
    modules/kubernetes/deploy/setup.c \
    modules/kubernetes/deploy/spaces.c modules/kubernetes/deploy/spaces.h \
    modules/kubernetes/deploy/versions.c modules/kubernetes/deploy/versions.h \
    modules/kubernetes/deploy/volumes.c
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
