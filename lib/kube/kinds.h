/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of objects that we speak of, and the API versions in which we can. */
#ifndef KRX_KUBE_KINDS_H
#define KRX_KUBE_KINDS_H

/*
 * X(ID, "group", "versions, best first", "plural", "Kind", namespaced)
 * The first version that the server has is used. The core group is "".
 */
#define KRX_KUBE_KINDS(X)                                                                          \
    X(POD, "", "v1", "pods", "Pod", 1)                                                             \
    X(SERVICE, "", "v1", "services", "Service", 1)                                                 \
    X(NODE, "", "v1", "nodes", "Node", 0)                                                          \
    X(NAMESPACE, "", "v1", "namespaces", "Namespace", 0)                                           \
    X(EVENT, "", "v1", "events", "Event", 1)                                                       \
    X(PVC, "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", 1)                         \
    X(SECRET, "", "v1", "secrets", "Secret", 1)                                                    \
    X(CONFIG_MAP, "", "v1", "configmaps", "ConfigMap", 1)                                          \
    X(DEPLOYMENT, "apps", "v1", "deployments", "Deployment", 1)                                    \
    X(REPLICA_SET, "apps", "v1", "replicasets", "ReplicaSet", 1)                                   \
    X(STATEFUL_SET, "apps", "v1", "statefulsets", "StatefulSet", 1)                                \
    X(DAEMON_SET, "apps", "v1", "daemonsets", "DaemonSet", 1)                                      \
    X(REPLICATION_CONTROLLER, "", "v1", "replicationcontrollers", "ReplicationController", 1)      \
    X(JOB, "batch", "v1", "jobs", "Job", 1)                                                        \
    X(CRON_JOB, "batch", "v1 v1beta1", "cronjobs", "CronJob", 1)                                   \
    X(NETWORK_POLICY, "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", 1)            \
    X(HPA, "autoscaling", "v2 v2beta2 v2beta1", "horizontalpodautoscalers",                        \
      "HorizontalPodAutoscaler", 1)                                                                \
    X(PDB, "policy", "v1 v1beta1", "poddisruptionbudgets", "PodDisruptionBudget", 1)               \
    X(PRIORITY_CLASS, "scheduling.k8s.io", "v1 v1beta1", "priorityclasses", "PriorityClass", 0)    \
    X(POD_METRICS, "metrics.k8s.io", "v1beta1", "pods", "PodMetrics", 1)                           \
    X(NODE_METRICS, "metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", 0)

#define KRX_KUBE_KIND_ENUM_(id, group, versions, plural, kind, namespaced) KRX_KUBE_##id,
typedef enum krx_kube_kind {
    KRX_KUBE_KINDS(KRX_KUBE_KIND_ENUM_) KRX_KUBE_KIND_COUNT_
} krx_kube_kind;
#undef KRX_KUBE_KIND_ENUM_

#endif
