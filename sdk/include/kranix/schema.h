/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: the one table of the workload schema.
 *
 * It names every field once. The C structs (<kranix/workload.h>), the YAML and JSON parser, the
 * emitter, the validator, the JSON Schema, the reference page and the conformance kit's generator
 * are all made from it. A module may expand it too, to walk a spec without naming its fields.
 *
 * Row: X(KIND, member, "key", type, default, allowed, flags, "help")
 *
 *   KIND      C type of the member                 in YAML and JSON
 *   STR       const char *, NULL when absent       string (plain numbers are taken as text)
 *   ENUM      const char *, NULL when absent       one of `allowed`, stored as spelled there
 *   BOOL      int32_t: 1, 0, -1 when absent        true, false
 *   INT       int64_t, KRX_UNSET when absent       integer within `allowed`
 *   NUM       double, NaN when absent              number within `allowed`
 *   CPU       int64_t millicores, KRX_UNSET        500m, 1.5, 2
 *   BYTES     int64_t bytes, KRX_UNSET             256Mi, 1G, 1048576, 512MB
 *   BITRATE   int64_t bits per second, KRX_UNSET   10Mbit, 1Gbit, 500kbps; a bare number is Mbit
 *   DURATION  int64_t nanoseconds, KRX_UNSET       500ms, 30s, 5m, 1h30m; a bare number is seconds
 *   STRS      const char *const *, NULL when absent, NULL-terminated    list of strings
 *   WORDS     as STRS                              a string (one word) or a list of strings
 *   MAP       const krx_kv *const *, NULL when absent, NULL-terminated  map of strings
 *   ENV       as MAP                               map, list of KEY=VALUE, or list of {name, value}
 *   OBJ       const krx_<type> *, NULL when absent map with the fields of `type`
 *   OBJS      const krx_<type> *const *, NULL-terminated, NULL when absent  list of such maps
 *
 *   type      for OBJ and OBJS the struct, else _
 *   default   in the notation of the file, NULL for none; the parser fills it in
 *   allowed   ENUM, STRS: a|b|c, where x=a says that x is another spelling of a. INT, NUM:
 *             low..high. "@rule": a named rule of the validator. NULL for no limit.
 *   flags     KRX_F_*
 *
 * Rows are only ever appended to a struct and structs are only ever appended to the list.
 */
#ifndef KRANIX_SCHEMA_H
#define KRANIX_SCHEMA_H

#define KRX_F_REQUIRED 1u /* absent is an error */
#define KRX_F_NOCASE 2u   /* ENUM: upper and lower case are the same */

/* Accelerators for each instance. */
#define KRX_FIELDS_gpu(X)                                                                          \
    X(ENUM, vendor, "vendor", _, NULL, "nvidia|amd", KRX_F_REQUIRED | KRX_F_NOCASE,                \
      "Who makes the device")                                                                      \
    X(INT, count, "count", _, NULL, "1..64", KRX_F_REQUIRED, "How many devices")                   \
    X(STR, type, "type", _, NULL, NULL, 0, "Model, such as A100 or MI250; informative")            \
    X(STR, sku, "sku", _, NULL, NULL, 0, "Stock keeping unit; informative")                        \
    X(BYTES, memory_bytes, "memory", _, NULL, NULL, 0, "Memory of one device; informative")

/* What each instance asks for and may use. */
#define KRX_FIELDS_resources(X)                                                                    \
    X(CPU, cpu_request_milli, "cpuRequest", _, NULL, NULL, 0, "CPU reserved, such as 500m or 1.5") \
    X(CPU, cpu_limit_milli, "cpuLimit", _, NULL, NULL, 0, "CPU it can use at most")                \
    X(BYTES, memory_request_bytes, "memoryRequest", _, NULL, NULL, 0,                              \
      "Memory reserved, such as 256Mi")                                                            \
    X(BYTES, memory_limit_bytes, "memoryLimit", _, NULL, NULL, 0,                                  \
      "Memory it can use at most before it is killed")                                             \
    X(OBJ, gpu, "gpu", gpu, NULL, NULL, 0, "Accelerators")

/* A port that the workload listens on. */
#define KRX_FIELDS_port(X)                                                                         \
    X(STR, name, "name", _, NULL, "@portname", 0, "Name of the port")                              \
    X(INT, container_port, "containerPort", _, NULL, "1..65535", KRX_F_REQUIRED,                   \
      "Port inside the container")                                                                 \
    X(ENUM, protocol, "protocol", _, "tcp", "tcp|udp|sctp", KRX_F_NOCASE, "Transport protocol")    \
    X(INT, host_port, "hostPort", _, NULL, "0..65535", 0,                                          \
      "Port on the host; absent: not published, 0: any free port")                                 \
    X(STR, host_ip, "hostIp", _, NULL, "@ip", 0, "Host address to listen on; absent: all")

