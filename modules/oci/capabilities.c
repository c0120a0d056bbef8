/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/capabilities.h"

#include "lib/base/str.h"
#include "lib/model/capabilities.h"
#include "modules/oci/backend/backend.h"

#define NO KRX_CAP_UNSUPPORTED
#define SO KRX_CAP_EMULATED
#define YES KRX_CAP_NATIVE

/* What may be so on this machine or with this runtime. */
enum {
    ALWAYS = 1u << 0,
    NO_GROUPS = 1u << 1,
    NO_GPU = 1u << 2,
    NO_PAUSE = 1u << 3,
    NO_CHECKPOINT = 1u << 4,
    NO_FREEZER = 1u << 5,
    OWN_STACK = 1u << 6
};

typedef struct row {
    uint32_t when; /* any of these */
    krx_capability_row row;
} row;

#define ONE_NODE "one machine is one node: there is nothing to choose from; ignored"
#define INFORMATIVE "any device of the vendor is handed out; kept with the workload only"
#define NOT_HERE "nothing acts on it here; kept with the workload only"
#define NO_SPLIT "nothing here splits traffic; done as rolling"
#define NO_SCALE "nothing here scales by load; replicas stays as given"
#define NO_CRON                                                                                    \
    "there is no scheduler: an active schedule is refused, a suspended one runs continuously"
#define NO_ORDER "each workload is started by itself; the order is the caller's"
#define OPEN_BRIDGE "all workloads share one bridge; nothing is restricted"
#define NO_CGROUPS "this user may not make control groups: no limit is enforced"
#define NO_DEVICES "this runtime hands out no devices by CDI"
#define NO_WAY_IN "without root nothing leads into gVisor's own network but published ports"
#define EXEC_ONLY "others than exec are not made: " NO_WAY_IN
#define FEW_FIGURES "without control groups of their own only the network of containers is counted"
#define SHOWN_ONLY "shown as the instance's health; nothing here steers traffic"

