/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/event_file.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/containers/session.h"
#include "modules/oci/containers/stats.h"
#include "modules/oci/containers/status.h"

const krx_container_ops krx_oci_container_ops = {.struct_size = sizeof krx_oci_container_ops,
                                                 .list = krx_oci_instances_op,
                                                 .start = krx_oci_start_op,
                                                 .stop = krx_oci_stop_op,
                                                 .pause = krx_oci_pause_op,
                                                 .unpause = krx_oci_unpause_op,
                                                 .kill = krx_oci_kill_op,
                                                 .exec = krx_oci_exec_op,
                                                 .attach = krx_oci_attach_op,
                                                 .stats = krx_oci_stats_op,
                                                 .inspect = krx_oci_inspect_op,
                                                 .events = krx_oci_events_op,
                                                 .forward = krx_oci_forward_op};