/* Canary rollout. */
#define KRX_FIELDS_rollout_canary(X)                                                               \
    X(INT, replicas, "replicas", _, NULL, "0..10000", 0, "Instances of the new version")           \
    X(INT, percentage, "percentage", _, NULL, "0..100", 0, "Share of traffic for the new version") \
    X(DURATION, analysis_duration_ns, "analysisDuration", _, NULL, NULL, 0,                        \
      "How long to watch before deciding")                                                         \
    X(STR, success_threshold, "successThreshold", _, NULL, NULL, 0, "What counts as success")      \
    X(STRS, metrics, "metrics", _, NULL, NULL, 0, "Metrics to watch")                              \
    X(BOOL, auto_promote, "autoPromote", _, NULL, NULL, 0, "Promote without asking")

/* A/B rollout. */
#define KRX_FIELDS_rollout_abtest(X)                                                               \
    X(STR, variant_a, "variantA", _, NULL, NULL, 0, "Image or label of variant A")                 \
    X(STR, variant_b, "variantB", _, NULL, NULL, 0, "Image or label of variant B")                 \
    X(INT, traffic_split, "trafficSplit", _, NULL, "0..100", 0,                                    \
      "Percent of traffic for variant B")                                                          \
    X(DURATION, analysis_duration_ns, "analysisDuration", _, NULL, NULL, 0,                        \
      "How long to watch before deciding")                                                         \
    X(STRS, metrics, "metrics", _, NULL, NULL, 0, "Metrics to watch")                              \
    X(BOOL, auto_select_winner, "autoSelectWinner", _, NULL, NULL, 0,                              \
      "Choose the better one without asking")

/* How a change replaces running instances. */
#define KRX_FIELDS_rollout(X)                                                                      \
    X(ENUM, type, "type", _, "rolling", "rolling|recreate|bluegreen|canary|abtest", KRX_F_NOCASE,  \
      "Way of replacing")                                                                          \
    X(INT, max_unavailable, "maxUnavailable", _, NULL, "0..10000", 0,                              \
      "Instances that may be missing meanwhile")                                                   \
    X(INT, max_surge, "maxSurge", _, NULL, "0..10000", 0,                                          \
      "Instances that may be there in addition meanwhile")                                         \
    X(OBJ, canary_config, "canaryConfig", rollout_canary, NULL, NULL, 0, "For type canary")        \
    X(OBJ, ab_test_config, "abTestConfig", rollout_abtest, NULL, NULL, 0, "For type abtest")

/* Target of a custom metric. */
#define KRX_FIELDS_metric_target(X)                                                                \
    X(ENUM, type, "type", _, NULL, "average|value", KRX_F_REQUIRED | KRX_F_NOCASE,                 \
      "Per instance or in all")                                                                    \
    X(STR, average_value, "averageValue", _, NULL, NULL, 0, "For type average")                    \
    X(STR, value, "value", _, NULL, NULL, 0, "For type value")

/* A custom metric to scale on. */
#define KRX_FIELDS_custom_metric(X)                                                                \
    X(STR, name, "name", _, NULL, NULL, KRX_F_REQUIRED, "Name of the rule")                        \
    X(ENUM, type, "type", _, NULL, "pods|object", KRX_F_NOCASE, "Where the metric lives")          \
    X(STR, metric_name, "metricName", _, NULL, NULL, 0, "Name of the metric")                      \
    X(OBJ, target, "target", metric_target, NULL, NULL, 0, "Value to hold")

/* Scaling by load. */
#define KRX_FIELDS_autoscaling(X)                                                                  \
    X(BOOL, enabled, "enabled", _, "false", NULL, 0, "Scale at all")                               \
    X(INT, min_replicas, "minReplicas", _, NULL, "0..10000", 0, "Never fewer instances")           \
    X(INT, max_replicas, "maxReplicas", _, NULL, "1..10000", 0, "Never more instances")            \
    X(INT, target_cpu_utilization, "targetCPUUtilization", _, NULL, "1..1000", 0,                  \
      "Percent of the CPU request to hold")                                                        \
    X(INT, target_memory_utilization, "targetMemoryUtilization", _, NULL, "1..1000", 0,            \
      "Percent of the memory request to hold")                                                     \
    X(OBJS, custom_metrics, "customMetrics", custom_metric, NULL, NULL, 0, "Further metrics")      \
    X(INT, scale_down_cooldown_seconds, "scaleDownCooldownSeconds", _, NULL, "0..86400", 0,        \
      "Seconds between two steps down")                                                            \
    X(INT, scale_up_cooldown_seconds, "scaleUpCooldownSeconds", _, NULL, "0..86400", 0,            \
      "Seconds between two steps up")