/* What is not as in the spec. Of two rows of one name the first that applies counts. */
static const row fields[] = {
    {NO_GROUPS, {"resources.*", NO, NO_CGROUPS}},
    {NO_GROUPS, {"resources.cpuRequest", NO, NO_CGROUPS}},
    {NO_GROUPS, {"resources.memoryRequest", NO, NO_CGROUPS}},
    {ALWAYS, {"resources.cpuRequest", SO, "a relative weight, not a reservation"}},
    {ALWAYS, {"resources.memoryRequest", SO, "a soft limit, not a reservation"}},
    {NO_GPU, {"resources.gpu", NO, NO_DEVICES}},
    {NO_GPU, {"resources.gpu.*", NO, NO_DEVICES}},
    {ALWAYS, {"resources.gpu", YES, NULL}},
    {ALWAYS, {"resources.gpu.*", YES, NULL}},
    {ALWAYS, {"resources.gpu.type", NO, INFORMATIVE}},
    {ALWAYS, {"resources.gpu.sku", NO, INFORMATIVE}},
    {ALWAYS, {"resources.gpu.memory", NO, INFORMATIVE}},
    {ALWAYS, {"ports.name", SO, "ports have no names here; kept with the workload only"}},
    {ALWAYS, {"composeFile", NO, "only the compose backend reads it"}},
    {ALWAYS, {"remoteHost", NO, "only the remote backend reads it"}},
    {ALWAYS, {"rolloutStrategy", SO, "containers are replaced by deploy itself, while it runs"}},
    {ALWAYS, {"rolloutStrategy.type", SO, "rolling and recreate; the others are done as rolling"}},
    {ALWAYS, {"rolloutStrategy.maxUnavailable", NO, "one container is replaced at a time"}},
    {ALWAYS,
     {"rolloutStrategy.maxSurge", SO, "0 stops the old container first; else one is added"}},
    {ALWAYS, {"rolloutStrategy.canaryConfig", NO, NO_SPLIT}},
    {ALWAYS, {"rolloutStrategy.canaryConfig.*", NO, NO_SPLIT}},
    {ALWAYS, {"rolloutStrategy.abTestConfig", NO, NO_SPLIT}},
    {ALWAYS, {"rolloutStrategy.abTestConfig.*", NO, NO_SPLIT}},
    {ALWAYS, {"autoScaling", NO, NO_SCALE}},
    {ALWAYS, {"autoScaling.*", NO, NO_SCALE}},
    {ALWAYS, {"scheduling", SO, "only the architecture acts, through the platform of the image"}},
    {ALWAYS, {"scheduling.*", NO, ONE_NODE}},
    {ALWAYS, {"scheduling.architecture", SO, "chooses the platform of the image"}},
    {ALWAYS, {"dependencies", NO, NO_ORDER}},
    {ALWAYS, {"dependencies.*", NO, NO_ORDER}},
    {ALWAYS, {"failurePrediction", NO, NOT_HERE}},
    {ALWAYS, {"failurePrediction.*", NO, NOT_HERE}},
    {ALWAYS, {"crossNamespaceTraffic", NO, OPEN_BRIDGE}},
    {ALWAYS, {"crossNamespaceTraffic.*", NO, OPEN_BRIDGE}},
    {ALWAYS, {"cronSchedule", NO, NO_CRON}},
    {ALWAYS, {"cronSchedule.*", NO, NO_CRON}},
    {ALWAYS, {"circuitBreaker", NO, NOT_HERE}},
    {ALWAYS, {"circuitBreaker.*", NO, NOT_HERE}},
    {ALWAYS, {"warmStandby", NO, NOT_HERE}},
    {ALWAYS, {"warmStandby.*", NO, NOT_HERE}},
    {ALWAYS, {"secretRotation", NO, NOT_HERE}},
    {ALWAYS, {"secretRotation.*", NO, NOT_HERE}},
    {ALWAYS, {"volumes.size", NO, "volumes are folders; they grow with the disk"}},
    {ALWAYS, {"volumes.storageClass", NO, "there are no storage classes; volumes are folders"}},
    {ALWAYS,
     {"volumes.accessMode", SO, "ReadOnlyMany mounts read-only; the others are not enforced"}},
    {ALWAYS, {"probes.readiness", SO, SHOWN_ONLY}},
    {OWN_STACK, {"probes.startup.path", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.liveness.path", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.readiness.path", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.startup.port", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.liveness.port", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.readiness.port", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.startup.scheme", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.liveness.scheme", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.readiness.scheme", NO, EXEC_ONLY}},
    {OWN_STACK, {"probes.startup.type", SO, EXEC_ONLY}},
    {OWN_STACK, {"probes.liveness.type", SO, EXEC_ONLY}},
    {OWN_STACK, {"probes.readiness.type", SO, EXEC_ONLY}},
    {ALWAYS, {"annotations", SO, "kept as labels kranix.io/annotation.<key>"}},
};

#define NODE_REASON "one machine is one node; there is no cluster to manage"

