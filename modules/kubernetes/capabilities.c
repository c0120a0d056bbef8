/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/capabilities.h"

#include "lib/base/cleanup.h"
#include "lib/model/capabilities.h"

#define NO KRX_CAP_UNSUPPORTED
#define SO KRX_CAP_EMULATED
#define YES KRX_CAP_NATIVE

#define INFORMATIVE "the scheduler counts devices only; kept with the workload"
#define NOT_HERE "nothing in the cluster acts on it; kept with the workload only"
#define NO_SPLIT "a Deployment does not split traffic; done as rolling"
#define NO_COST "the cluster knows no prices; kept with the workload only"
#define ORDER "Kubernetes starts each workload by itself; the order is the caller's"

/* What is not as in the spec. */
static const krx_capability_row fields[] = {
    {"resources.gpu.type", NO, INFORMATIVE},
    {"resources.gpu.sku", NO, INFORMATIVE},
    {"resources.gpu.memory", NO, INFORMATIVE},
    {"ports.hostPort", SO,
     "on the node where the pod runs; 0 is a port of every node, chosen by the cluster"},
    {"composeFile", NO, "only the compose backend reads it"},
    {"remoteHost", NO, "only the remote backend reads it"},
    {"rolloutStrategy.type", SO, "rolling and recreate; the others are done as rolling"},
    {"rolloutStrategy.canaryConfig", NO, NO_SPLIT},
    {"rolloutStrategy.canaryConfig.*", NO, NO_SPLIT},
    {"rolloutStrategy.abTestConfig", NO, NO_SPLIT},
    {"rolloutStrategy.abTestConfig.*", NO, NO_SPLIT},
    {"autoScaling.customMetrics", SO, "needs a custom metrics API in the cluster"},
    {"autoScaling.customMetrics.*", SO,
     "needs a custom metrics API in the cluster; type object is a metric of the Deployment"},
    {"autoScaling.scaleDownCooldownSeconds", SO, "the stabilization window of the autoscaler"},
    {"autoScaling.scaleUpCooldownSeconds", SO, "the stabilization window of the autoscaler"},
    {"scheduling.costAware", NO, NO_COST},
    {"scheduling.maxCostPerHour", NO, NO_COST},
    {"scheduling.preferredRegions", SO, "the first one is required, unless nodePlacement says"},
    {"scheduling.preferredZones", SO, "the first one is required, unless nodePlacement says"},
    {"scheduling.workloadPriority", SO,
     "a priority class that 'kranix backends setup kubernetes' installs"},
    {"scheduling.preemptionEnabled", SO, "chooses the priority class"},
    {"scheduling.spot", SO, "tolerations of the taints that clouds and Karpenter use"},
    {"scheduling.spot.*", SO, "tolerations of the taints that clouds and Karpenter use"},
    {"scheduling.avoidDrainingNodes", SO, "required affinity away from nodes labelled for drain"},
    {"scheduling.nodePlacement.hardwareType", SO, "the node label kranix.io/hardware"},
    {"dependencies", NO, ORDER},
    {"dependencies.*", NO, ORDER},
    {"failurePrediction", NO, NOT_HERE},
    {"failurePrediction.*", NO, NOT_HERE},
    {"crossNamespaceTraffic", SO, "a NetworkPolicy, which the cluster's network must enforce"},
    {"crossNamespaceTraffic.*", SO, "a NetworkPolicy, which the cluster's network must enforce"},
    {"cronSchedule.suspended", SO, "a suspended schedule makes a Deployment, which always runs"},
    {"cronSchedule.timeZone", SO, "since Kubernetes 1.25; before that only UTC is taken"},
    {"circuitBreaker", NO, NOT_HERE},
    {"circuitBreaker.*", NO, NOT_HERE},
    {"warmStandby", NO, NOT_HERE},
    {"warmStandby.*", NO, NOT_HERE},
    {"secretRotation", NO, NOT_HERE},
    {"secretRotation.*", NO, NOT_HERE},
    {"networkBandwidth", SO, "annotations for the bandwidth plugin of the cluster's network"},
    {"networkBandwidth.*", SO, "annotations for the bandwidth plugin of the cluster's network"},
    {"restartPolicy", SO, "a Deployment always restarts; no and on-failure act in scheduled jobs"},
    {"restartRetries", SO, "of scheduled jobs only; a Deployment restarts without end"},
    {"network", SO, "the cluster's network is the bridge; none and ns: are refused"},
    {"runtime", SO, "the RuntimeClass of that name, which the cluster must have"},
    {"stopSignal", NO, "the image's own stop signal is used"},
    {"platform", SO, "chooses the node by system and architecture; the variant does not count"},
};

#define PAUSE "Kubernetes can't freeze the processes of a pod"
#define IMAGES "images belong to the nodes; the kubelet pulls and removes them"

static const krx_capability_row ops[] = {
    {"driver.deploy", YES, NULL},
    {"driver.destroy", YES, NULL},
    {"driver.restart", YES, NULL},
    {"driver.get_status", YES, NULL},
    {"driver.list_workloads", YES, NULL},
    {"driver.stream_logs", SO, "standard output and error come as one log and can't be told apart"},
    {"driver.ping", YES, NULL},
    {"driver.backend", YES, NULL},
    {"node.list_backend_health", YES, NULL},
    {"node.list_node_health", YES, NULL},
    {"node.cordon", YES, NULL},
    {"node.drain_node", YES, NULL},
    {"node.uncordon", YES, NULL},
    {"extended.checkpoint", SO, "scales to nothing and remembers the count; memory is not kept"},
    {"extended.restore", SO, "scales to the count that the checkpoint remembers"},
    {"extended.list_checkpoints", YES, NULL},
    {"extended.provision_volumes", YES, NULL},
    {"extended.cleanup_volumes", YES, NULL},
    {"extended.list_volumes", YES, NULL},
    {"extended.set_bandwidth", SO, "annotations of the pods, which are replaced"},
    {"extended.list_revisions", YES, NULL},
    {"extended.rollback", YES, NULL},
    {"extended.setup", YES, NULL},
    {"container.list", YES, NULL},
    {"container.start", SO, "scales what keeps the pod to the count that it had"},
    {"container.stop", SO, "scales what keeps the pod to nothing"},
    {"container.pause", NO, PAUSE},
    {"container.unpause", NO, PAUSE},
    {"container.kill", SO, "deletes the pod, or sends the signal by a kill inside it"},
    {"container.exec", SO, "no working folder and no user of its own"},
    {"container.attach", YES, NULL},
    {"container.stats", YES, NULL},
    {"container.inspect", YES, NULL},
    {"container.export_manifest", YES, NULL},
    {"container.events", YES, NULL},
    {"container.forward", YES, NULL},
    {"image.list", NO, IMAGES},
    {"image.pull", NO, IMAGES},
    {"image.tag", NO, IMAGES},
    {"image.push", NO, IMAGES},
    {"image.remove", NO, IMAGES},
    {"image.prune", NO, IMAGES},
    {"image.import", NO, IMAGES},
    {"image.inspect", NO, IMAGES},
};

static const krx_capability_table table = {fields, KRX_COUNT(fields), ops, KRX_COUNT(ops)};

int32_t krx_k8s_emit_capabilities(krx_sink *sink)
{
    return krx_capabilities_emit(&table, sink);
}