/* One condition on a label or field. */
#define KRX_FIELDS_selector_requirement(X)                                                         \
    X(STR, key, "key", _, NULL, NULL, KRX_F_REQUIRED, "Label or field")                            \
    X(ENUM, operator_, "operator", _, NULL, "In|NotIn|Exists|DoesNotExist|Gt|Lt", KRX_F_REQUIRED,  \
      "Comparison")                                                                                \
    X(STRS, values, "values", _, NULL, NULL, 0, "Values to compare with")

/* Conditions that must all hold. */
#define KRX_FIELDS_node_selector_term(X)                                                           \
    X(OBJS, match_expressions, "matchExpressions", selector_requirement, NULL, NULL, 0,            \
      "On labels")                                                                                 \
    X(OBJS, match_fields, "matchFields", selector_requirement, NULL, NULL, 0, "On fields")

/* A preference with its weight. */
#define KRX_FIELDS_preferred_node_term(X)                                                          \
    X(INT, weight, "weight", _, "1", "1..100", 0, "Weight")                                        \
    X(OBJ, preference, "preference", node_selector_term, NULL, NULL, 0, "What is preferred")

/* Which nodes. */
#define KRX_FIELDS_node_affinity(X)                                                                \
    X(OBJS, required_during_scheduling, "requiredDuringScheduling", node_selector_term, NULL,      \
      NULL, 0, "At least one must match")                                                          \
    X(OBJS, preferred_during_scheduling, "preferredDuringScheduling", preferred_node_term, NULL,   \
      NULL, 0, "Preferences")

/* Near or away from which instances. */
#define KRX_FIELDS_pod_affinity_term(X)                                                            \
    X(MAP, label_selector, "labelSelector", _, NULL, NULL, 0, "Labels that the others carry")      \
    X(STRS, namespaces, "namespaces", _, NULL, NULL, 0, "Namespaces of the others")                \
    X(STR, topology_key, "topologyKey", _, NULL, NULL, KRX_F_REQUIRED,                             \
      "Node label that says what near means")

/* A preference with its weight. */
#define KRX_FIELDS_weighted_pod_affinity_term(X)                                                   \
    X(INT, weight, "weight", _, "1", "1..100", 0, "Weight")                                        \
    X(OBJ, pod_affinity_term, "podAffinityTerm", pod_affinity_term, NULL, NULL, 0,                 \
      "What is preferred")

/* Near or away from other instances. */
#define KRX_FIELDS_pod_affinity(X)                                                                 \
    X(OBJS, required_during_scheduling, "requiredDuringScheduling", pod_affinity_term, NULL, NULL, \
      0, "All must hold")                                                                          \
    X(OBJS, preferred_during_scheduling, "preferredDuringScheduling", weighted_pod_affinity_term,  \
      NULL, NULL, 0, "Preferences")

/* Attraction to nodes and other workloads. */
#define KRX_FIELDS_affinity(X)                                                                     \
    X(OBJ, node_affinity, "nodeAffinity", node_affinity, NULL, NULL, 0, "To nodes")                \
    X(OBJ, pod_affinity, "podAffinity", pod_affinity, NULL, NULL, 0, "Towards other workloads")    \
    X(OBJ, pod_anti_affinity, "podAntiAffinity", pod_affinity, NULL, NULL, 0,                      \
      "Away from other workloads")

/* A node taint that the workload accepts. */
#define KRX_FIELDS_toleration(X)                                                                   \
    X(STR, key, "key", _, NULL, NULL, 0, "Taint key; absent with Exists: all")                     \
    X(ENUM, operator_, "operator", _, "Equal", "Exists|Equal", 0, "Comparison")                    \
    X(STR, value, "value", _, NULL, NULL, 0, "Taint value")                                        \
    X(ENUM, effect, "effect", _, NULL, "NoSchedule|PreferNoSchedule|NoExecute", 0,                 \
      "Taint effect; absent: all")                                                                 \
    X(INT, toleration_seconds, "tolerationSeconds", _, NULL, "0..31536000", 0,                     \
      "How long it stays under NoExecute")

