/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/settings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/backend/backend.h"
#include "modules/kubernetes/deploy/spaces.h"
#include "modules/kubernetes/pods/metrics.h"

#define DEFAULT_METRICS_TTL_NS (30 * KRX_NS_PER_S)
#define DEFAULT_VOLUME_BYTES (INT64_C(1) << 30)
#define DEFAULT_EGRESS_MBIT INT64_C(100)
#define DEFAULT_DRAIN_GRACE_S INT64_C(30)
#define BITS_PER_MBIT INT64_C(1000000)

#define SETTING(id, type_, name_, def_, allowed_, help_)                                           \
    static const krx_setting id = {.struct_size = sizeof id,                                       \
                                   .type = type_,                                                  \
                                   .name = name_,                                                  \
                                   .def = def_,                                                    \
                                   .allowed = allowed_,                                            \
                                   .help = help_}

SETTING(set_kubeconfig, KRX_SETTING_PATH, "kubeconfig", NULL, NULL,
        "File with the clusters; else KUBECONFIG, ~/.kube/config, then the pod's own account");
SETTING(set_context, KRX_SETTING_STRING, "context", NULL, NULL,
        "Context in that file; else its current one");
SETTING(set_namespace, KRX_SETTING_STRING, "default_namespace", NULL, NULL,
        "Namespace of workloads that name none; else that of the context, else default");
SETTING(set_metrics, KRX_SETTING_DURATION, "metrics_cache_ttl", "30s", NULL,
        "How long figures of usage are kept before the cluster is asked again");

/* What follows has rows of its own in the configuration, from which the host fills it. */
SETTING(set_volumes, KRX_SETTING_BOOL, "volumes.enabled", "true", NULL,
        "Create the volumes of workloads");
SETTING(set_class, KRX_SETTING_STRING, "volumes.default_storage_class", NULL, NULL,
        "Storage class where a volume names none; empty: the cluster's default");
SETTING(set_size, KRX_SETTING_BYTES, "volumes.default_size", "1Gi", NULL,
        "Size where a volume names none");
SETTING(set_cleanup, KRX_SETTING_BOOL, "volumes.auto_cleanup_on_destroy", "false", NULL,
        "Remove a workload's volumes when it is destroyed");
SETTING(set_bandwidth, KRX_SETTING_BOOL, "bandwidth.enabled", "true", NULL,
        "Apply bandwidth limits");
SETTING(set_egress, KRX_SETTING_INT, "bandwidth.default_egress_mbit", "100", "0..1000000",
        "Egress limit of a workload with networkBandwidth that names none, in Mbit/s; 0: no limit");
SETTING(set_multi_arch, KRX_SETTING_BOOL, "node_ops.multi_arch.enabled", "true", NULL,
        "Place workloads by the architecture of their image");
SETTING(set_arch, KRX_SETTING_STRING, "node_ops.multi_arch.default_arch", NULL, NULL,
        "Architecture where nothing tells; empty: any");
SETTING(set_drain, KRX_SETTING_BOOL, "node_ops.drain.enabled", "true", NULL,
        "Allow nodes to be drained");
SETTING(set_grace, KRX_SETTING_INT, "node_ops.drain.default_grace_period_seconds", "30", "0..86400",
        "Time that pods get to stop when a node is drained");
SETTING(set_daemons, KRX_SETTING_BOOL, "node_ops.drain.ignore_daemonsets", "true", NULL,
        "Leave the pods of DaemonSets where they are");

const krx_setting *const krx_k8s_setting_table[] = {
    &set_kubeconfig, &set_context, &set_namespace,  &set_metrics, &set_volumes, &set_class,
    &set_size,       &set_cleanup, &set_bandwidth,  &set_egress,  &set_drain,   &set_grace,
    &set_daemons,    &set_arch,    &set_multi_arch, NULL};

/* -------------------------------------------------------------------------------------- reading
 */

/* The host has checked the values against the table: anything else cannot come. */
static int64_t number(const krx_open_req *req, const char *name, int64_t absent)
{
    const char *text = krx_setting_get(req, name);
    return krx_blank(text) ? absent : strtoll(text, NULL, 10);
}

