/* SPDX-License-Identifier: Apache-2.0 */
/* The module's descriptor, its settings and the ops that fit nowhere else. */
#include "modules/kubernetes/backend/backend.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/settings.h"

static const krx_driver_ops driver = {.struct_size = sizeof driver,
                                      .deploy = krx_k8s_deploy_op,
                                      .destroy = krx_k8s_destroy_op,
                                      .restart = krx_k8s_restart_op,
                                      .get_status = krx_k8s_status_op,
                                      .list_workloads = krx_k8s_list_op,
                                      .stream_logs = krx_k8s_logs_op,
                                      .ping = krx_k8s_ping_op,
                                      .backend = krx_k8s_backend_op};

static const krx_node_ops node = {.struct_size = sizeof node,
                                  .list_backend_health = krx_k8s_backend_health_op,
                                  .list_node_health = krx_k8s_nodes_op,
                                  .cordon = krx_k8s_cordon_op,
                                  .drain_node = krx_k8s_drain_op,
                                  .uncordon = krx_k8s_uncordon_op};

static const krx_extended_ops extended = {.struct_size = sizeof extended,
                                          .checkpoint = krx_k8s_checkpoint_op,
                                          .restore = krx_k8s_restore_op,
                                          .list_checkpoints = krx_k8s_checkpoints_op,
                                          .provision_volumes = krx_k8s_provision_op,
                                          .cleanup_volumes = krx_k8s_cleanup_op,
                                          .set_bandwidth = krx_k8s_bandwidth_op,
                                          .list_revisions = krx_k8s_revisions_op,
                                          .rollback = krx_k8s_rollback_op,
                                          .setup = krx_k8s_setup_op,
                                          .list_volumes = krx_k8s_volumes_op};

static const krx_container_ops container = {.struct_size = sizeof container,
                                            .list = krx_k8s_pods_op,
                                            .start = krx_k8s_start_op,
                                            .stop = krx_k8s_stop_op,
                                            .kill = krx_k8s_kill_op,
                                            .exec = krx_k8s_exec_op,
                                            .attach = krx_k8s_attach_op,
                                            .stats = krx_k8s_stats_op,
                                            .inspect = krx_k8s_inspect_op,
                                            .export_manifest = krx_k8s_manifest_op,
                                            .events = krx_k8s_events_op,
                                            .forward = krx_k8s_forward_op};

KRX_MODULE(kubernetes, "kubernetes", "0.1.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "Workloads as Deployments and CronJobs of a Kubernetes cluster",
           .license = "Apache-2.0", .settings = krx_k8s_setting_table, .open = krx_k8s_open,
           .close = krx_k8s_close, .driver = &driver, .node = &node, .extended = &extended,
           .container = &container);