/* Nodes that may vanish. */
#define KRX_FIELDS_spot(X)                                                                         \
    X(BOOL, enabled, "enabled", _, "false", NULL, 0, "May run on spot or preemptible nodes")       \
    X(BOOL, reschedule_on_node_termination, "rescheduleOnNodeTermination", _, "false", NULL, 0,    \
      "Move soon when the node goes")

/* A node label that is preferred. */
#define KRX_FIELDS_preferred_label(X)                                                              \
    X(STR, key, "key", _, NULL, NULL, KRX_F_REQUIRED, "Label")                                     \
    X(STR, value, "value", _, NULL, NULL, KRX_F_REQUIRED, "Value")                                 \
    X(INT, weight, "weight", _, "1", "0..100", 0, "Weight")

/* Where to run. */
#define KRX_FIELDS_node_placement(X)                                                               \
    X(MAP, required_labels, "requiredLabels", _, NULL, NULL, 0, "Node labels that must match")     \
    X(OBJS, preferred_labels, "preferredLabels", preferred_label, NULL, NULL, 0,                   \
      "Node labels that should match")                                                             \
    X(STR, region, "region", _, NULL, NULL, 0, "Region")                                           \
    X(STR, zone, "zone", _, NULL, NULL, 0, "Zone")                                                 \
    X(STR, hardware_type, "hardwareType", _, NULL, NULL, 0,                                        \
      "Hardware profile (node label kranix.io/hardware)")                                          \
    X(STR, instance_type, "instanceType", _, NULL, NULL, 0, "Machine type")

/* Where and with what priority to run. */
#define KRX_FIELDS_scheduling(X)                                                                   \
    X(BOOL, cost_aware, "costAware", _, NULL, NULL, 0, "Prefer cheap nodes")                       \
    X(STRS, preferred_regions, "preferredRegions", _, NULL, NULL, 0, "Regions, best first")        \
    X(STRS, preferred_zones, "preferredZones", _, NULL, NULL, 0, "Zones, best first")              \
    X(MAP, node_selectors, "nodeSelectors", _, NULL, NULL, 0, "Node labels that must match")       \
    X(OBJ, affinity, "affinity", affinity, NULL, NULL, 0, "Attraction to nodes and workloads")     \
    X(OBJS, tolerations, "tolerations", toleration, NULL, NULL, 0, "Taints accepted")              \
    X(STR, max_cost_per_hour, "maxCostPerHour", _, NULL, NULL, 0, "Most that an hour may cost")    \
    X(ENUM, workload_priority, "workloadPriority", _, NULL, "critical|high|normal|low",            \
      KRX_F_NOCASE, "Priority class")                                                              \
    X(BOOL, preemption_enabled, "preemptionEnabled", _, "true", NULL, 0,                           \
      "May push less important workloads out")                                                     \
    X(STR, priority_class_name, "priorityClassName", _, NULL, NULL, 0,                             \
      "Exact priority class; wins over workloadPriority")                                          \
    X(OBJ, spot, "spot", spot, NULL, NULL, 0, "Nodes that may vanish")                             \
    X(STR, architecture, "architecture", _, NULL, NULL, 0,                                         \
      "amd64, arm64, ... (aarch64, x86_64 and x64 are understood)")                                \
    X(BOOL, avoid_draining_nodes, "avoidDrainingNodes", _, NULL, NULL, 0,                          \
      "Keep off nodes being drained")                                                              \
    X(OBJ, node_placement, "nodePlacement", node_placement, NULL, NULL, 0, "Where to run")

/* Another workload that this one needs. */
#define KRX_FIELDS_dependency(X)                                                                   \
    X(STR, workload_id, "workloadId", _, NULL, NULL, KRX_F_REQUIRED, "Name of the other workload") \
    X(ENUM, type, "type", _, "depends_on", "depends_on|waits_for|requires", 0, "Kind of need")     \
    X(ENUM, condition, "condition", _, NULL, "running|healthy|ready", 0,                           \
      "What the other must have reached")                                                          \
    X(DURATION, timeout_ns, "timeout", _, NULL, NULL, 0, "How long to wait for it")

