/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every key of the configuration, once. Parser, `kranix config show` and docs/reference/config.md
 * are made from it.
 *
 * Row: X(TYPE, "section.key", default, allowed, secret, "help")
 *   STRING    text; allowed: NULL or a|b|c
 *   PATH      a file's name; ~ is expanded by who uses it
 *   INT       integer within allowed (low..high)
 *   BOOL      true or false
 *   DURATION  500ms, 30s, 5m, 2h
 *   SIZE      512Mi, 1Gi
 *   LIST      list of texts
 *   PLUGINS   list of {name, module, description, enabled}
 */
#ifndef KRX_CORE_CONFIG_TABLE_H
#define KRX_CORE_CONFIG_TABLE_H

#define KRX_CONFIG_TABLE(X)                                                                        \
    X(STRING, "runtime.default_backend", "auto", NULL, 0,                                          \
      "Backend of workloads that name none; auto: the first of docker, podman, oci that answers")  \
    X(STRING, "log.level", "warn", "error|warn|info|debug", 0,                                     \
      "The most detailed messages that are written to standard error")                             \
    X(STRING, "log.format", "text", "text|json", 0, "Form of the messages, one on each line")      \
    X(STRING, "docker.host", "unix:///var/run/docker.sock", NULL, 0,                               \
      "Engine to use; not set: DOCKER_HOST, then the Docker context, then this default")           \
    X(STRING, "docker.api_version", "", NULL, 0,                                                   \
      "Version of the Engine API to speak, and no other; empty: the newest that both know")        \
    X(PATH, "kubernetes.kubeconfig", "", NULL, 0,                                                  \
      "File with the clusters; empty: KUBECONFIG, ~/.kube/config, then the pod's own account")     \
    X(STRING, "kubernetes.context", "", NULL, 0, "Context in that file; empty: its current one")   \
    X(STRING, "kubernetes.default_namespace", "default", NULL, 0,                                  \
      "Namespace of workloads that name none")                                                     \
    X(STRING, "podman.socket", "", NULL, 0,                                                        \
      "Podman service to use, such as unix:///run/podman/podman.sock; empty: the user's own")      \
    X(PATH, "remote.ssh_key_path", "~/.ssh/id_rsa", NULL, 0, "Key to log in to remote hosts with") \
    X(PATH, "remote.known_hosts_path", "~/.ssh/known_hosts", NULL, 0,                              \
      "Host keys that are trusted")                                                                \
    X(BOOL, "gpu.enabled", "false", NULL, 0, "Whether workloads may ask for accelerators")         \
    X(STRING, "gpu.default_vendor", "nvidia", "nvidia|amd", 0,                                     \
      "Vendor where a workload names none")                                                        \
    X(PATH, "gpu.nvidia_device_path", "/dev/nvidia0", NULL, 0, "Device file of NVIDIA")            \
    X(PATH, "gpu.amd_device_path", "/dev/kfd", NULL, 0, "Device file of AMD")                      \
    X(BOOL, "ephemeral.enabled", "false", NULL, 0, "Ephemeral environments")                       \
    X(DURATION, "ephemeral.default_ttl", "2h", NULL, 0, "How long an environment lives")           \
    X(INT, "ephemeral.max_environments", "10", "0..100000", 0, "How many there may be at once")    \
    X(STRING, "ephemeral.namespace_prefix", "ephem-", NULL, 0, "Start of their namespaces' names") \
    X(BOOL, "ephemeral.auto_teardown", "true", NULL, 0, "Remove them when their time is up")       \
    X(BOOL, "ephemeral.teardown_on_merge", "true", NULL, 0,                                        \
      "Remove them when their pull request is merged")                                             \
    X(BOOL, "ephemeral.teardown_on_close", "true", NULL, 0,                                        \
      "Remove them when their pull request is closed")                                             \
    X(DURATION, "ephemeral.cleanup_interval", "5m", NULL, 0, "How often they are looked through")  \
    X(BOOL, "edge_agent.enabled", "false", NULL, 0, "Run as an edge node")                         \
    X(STRING, "edge_agent.node_id", "", NULL, 0, "Id of this node; empty: made up once and kept")  \
    X(STRING, "edge_agent.node_name", "", NULL, 0, "Name of this node; empty: the host's name")    \
    X(STRING, "edge_agent.ip_address", "", NULL, 0, "Address to announce; empty: found out")       \
    X(INT, "edge_agent.port", "50052", "1..65535", 0, "Port of the agent")                         \
    X(DURATION, "edge_agent.heartbeat_interval", "30s", NULL, 0, "How often the node reports")     \
    X(STRING, "edge_agent.auth_token", "", NULL, 1, "Secret shared with the control plane")        \
    X(BOOL, "image_cache.enabled", "false", NULL, 0, "Manage the images kept on the backend")      \
    X(INT, "image_cache.cache_size_gb", "100", "1..1000000", 0, "Most space for images, in GB")    \
    X(INT, "image_cache.max_cached_images", "50", "1..1000000", 0, "Most images that are kept")    \
    X(DURATION, "image_cache.ttl", "168h", NULL, 0, "How long an unused image is kept")            \
    X(LIST, "image_cache.prepull_images", "[]", NULL, 0, "Images that are pulled in advance")      \
    X(LIST, "image_cache.registry_mirrors", "[]", NULL, 0, "Registries to try first")              \
    X(BOOL, "metrics.enabled", "true", NULL, 0, "Collect metrics of workloads")                    \
    X(DURATION, "metrics.collection_interval", "30s", NULL, 0, "How often they are collected")     \
    X(DURATION, "metrics.retention_period", "24h", NULL, 0, "How long samples are kept")           \
    X(BOOL, "metrics.expose_endpoint", "true", NULL, 0, "Serve them at /metrics")                  \
    X(INT, "metrics.metrics_port", "9090", "1..65535", 0, "Port of /metrics")                      \
    X(BOOL, "plugins.enabled", "true", NULL, 0, "Whether any module may be loaded at all")         \
    X(PLUGINS, "plugins.allow", "[]", NULL, 0,                                                     \
      "Modules by name; enabled: false denies one that an allow file allows, true allows nothing") \
    X(BOOL, "checkpoint.enabled", "true", NULL, 0, "Checkpoint and restore")                       \
    X(BOOL, "bandwidth.enabled", "true", NULL, 0, "Bandwidth limits")                              \
    X(INT, "bandwidth.default_egress_mbit", "100", "0..1000000", 0,                                \
      "Limit on what a workload sends where it names none, in Mbit/s; 0: no limit")                \
    X(BOOL, "volumes.enabled", "true", NULL, 0, "Create the volumes of workloads")                 \
    X(STRING, "volumes.default_storage_class", "", NULL, 0,                                        \
      "Storage class where a volume names none; empty: the cluster's default")                     \
    X(SIZE, "volumes.default_size", "1Gi", NULL, 0, "Size where a volume names none")              \
    X(BOOL, "volumes.auto_cleanup_on_destroy", "false", NULL, 0,                                   \
      "Remove a workload's volumes when it is destroyed, as with --volumes; false keeps the data") \
    X(BOOL, "node_ops.health_scoring.enabled", "true", NULL, 0, "Score the health of nodes")       \
    X(DURATION, "node_ops.health_scoring.latency_window", "5m", NULL, 0,                           \
      "Time over which latency is averaged")                                                       \
    X(BOOL, "node_ops.drain.enabled", "true", NULL, 0, "Allow nodes to be drained")                \
    X(INT, "node_ops.drain.default_grace_period_seconds", "30", "0..86400", 0,                     \
      "Time that workloads get to stop")                                                           \
    X(BOOL, "node_ops.drain.ignore_daemonsets", "true", NULL, 0,                                   \
      "Leave DaemonSets where they are")                                                           \
    X(BOOL, "node_ops.multi_arch.enabled", "true", NULL, 0,                                        \
      "Place workloads by the architecture of their image")                                        \
    X(STRING, "node_ops.multi_arch.default_arch", "", NULL, 0,                                     \
      "Architecture where neither spec nor image tells; empty: any")                               \
    X(BOOL, "migration.enabled", "true", NULL, 0, "Migration between backends")                    \
    X(DURATION, "migration.ready_timeout", "5m", NULL, 0, "How long the new place may take")       \
    X(BOOL, "migration.zero_downtime", "true", NULL, 0,                                            \
      "Stop the old place only when the new one is ready")

/*
 * Sections that belong to modules. Besides the rows above they take any setting that the module
 * declares; that is checked when it is opened.
 */
#define KRX_CONFIG_MODULE_SECTIONS(X)                                                              \
    X("docker")                                                                                    \
    X("podman")                                                                                    \
    X("compose")                                                                                   \
    X("kubernetes")                                                                                \
    X("remote")                                                                                    \
    X("edge")                                                                                      \
    X("oci")

#endif
