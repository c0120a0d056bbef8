/* SPDX-License-Identifier: Apache-2.0 */
/* Built with an SDK of years to come: one more table, one more op, a thread model in between. */
#include "tests/badmods/minimal.h"

struct newer_ops {
    krx_driver_ops known;
    int32_t (*teleport)(krx_call *, void *);
};

struct newer_module {
    krx_module known;
    const void *teleporters;
};

static int32_t teleport(krx_call *call, void *backend)
{
    (void)call;
    (void)backend;
    abort();
}

static const struct newer_ops driver = {
    .known = {.struct_size = sizeof driver,
              .deploy = min_deploy,
              .destroy = min_destroy,
              .restart = min_restart,
              .get_status = min_get_status,
              .list_workloads = min_list_workloads,
              .stream_logs = min_stream_logs,
              .ping = min_ping,
              .backend = min_backend},
    .teleport = teleport,
};

MIN_NOTE(note, sizeof(krx_note), KRX_NOTE_MAGIC, KRX_NOTE_VERSION, KRX_ABI_MAJOR, KRX_ABI_MINOR + 7,
         0, "good", "1.2.3");

extern KRX_PUBLIC const struct newer_module krx_module_good;
const struct newer_module krx_module_good = {
    .known = {.magic = KRX_MODULE_MAGIC,
              .struct_size = sizeof(struct newer_module),
              .abi_major = KRX_ABI_MAJOR,
              .abi_minor = KRX_ABI_MINOR + 7,
              .thread_model = KRX_THREADS_BACKEND + 500,
              .flags_may = 0x8000,
              .name = "good",
              .version = "1.2.3",
              .description = "from the future",
              .license = "Apache-2.0",
              .load = min_load,
              .open = min_open,
              .close = min_close,
              .unload = min_unload,
              .driver = &driver.known},
    .teleporters = "none of your business",
};