/* Forecast of failures. */
#define KRX_FIELDS_failure_prediction(X)                                                           \
    X(BOOL, enabled, "enabled", _, "false", NULL, 0, "Forecast at all")                            \
    X(ENUM, model_type, "modelType", _, NULL, "simple|ml|custom", 0, "Model")                      \
    X(DURATION, prediction_window_ns, "predictionWindow", _, NULL, NULL, 0, "How far ahead")       \
    X(NUM, threshold, "threshold", _, NULL, "0..1", 0, "Probability that triggers")                \
    X(STRS, features, "features", _, NULL, "cpu_usage|memory_usage|request_rate|error_rate", 0,    \
      "Signals used")                                                                              \
    X(STRS, mitigation_actions, "mitigationActions", _, NULL, "scale_up|restart|migrate", 0,       \
      "What to do about it")

/* Traffic across namespaces. */
#define KRX_FIELDS_traffic(X)                                                                      \
    X(BOOL, enabled, "enabled", _, "false", NULL, 0, "Restrict traffic")                           \
    X(STRS, allowed_ingress_namespaces, "allowedIngressNamespaces", _, NULL, NULL, 0,              \
      "Namespaces that may call in")                                                               \
    X(STRS, allowed_egress_namespaces, "allowedEgressNamespaces", _, NULL, NULL, 0,                \
      "Namespaces that may be called")                                                             \
    X(BOOL, allow_same_namespace, "allowSameNamespace", _, "true", NULL, 0,                        \
      "Traffic inside the namespace")                                                              \
    X(BOOL, block_cluster_dns, "blockClusterDNS", _, "false", NULL, 0, "No cluster DNS")           \
    X(BOOL, allow_egress_internet, "allowEgressInternet", _, "false", NULL, 0,                     \
      "HTTP and HTTPS to anywhere")

/* Run by schedule instead of always. */
#define KRX_FIELDS_cron(X)                                                                         \
    X(STR, schedule, "schedule", _, NULL, "@cron", 0,                                              \
      "Five fields: minute hour day month weekday; absent or blank: not scheduled")                \
    X(BOOL, suspended, "suspended", _, "false", NULL, 0, "Keep the schedule but do not run")       \
    X(STR, time_zone, "timeZone", _, NULL, "@timezone", 0,                                         \
      "IANA time zone, such as Europe/Berlin")                                                     \
    X(ENUM, concurrency_policy, "concurrencyPolicy", _, "Allow", "Allow|Forbid|Replace",           \
      KRX_F_NOCASE, "When the last run has not ended")

/* Who owns the workload. */
#define KRX_FIELDS_tags(X)                                                                         \
    X(STR, team, "team", _, NULL, NULL, 0, "Team")                                                 \
    X(STR, environment, "environment", _, NULL, NULL, 0, "Environment")                            \
    X(STR, cost_center, "costCenter", _, NULL, NULL, 0, "Cost centre")                             \
    X(MAP, custom, "custom", _, NULL, NULL, 0, "Further tags")

/* Stop sending traffic to what fails. */
#define KRX_FIELDS_circuit_breaker(X)                                                              \
    X(BOOL, enabled, "enabled", _, "false", NULL, 0, "Watch at all")                               \
    X(INT, failure_threshold, "failureThreshold", _, "3", "1..1000", 0,                            \
      "Failures in a row that open it")                                                            \
    X(INT, success_threshold, "successThreshold", _, "2", "1..1000", 0,                            \
      "Successes in a row that close it")                                                          \
    X(INT, open_duration_seconds, "openDurationSeconds", _, "60", "1..86400", 0,                   \
      "How long it stays open")                                                                    \
    X(INT, half_open_max_requests, "halfOpenMaxRequests", _, "1", "1..1000", 0,                    \
      "Trials while half open")                                                                    \
    X(BOOL, trip_on_degraded, "tripOnDegraded", _, "true", NULL, 0, "Degraded counts as failure")

/* A second copy that waits. */
#define KRX_FIELDS_warm_standby(X)                                                                 \
    X(BOOL, enabled, "enabled", _, "false", NULL, 0, "Keep one")                                   \
    X(INT, replicas, "replicas", _, NULL, "0..10000", 0, "Its instances")                          \
    X(BOOL, auto_promote, "autoPromote", _, NULL, NULL, 0, "Take over without asking")             \
    X(STR, standby_workload_id, "standbyWorkloadId", _, NULL, NULL, 0,                             \
      "Its name; absent: <name>-standby")

/* A secret to watch. */
#define KRX_FIELDS_secret_ref(X)                                                                   \
    X(STR, name, "name", _, NULL, NULL, KRX_F_REQUIRED, "Name of the secret")                      \
    X(STR, namespace_, "namespace", _, NULL, NULL, 0, "Its namespace")                             \
    X(STR, env_key, "envKey", _, NULL, NULL, 0, "Environment variable that carries it")

