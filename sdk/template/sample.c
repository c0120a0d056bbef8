/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptor: what the module is called, takes and offers. Start reading here. */
#include "sample.h"

static const krx_setting log_dir = {
    .struct_size = sizeof log_dir,
    .type = KRX_SETTING_PATH,
    .name = "log_dir",
    .def = "/tmp",
    .help = "Folder in which the logs are kept while the backend is open",
};

static const krx_setting *const settings[] = {&log_dir, NULL};

static const krx_driver_ops driver = {
    .struct_size = sizeof driver,
    .deploy = sample_deploy,
    .destroy = sample_destroy,
    .restart = sample_restart,
    .get_status = sample_get_status,
    .list_workloads = sample_list,
    .stream_logs = sample_logs,
    .ping = sample_ping,
    .backend = sample_backend,
};

KRX_MODULE(sample, "sample", "1.0.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "Processes of this machine as workloads", .license = "Apache-2.0",
           .settings = settings, .load = sample_load, .open = sample_open, .close = sample_close,
           .driver = &driver);
