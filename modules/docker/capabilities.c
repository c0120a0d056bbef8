/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/capabilities.h"

#include "lib/base/cleanup.h"
#include "lib/model/capabilities.h"

#define NO KRX_CAP_UNSUPPORTED
#define SO KRX_CAP_EMULATED
#define YES KRX_CAP_NATIVE

#define ONE_NODE "one engine is one node: there is nothing to choose from; ignored"
#define IN_CONTAINER                                                                               \
    "becomes a command of the healthcheck inside the container: http needs a shell and curl or "   \
    "wget there, tcp a shell and nc"
#define INFORMATIVE "Docker hands out any device; kept with the workload only"
#define NOT_HERE "nothing acts on it on Docker; kept with the workload only"
#define DELAY "only the startup probe's delay counts, as the healthcheck's start period"
#define ONE_SUCCESS "one success makes a Docker container healthy"
#define LABELS_ONLY "written to labels; Docker does not shape traffic, so no limit is enforced"
#define NO_CRON                                                                                    \
    "Docker has no scheduler: an active schedule is refused, a suspended one runs continuously"

/* What is not as in the spec. */
static const krx_capability_row fields[] = {
    {"resources.cpuRequest", SO, "a relative weight (CpuShares), not a reservation"},
    {"resources.memoryRequest", SO, "a soft limit (MemoryReservation), not a reservation"},
    {"resources.gpu.type", NO, INFORMATIVE},
    {"resources.gpu.sku", NO, INFORMATIVE},
    {"resources.gpu.memory", NO, INFORMATIVE},
    {"ports.name", SO, "Docker's ports have no names; kept with the workload only"},
    {"composeFile", NO, "only the compose backend reads it"},
    {"remoteHost", NO, "only the remote backend reads it"},
    {"rolloutStrategy", SO, "containers are replaced by deploy itself, while it runs"},
    {"rolloutStrategy.type", SO, "rolling and recreate; the others are done as rolling"},
    {"rolloutStrategy.maxUnavailable", NO, "one container is replaced at a time"},
    {"rolloutStrategy.maxSurge", SO, "0 stops the old container first; else one is added"},
    {"rolloutStrategy.canaryConfig", NO, "Docker does not split traffic; done as rolling"},
    {"rolloutStrategy.canaryConfig.*", NO, "Docker does not split traffic; done as rolling"},
    {"rolloutStrategy.abTestConfig", NO, "Docker does not split traffic; done as rolling"},
    {"rolloutStrategy.abTestConfig.*", NO, "Docker does not split traffic; done as rolling"},
    {"autoScaling", NO, "Docker does not scale; replicas stays as given"},
    {"autoScaling.*", NO, "Docker does not scale; replicas stays as given"},
    {"scheduling", SO, "only the architecture acts, through the platform of the image"},
    {"scheduling.*", NO, ONE_NODE},
    {"scheduling.architecture", SO, "chooses the platform of the image"},
    {"dependencies", NO, "Docker starts each workload by itself; the order is the caller's"},
    {"dependencies.*", NO, "Docker starts each workload by itself; the order is the caller's"},
    {"failurePrediction", NO, NOT_HERE},
    {"failurePrediction.*", NO, NOT_HERE},
    {"crossNamespaceTraffic", NO, "Docker's networks know no namespaces; nothing is restricted"},
    {"crossNamespaceTraffic.*", NO, "Docker's networks know no namespaces; nothing is restricted"},
    {"cronSchedule", NO, NO_CRON},
    {"cronSchedule.*", NO, NO_CRON},
    {"circuitBreaker", NO, NOT_HERE},
    {"circuitBreaker.*", NO, NOT_HERE},
    {"warmStandby", NO, NOT_HERE},
    {"warmStandby.*", NO, NOT_HERE},
    {"secretRotation", NO, NOT_HERE},
    {"secretRotation.*", NO, NOT_HERE},
    {"volumes.size", NO, "local volumes have no size; they grow with the disk"},
    {"volumes.storageClass", NO, "Docker has no storage classes; the local driver is used"},
    {"volumes.accessMode", SO, "ReadOnlyMany mounts read-only; the others are not enforced"},
    {"networkBandwidth", NO, LABELS_ONLY},
    {"networkBandwidth.*", NO, LABELS_ONLY},
    {"probes", SO, "a container has one healthcheck: liveness, else startup, else readiness"},
    {"probes.*", SO, IN_CONTAINER},
    {"probes.startup", SO, "gives the healthcheck its start period"},
    {"probes.liveness", SO, "an unhealthy container is shown as such; Docker does not restart it"},
    {"probes.readiness", SO, "used when there is no other probe; Docker does not steer traffic"},
    {"probes.liveness.initialDelaySeconds", NO, DELAY},
    {"probes.readiness.initialDelaySeconds", NO, DELAY},
    {"probes.startup.successThreshold", NO, ONE_SUCCESS},
    {"probes.liveness.successThreshold", NO, ONE_SUCCESS},
    {"probes.readiness.successThreshold", NO, ONE_SUCCESS},
    {"network", SO, "bridge, host and none; Docker can't join a namespace by its path"},
    {"annotations", SO, "kept as labels kranix.io/annotation.<key>"},
};

#define NODE_REASON "one engine is one node; there is no cluster to manage"
#define CRIU_REASON "this version has none"

static const krx_capability_row ops[] = {
    {"driver.deploy", YES, NULL},
    {"driver.destroy", YES, NULL},
    {"driver.restart", YES, NULL},
    {"driver.get_status", YES, NULL},
    {"driver.list_workloads", YES, NULL},
    {"driver.stream_logs", YES, NULL},
    {"driver.ping", YES, NULL},
    {"driver.backend", YES, NULL},
    {"node.list_backend_health", NO, NODE_REASON},
    {"node.list_node_health", NO, NODE_REASON},
    {"node.cordon", NO, NODE_REASON},
    {"node.drain_node", NO, NODE_REASON},
    {"node.uncordon", NO, NODE_REASON},
    {"extended.checkpoint", NO, CRIU_REASON},
    {"extended.restore", NO, CRIU_REASON},
    {"extended.list_checkpoints", NO, CRIU_REASON},
    {"extended.provision_volumes", YES, NULL},
    {"extended.cleanup_volumes", YES, NULL},
    {"extended.set_bandwidth", NO, "Docker does not shape traffic"},
    {"extended.list_volumes", YES, NULL},
    {"container.list", YES, NULL},
    {"container.start", YES, NULL},
    {"container.stop", YES, NULL},
    {"container.pause", YES, NULL},
    {"container.unpause", YES, NULL},
    {"container.kill", YES, NULL},
    {"container.exec", YES, NULL},
    {"container.attach", YES, NULL},
    {"container.stats", YES, NULL},
    {"container.inspect", YES, NULL},
    {"container.export_manifest", NO, "this version has none"},
    {"container.events", YES, NULL},
    {"image.list", YES, NULL},
    {"image.pull", YES, NULL},
    {"image.tag", YES, NULL},
    {"image.push", YES, NULL},
    {"image.remove", YES, NULL},
    {"image.prune", YES, NULL},
    {"image.import", YES, NULL},
    {"image.inspect", YES, NULL},
};

static const krx_capability_table table = {fields, KRX_COUNT(fields), ops, KRX_COUNT(ops)};

uint32_t krx_dk_field_level(const char *path, const char **reason)
{
    return krx_field_level(&table, path, reason);
}

int32_t krx_dk_emit_capabilities(krx_sink *out)
{
    return krx_capabilities_emit(&table, out);
}