/* Restart when a secret changes. */
#define KRX_FIELDS_secret_rotation(X)                                                              \
    X(BOOL, enabled, "enabled", _, "false", NULL, 0, "Watch at all")                               \
    X(OBJS, secret_refs, "secretRefs", secret_ref, NULL, NULL, 0, "Secrets to watch")

/* Storage that outlives an instance. */
#define KRX_FIELDS_volume(X)                                                                       \
    X(STR, name, "name", _, NULL, "@name", KRX_F_REQUIRED, "Name, unique in the workload")         \
    X(BYTES, size_bytes, "size", _, NULL, NULL, 0, "Size, such as 1Gi")                            \
    X(STR, storage_class, "storageClass", _, NULL, NULL, 0,                                        \
      "Storage class; absent: the backend's default")                                              \
    X(STR, mount_path, "mountPath", _, NULL, "@abspath", 0,                                        \
      "Where it appears; absent: /data/<name>")                                                    \
    X(ENUM, access_mode, "accessMode", _, "ReadWriteOnce",                                         \
      "ReadWriteOnce|ReadWriteMany|ReadOnlyMany", KRX_F_NOCASE, "Who may mount it")                \
    X(BOOL, auto_cleanup, "autoCleanup", _, "false", NULL, 0, "Remove it with the workload")

/* A host folder or memory file system. */
#define KRX_FIELDS_mount(X)                                                                        \
    X(ENUM, type, "type", _, "bind", "bind|tmpfs", KRX_F_NOCASE, "What is mounted")                \
    X(STR, source, "source", _, NULL, "@abspath", 0, "Folder on the host, for bind")               \
    X(STR, target, "target", _, NULL, "@abspath", KRX_F_REQUIRED, "Where it appears")              \
    X(BOOL, read_only, "readOnly", _, "false", NULL, 0, "Mount it read-only")                      \
    X(BYTES, size_bytes, "size", _, NULL, NULL, 0, "Size limit, for tmpfs")

/* Network rate limits of each instance. */
#define KRX_FIELDS_bandwidth(X)                                                                    \
    X(BITRATE, egress_bps, "egressLimit", _, NULL, NULL, 0, "Out of the instance, such as 10Mbit") \
    X(BITRATE, ingress_bps, "ingressLimit", _, NULL, NULL, 0, "Into the instance")                 \
    X(BOOL, enabled, "enabled", _, "true", NULL, 0, "Apply the limits")

/* A check of one instance. */
#define KRX_FIELDS_probe(X)                                                                        \
    X(ENUM, type, "type", _, "http", "http|tcp|exec", KRX_F_NOCASE, "Kind of check")               \
    X(STR, path, "path", _, "/", NULL, 0, "For http")                                              \
    X(INT, port, "port", _, "8080", "1..65535", 0, "For http and tcp")                             \
    X(WORDS, command, "command", _, NULL, NULL, 0, "For exec: words of the command")               \
    X(ENUM, scheme, "scheme", _, "HTTP", "HTTP|HTTPS", KRX_F_NOCASE, "For http")                   \
    X(INT, initial_delay_seconds, "initialDelaySeconds", _, "0", "0..86400", 0,                    \
      "Wait before the first check")                                                               \
    X(INT, period_seconds, "periodSeconds", _, "10", "1..86400", 0, "Between two checks")          \
    X(INT, timeout_seconds, "timeoutSeconds", _, "1", "1..3600", 0,                                \
      "A check that takes longer has failed")                                                      \
    X(INT, failure_threshold, "failureThreshold", _, "3", "1..1000", 0,                            \
      "Failures in a row that count")                                                              \
    X(INT, success_threshold, "successThreshold", _, "1", "1..1000", 0,                            \
      "Successes in a row that count")

/* Checks of health. */
#define KRX_FIELDS_probes(X)                                                                       \
    X(OBJ, startup, "startup", probe, NULL, NULL, 0, "Until it passes, the others wait")           \
    X(OBJ, liveness, "liveness", probe, NULL, NULL, 0, "Failing means restart")                    \
    X(OBJ, readiness, "readiness", probe, NULL, NULL, 0, "Failing means no traffic")

/* Linux capabilities. */
#define KRX_FIELDS_capabilities(X)                                                                 \
    X(STRS, add, "add", _, NULL, "@capability", 0, "In addition to the backend's default set")     \
    X(STRS, drop, "drop", _, NULL, "@capability", 0, "Taken away; ALL takes all")

