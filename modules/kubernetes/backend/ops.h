/* SPDX-License-Identifier: Apache-2.0 */
/* Every op of the module, by the folder that has it. */
#ifndef KRX_KUBERNETES_OPS_H
#define KRX_KUBERNETES_OPS_H

#include <kranix/module.h>

#define KRX_K8S_OP(name, req)                                                                      \
    int32_t krx_k8s_##name##_op(krx_call *, void *, const req *, krx_sink *)

/* about.c */
KRX_K8S_OP(ping, krx_ping_req);
KRX_K8S_OP(backend, krx_backend_req);
/* deploy/ */
KRX_K8S_OP(deploy, krx_deploy_req);
KRX_K8S_OP(destroy, krx_destroy_req);
KRX_K8S_OP(revisions, krx_revision_req);
KRX_K8S_OP(rollback, krx_revision_req);
KRX_K8S_OP(volumes, krx_volumes_req);
KRX_K8S_OP(provision, krx_volumes_req);
KRX_K8S_OP(cleanup, krx_volumes_req);
KRX_K8S_OP(manifest, krx_manifest_req);
KRX_K8S_OP(bandwidth, krx_bandwidth_req);
KRX_K8S_OP(setup, krx_setup_req);
/* status/ */
KRX_K8S_OP(status, krx_status_req);
KRX_K8S_OP(list, krx_list_req);
/* pods/ */
KRX_K8S_OP(pods, krx_list_req);
KRX_K8S_OP(inspect, krx_container_req);
KRX_K8S_OP(stats, krx_stats_req);
/* events/ */
KRX_K8S_OP(events, krx_events_req);
/* logs/ */
KRX_K8S_OP(logs, krx_logs_req);
/* sessions/ */
KRX_K8S_OP(exec, krx_exec_req);
KRX_K8S_OP(attach, krx_exec_req);
KRX_K8S_OP(forward, krx_forward_req);
/* lifecycle/ */
KRX_K8S_OP(start, krx_container_req);
KRX_K8S_OP(stop, krx_container_req);
KRX_K8S_OP(restart, krx_restart_req);
KRX_K8S_OP(kill, krx_container_req);
KRX_K8S_OP(checkpoint, krx_checkpoint_req);
KRX_K8S_OP(restore, krx_checkpoint_req);
KRX_K8S_OP(checkpoints, krx_checkpoint_req);
/* nodes/ */
KRX_K8S_OP(backend_health, krx_node_req);
KRX_K8S_OP(nodes, krx_node_req);
KRX_K8S_OP(cordon, krx_node_req);
KRX_K8S_OP(uncordon, krx_node_req);
KRX_K8S_OP(drain, krx_drain_req);

#endif
