/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/about.h"

#include <sys/utsname.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/capabilities.h"

/* The round trip is that to the runtime. */
int32_t krx_oci_ping_op(krx_call *call, void *backend, const krx_ping_req *req, krx_sink *latency)
{
    krx_oci_backend *be = backend;
    const krx_oci_runtime *runtime;
    krx_latency item = {.struct_size = sizeof item};
    (void)req;
    int32_t code = krx_oci_backend_ready(call, be, &runtime);
    if (code)
        return code;
    krx_oci_command command = {.keeper = be->choice.keeper, .name = "--version"};
    krx_oci_runtime plain = *runtime;
    plain.shed = false; /* it looks at no control group for that */
    int64_t begin = krx_now_monotonic();
    code = krx_oci_runtime_run(call, &plain, &command, NULL);
    if (code)
        return code;
    item.latency_ns = krx_now_monotonic() - begin;
    return krx_emit(latency, KRX_ITEM_LATENCY, &item);
}

static const char *os_name(const struct utsname *machine)
{
    return krx_streq(machine->sysname, "Linux") ? "linux" : machine->sysname;
}

static const char *architecture(const struct utsname *machine)
{
    static const struct {
        const char *machine, *name;
    } names[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm"}};
    for (size_t i = 0; i < KRX_COUNT(names); i++)
        if (krx_streq(machine->machine, names[i].machine))
            return names[i].name;
    return machine->machine;
}

static bool add(krx_arena *arena, krx_ptrs *warnings, const char *text)
{
    return text && krx_ptrs_add(arena, warnings, text) == 0;
}

/* Things that work less well here than they could. */
static bool warn(krx_arena *arena, const krx_oci_backend *be, const krx_oci_runtime *runtime,
                 krx_ptrs *warnings)
{
    if (be->rootless && !(runtime->can & KRX_OCI_CAN_ROOTLESS) &&
        !add(arena, warnings,
             krx_arena_printf(arena, "%s %s does not run without root", runtime->name,
                              runtime->version)))
        return false;
    if (krx_oci_cgroup_mode() == KRX_OCI_CGROUP_NONE &&
        !add(arena, warnings, "control groups are not mounted: no limit is enforced"))
        return false;
    return runtime->can & KRX_OCI_CAN_CHECKPOINT || !runtime->checkpoint_refusal ||
           add(arena, warnings,
               krx_arena_printf(arena, "no checkpoints: %s", runtime->checkpoint_refusal));
}

/* One whose runtime is missing is described as far as it goes: the failure is a warning. */
int32_t krx_oci_backend_op(krx_call *call, void *backend, const krx_backend_req *req,
                           krx_sink *info)
{
    krx_oci_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const krx_oci_runtime *runtime = NULL;
    krx_side_call scratch;
    krx_ptrs warnings = {0};
    struct utsname machine;
    krx_backend_info item = {.struct_size = sizeof item, .name = "oci"};
    if (!arena)
        return krx_no_memory(call);
    item.endpoint = be->store.root;
    if (uname(&machine) == 0) {
        item.os = os_name(&machine);
        item.architecture = architecture(&machine);
    }
    if (krx_oci_backend_ready(krx_side_call_init(&scratch, call), be, &runtime)) {
        if (krx_check(call) < 0)
            return call->error->code;
        if (!add(arena, &warnings, scratch.error.message))
            return krx_no_memory(call);
    }
    if (req->capabilities) {
        int32_t code = krx_oci_emit_capabilities(runtime, req->capabilities);
        if (code)
            return code;
    }
    if (runtime) {
        item.version = krx_arena_printf(arena, "%s %s", runtime->name, runtime->version);
        if (!item.version || !warn(arena, be, runtime, &warnings))
            return krx_no_memory(call);
    }
    item.warnings = (const char *const *)krx_ptrs_end(arena, &warnings);
    return item.warnings ? krx_emit(info, KRX_ITEM_BACKEND, &item) : krx_no_memory(call);
}