/* A workload: what should run. */
#define KRX_FIELDS_workload(X)                                                                     \
    X(STR, name, "name", _, NULL, "@name", KRX_F_REQUIRED, "Name, unique in its namespace")        \
    X(STR, namespace_, "namespace", _, NULL, "@name", 0, "Namespace; absent: default")             \
    X(STR, image, "image", _, NULL, "@image", KRX_F_REQUIRED, "Image reference")                   \
    X(INT, replicas, "replicas", _, "1", "0..10000", 0, "How many instances")                      \
    X(ENV, env, "env", _, NULL, NULL, 0, "Environment: a map, or a list of KEY=VALUE")             \
    X(WORDS, command, "command", _, NULL, NULL, 0,                                                 \
      "Replaces the image's entrypoint: one word as a string, or a list of words")                 \
    X(OBJ, resources, "resources", resources, NULL, NULL, 0, "CPU, memory, accelerators")          \
    X(OBJS, ports, "ports", port, NULL, NULL, 0, "Ports that it listens on")                       \
    X(STR, backend, "backend", _, NULL, "@name", 0,                                                \
      "Backend to run on; absent or auto: the configured one")                                     \
    X(STR, compose_file, "composeFile", _, NULL, NULL, 0, "Compose file, for the compose backend") \
    X(STR, remote_host, "remoteHost", _, NULL, NULL, 0, "SSH host, for the remote backend")        \
    X(OBJ, rollout_strategy, "rolloutStrategy", rollout, NULL, NULL, 0,                            \
      "How a change replaces running instances")                                                   \
    X(OBJ, auto_scaling, "autoScaling", autoscaling, NULL, NULL, 0, "Scaling by load")             \
    X(OBJ, scheduling, "scheduling", scheduling, NULL, NULL, 0,                                    \
      "Where and with what priority to run")                                                       \
    X(OBJS, dependencies, "dependencies", dependency, NULL, NULL, 0,                               \
      "Other workloads that it needs")                                                             \
    X(OBJ, failure_prediction, "failurePrediction", failure_prediction, NULL, NULL, 0,             \
      "Forecast of failures")                                                                      \
    X(OBJ, cross_namespace_traffic, "crossNamespaceTraffic", traffic, NULL, NULL, 0,               \
      "Traffic across namespaces")                                                                 \
    X(OBJ, cron_schedule, "cronSchedule", cron, NULL, NULL, 0,                                     \
      "Run by schedule instead of always")                                                         \
    X(OBJ, tags, "tags", tags, NULL, NULL, 0, "Who owns it")                                       \
    X(OBJ, circuit_breaker, "circuitBreaker", circuit_breaker, NULL, NULL, 0,                      \
      "Stop sending traffic to what fails")                                                        \
    X(OBJ, warm_standby, "warmStandby", warm_standby, NULL, NULL, 0, "A second copy that waits")   \
    X(OBJ, secret_rotation, "secretRotation", secret_rotation, NULL, NULL, 0,                      \
      "Restart when a secret changes")                                                             \
    X(MAP, labels, "labels", _, NULL, NULL, 0, "Labels of the workload and its instances")         \
    X(OBJS, volumes, "volumes", volume, NULL, NULL, 0, "Storage that outlives an instance")        \
    X(OBJ, network_bandwidth, "networkBandwidth", bandwidth, NULL, NULL, 0, "Network rate limits") \
    X(OBJ, probes, "probes", probes, NULL, NULL, 0, "Checks of health")                            \
    X(WORDS, args, "args", _, NULL, NULL, 0,                                                       \
      "Arguments after the command or the image's entrypoint")                                     \
    X(ENUM, restart_policy, "restartPolicy", _, "unless-stopped",                                  \
      "no|on-failure|always|unless-stopped|never=no|OnFailure=on-failure", KRX_F_NOCASE,           \
      "When an instance that ended is started again")                                              \
    X(INT, restart_retries, "restartRetries", _, NULL, "0..1000", 0,                               \
      "For on-failure: give up after so many restarts; absent: never")                             \
    X(STR, working_dir, "workingDir", _, NULL, "@abspath", 0, "Working directory of the command")  \
    X(STR, user, "user", _, NULL, NULL, 0,                                                         \
      "User (and :group) that runs the command, by name or number")                                \
    X(ENUM, pull_policy, "pullPolicy", _, "IfNotPresent",                                          \
      "Always|IfNotPresent|Never|missing=IfNotPresent", KRX_F_NOCASE, "When the image is pulled")  \
    X(WORDS, env_file, "envFile", _, NULL, NULL, 0,                                                \
      "Files of KEY=VALUE lines, read by the client; env wins")                                    \
    X(DURATION, stop_grace_period_ns, "stopGracePeriod", _, NULL, NULL, 0,                         \
      "Time to end after the stop signal before it is killed")                                     \
    X(STR, stop_signal, "stopSignal", _, NULL, "@signal", 0, "Signal that asks it to end")         \
    X(STR, platform, "platform", _, NULL, "@platform", 0,                                          \
      "os/architecture[/variant] of the image, such as linux/arm64")                               \
    X(STR, hostname, "hostname", _, NULL, "@name", 0, "Host name inside the instance")             \
    X(STRS, extra_hosts, "extraHosts", _, NULL, "@hostentry", 0,                                   \
      "Further entries of /etc/hosts, as name:address")                                            \
    X(OBJS, mounts, "mounts", mount, NULL, NULL, 0, "Host folders and memory file systems")        \
    X(WORDS, tmpfs, "tmpfs", _, NULL, "@abspath", 0, "Memory file systems, as paths")              \
    X(MAP, annotations, "annotations", _, NULL, NULL, 0, "Notes for tools; never used to select")  \
    X(BOOL, read_only_root_filesystem, "readOnlyRootFilesystem", _, "false", NULL, 0,              \
      "The root file system can't be written")                                                     \
    X(OBJ, capabilities, "capabilities", capabilities, NULL, NULL, 0, "Linux capabilities")        \
    X(STR, network, "network", _, NULL, "@network", 0,                                             \
      "Network that it is on: bridge, host, none or ns:/path; absent: the backend's default")      \
    X(STR, runtime, "runtime", _, NULL, "@runtime", 0,                                             \
      "OCI runtime that runs it, such as crun, runc or runsc; absent: the backend's default")      \
    X(BOOL, stdin_open, "stdin", _, "false", NULL, 0,                                              \
      "Standard input stays open, for who attaches")                                               \
    X(BOOL, tty, "tty", _, "false", NULL, 0,                                                       \
      "The command has a terminal; standard error comes on standard output then")