static bool truth(const krx_open_req *req, const char *name, bool absent)
{
    const char *text = krx_setting_get(req, name);
    return krx_blank(text) ? absent : krx_streq(text, "true");
}

/* NULL for what is not set or empty. */
static const char *text_of(krx_arena *arena, const krx_open_req *req, const char *name)
{
    const char *text = krx_setting_get(req, name);
    return krx_blank(text) ? NULL : krx_arena_strdup(arena, text);
}

static void read_settings(krx_k8s_backend *backend, const krx_open_req *req)
{
    krx_arena *arena = backend->arena;
    backend->settings = (krx_k8s_settings){
        .default_namespace = text_of(arena, req, "default_namespace"),
        .default_storage_class = text_of(arena, req, "volumes.default_storage_class"),
        .default_arch = text_of(arena, req, "node_ops.multi_arch.default_arch"),
        .default_volume_bytes = number(req, "volumes.default_size", DEFAULT_VOLUME_BYTES),
        .auto_cleanup = truth(req, "volumes.auto_cleanup_on_destroy", false),
        .volumes = truth(req, "volumes.enabled", true),
        .bandwidth = truth(req, "bandwidth.enabled", true),
        .default_egress_bps =
            number(req, "bandwidth.default_egress_mbit", DEFAULT_EGRESS_MBIT) * BITS_PER_MBIT,
        .multi_arch = truth(req, "node_ops.multi_arch.enabled", true),
        .drain = truth(req, "node_ops.drain.enabled", true),
        .drain_grace_seconds =
            number(req, "node_ops.drain.default_grace_period_seconds", DEFAULT_DRAIN_GRACE_S),
        .drain_ignore_daemonsets = truth(req, "node_ops.drain.ignore_daemonsets", true),
        .metrics_cache_ns = number(req, "metrics_cache_ttl", DEFAULT_METRICS_TTL_NS)};
}

/* ------------------------------------------------------------------------------- open and close
 */

/* What is wrong with the configuration is told by the first op that needs the cluster. */
static int32_t connect_(krx_call *call, krx_k8s_backend *backend, const krx_open_req *req)
{
    krx_kube_config *config = NULL;
    krx_kube_config_options options = {.kubeconfig = krx_setting_get(req, "kubeconfig"),
                                       .context = krx_setting_get(req, "context")};
    if (krx_blank(options.kubeconfig))
        options.kubeconfig = NULL;
    if (krx_blank(options.context))
        options.context = NULL;
    int32_t code = krx_kube_config_load(call, &options, &config);
    for (size_t i = 0; config && config->warnings[i]; i++)
        krx_log(call, KRX_LOG_WARN, "%s", config->warnings[i]);
    if (!code && !krx_blank(config->namespace_) && !backend->settings.default_namespace)
        backend->settings.default_namespace = krx_arena_strdup(backend->arena, config->namespace_);
    if (!code)
        code = krx_kube_open(call, config, &backend->kube);
    if (!code || code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return code;
    backend->no_kube = *call->error;
    return krx_forgive(call);
}

int32_t krx_k8s_open(krx_call *call, const krx_open_req *req, void **out)
{
    krx_k8s_backend *backend = calloc(1, sizeof *backend);
    if (!backend)
        return krx_no_memory(call);
    pthread_mutex_init(&backend->lock, NULL);
    backend->arena = krx_arena_new();
    int32_t code = backend->arena ? 0 : krx_no_memory(call);
    if (!code) {
        read_settings(backend, req);
        code = connect_(call, backend, req);
    }
    if (!code && !backend->settings.default_namespace)
        backend->settings.default_namespace = "default";
    if (!code && krx_arena_failed(backend->arena))
        code = krx_no_memory(call);
    if (code)
        krx_k8s_close(backend);
    else
        *out = backend;
    return code;
}

void krx_k8s_close(void *opened)
{
    krx_k8s_backend *backend = opened;
    krx_k8s_metrics_free(backend->metrics);
    krx_k8s_spaces_free(backend);
    krx_kube_close(backend->kube);
    krx_arena_free(backend->arena);
    pthread_mutex_destroy(&backend->lock);
    free(backend);
}