static const row ops[] = {
    {ALWAYS, {"driver.deploy", YES, NULL}},
    {ALWAYS, {"driver.destroy", YES, NULL}},
    {ALWAYS, {"driver.restart", YES, NULL}},
    {ALWAYS, {"driver.get_status", YES, NULL}},
    {ALWAYS, {"driver.list_workloads", YES, NULL}},
    {ALWAYS, {"driver.stream_logs", YES, NULL}},
    {ALWAYS, {"driver.ping", YES, NULL}},
    {ALWAYS, {"driver.backend", YES, NULL}},
    {ALWAYS, {"node.list_backend_health", NO, NODE_REASON}},
    {ALWAYS, {"node.list_node_health", NO, NODE_REASON}},
    {ALWAYS, {"node.cordon", NO, NODE_REASON}},
    {ALWAYS, {"node.drain_node", NO, NODE_REASON}},
    {ALWAYS, {"node.uncordon", NO, NODE_REASON}},
    {NO_CHECKPOINT, {"extended.checkpoint", NO, NULL}},
    {NO_CHECKPOINT, {"extended.restore", NO, NULL}},
    {ALWAYS, {"extended.checkpoint", YES, NULL}},
    {ALWAYS, {"extended.restore", YES, NULL}},
    {ALWAYS, {"extended.list_checkpoints", YES, NULL}},
    {ALWAYS, {"extended.provision_volumes", YES, NULL}},
    {ALWAYS, {"extended.cleanup_volumes", YES, NULL}},
    {ALWAYS, {"extended.list_volumes", YES, NULL}},
    {ALWAYS, {"extended.set_bandwidth", YES, NULL}},
    {ALWAYS, {"extended.list_revisions", YES, NULL}},
    {ALWAYS, {"extended.rollback", YES, NULL}},
    {ALWAYS, {"extended.setup", NO, "there is nothing to install for workloads"}},
    {ALWAYS, {"container.list", YES, NULL}},
    {ALWAYS, {"container.start", YES, NULL}},
    {ALWAYS, {"container.stop", YES, NULL}},
    {NO_PAUSE, {"container.pause", NO, "this runtime can't pause"}},
    {NO_PAUSE, {"container.unpause", NO, "this runtime can't pause"}},
    {NO_FREEZER, {"container.pause", NO, "this user may not make control groups to freeze"}},
    {NO_FREEZER, {"container.unpause", NO, "this user may not make control groups to freeze"}},
    {ALWAYS, {"container.pause", YES, NULL}},
    {ALWAYS, {"container.unpause", YES, NULL}},
    {ALWAYS, {"container.kill", YES, NULL}},
    {ALWAYS, {"container.exec", YES, NULL}},
    {ALWAYS, {"container.attach", YES, NULL}},
    {NO_GROUPS, {"container.stats", SO, FEW_FIGURES}},
    {ALWAYS, {"container.stats", YES, NULL}},
    {ALWAYS, {"container.inspect", YES, NULL}},
    {ALWAYS, {"container.export_manifest", NO, "there are no objects of a cluster to export"}},
    {ALWAYS, {"container.events", YES, NULL}},
    {OWN_STACK, {"container.forward", NO, NO_WAY_IN}},
    {ALWAYS, {"container.forward", YES, NULL}},
    {ALWAYS, {"image.list", YES, NULL}},
    {ALWAYS, {"image.pull", YES, NULL}},
    {ALWAYS, {"image.tag", YES, NULL}},
    {ALWAYS, {"image.push", YES, NULL}},
    {ALWAYS, {"image.remove", YES, NULL}},
    {ALWAYS, {"image.prune", YES, NULL}},
    {ALWAYS, {"image.import", YES, NULL}},
    {ALWAYS, {"image.inspect", YES, NULL}},
};

static uint32_t conditions(const krx_oci_runtime *runtime)
{
    uint32_t found = ALWAYS;
    bool groups = krx_oci_cgroup_usable();
    found |= groups ? 0u : NO_GROUPS;
    if (!runtime)
        return found;
    found |= runtime->can & KRX_OCI_CAN_GPU ? 0u : NO_GPU;
    found |= runtime->can & KRX_OCI_CAN_CHECKPOINT ? 0u : NO_CHECKPOINT;
    found |= krx_oci_own_stack(runtime) ? OWN_STACK : 0u;
    if (!krx_oci_can_pause(runtime))
        found |= groups ? NO_PAUSE : NO_FREEZER;
    return found;
}

static bool is_listed(const krx_capability_row *out, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (krx_streq(out[i].name, name))
            return true;
    return false;
}

static size_t choose(const row *rows, size_t count, uint32_t found, const char *no_checkpoint,
                     krx_capability_row *out)
{
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(rows[i].when & found) || is_listed(out, chosen, rows[i].row.name))
            continue;
        out[chosen] = rows[i].row;
        if (rows[i].when == NO_CHECKPOINT)
            out[chosen].reason = no_checkpoint;
        chosen++;
    }
    return chosen;
}

int32_t krx_oci_emit_capabilities(const krx_oci_runtime *runtime, krx_sink *out)
{
    krx_capability_row chosen_fields[KRX_COUNT(fields)], chosen_ops[KRX_COUNT(ops)];
    uint32_t found = conditions(runtime);
    const char *refusal = runtime ? runtime->checkpoint_refusal : NULL;
    if (krx_blank(refusal))
        refusal = "this runtime makes no checkpoints";
    const krx_capability_table table = {
        .fields = chosen_fields,
        .field_count = choose(fields, KRX_COUNT(fields), found, refusal, chosen_fields),
        .ops = chosen_ops,
        .op_count = choose(ops, KRX_COUNT(ops), found, refusal, chosen_ops)};
    return krx_capabilities_emit(&table, out);
}