/* Every struct, those that are used before those that use them. X(type, "help") */
#define KRX_SCHEMA_STRUCTS(X)                                                                      \
    X(gpu, "Accelerators for each instance")                                                       \
    X(resources, "What each instance asks for and may use")                                        \
    X(port, "A port that the workload listens on")                                                 \
    X(rollout_canary, "Canary rollout")                                                            \
    X(rollout_abtest, "A/B rollout")                                                               \
    X(rollout, "How a change replaces running instances")                                          \
    X(metric_target, "Target of a custom metric")                                                  \
    X(custom_metric, "A custom metric to scale on")                                                \
    X(autoscaling, "Scaling by load")                                                              \
    X(selector_requirement, "One condition on a label or field")                                   \
    X(node_selector_term, "Conditions that must all hold")                                         \
    X(preferred_node_term, "A preference with its weight")                                         \
    X(node_affinity, "Which nodes")                                                                \
    X(pod_affinity_term, "Near or away from which instances")                                      \
    X(weighted_pod_affinity_term, "A preference with its weight")                                  \
    X(pod_affinity, "Near or away from other instances")                                           \
    X(affinity, "Attraction to nodes and other workloads")                                         \
    X(toleration, "A node taint that the workload accepts")                                        \
    X(spot, "Nodes that may vanish")                                                               \
    X(preferred_label, "A node label that is preferred")                                           \
    X(node_placement, "Where to run")                                                              \
    X(scheduling, "Where and with what priority to run")                                           \
    X(dependency, "Another workload that this one needs")                                          \
    X(failure_prediction, "Forecast of failures")                                                  \
    X(traffic, "Traffic across namespaces")                                                        \
    X(cron, "Run by schedule instead of always")                                                   \
    X(tags, "Who owns the workload")                                                               \
    X(circuit_breaker, "Stop sending traffic to what fails")                                       \
    X(warm_standby, "A second copy that waits")                                                    \
    X(secret_ref, "A secret to watch")                                                             \
    X(secret_rotation, "Restart when a secret changes")                                            \
    X(volume, "Storage that outlives an instance")                                                 \
    X(mount, "A host folder or memory file system")                                                \
    X(bandwidth, "Network rate limits of each instance")                                           \
    X(probe, "A check of one instance")                                                            \
    X(probes, "Checks of health")                                                                  \
    X(capabilities, "Linux capabilities")                                                          \
    X(workload, "A workload: what should run")

#endif
