/* SPDX-License-Identifier: Apache-2.0 */
/* The module's descriptor. */
#include "modules/oci/settings.h"

static int32_t oci_open(krx_call *call, const krx_open_req *req, void **out)
{
    krx_oci_backend *backend = calloc(1, sizeof *backend);
    (void)req;
    if (!backend)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    *out = backend;
    return 0;
}

static void oci_close(void *opened)
{
    free(opened);
}

static const krx_driver_ops driver = {.struct_size = sizeof driver};

KRX_MODULE(oci, "oci", "0.1.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "Workloads as containers of crun, runc or runsc, without an engine",
           .license = "Apache-2.0", .settings = krx_oci_settings, .open = oci_open,
           .close = oci_close, .driver = &driver);
