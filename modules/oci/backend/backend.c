/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/backend/backend.h"

#include <unistd.h>

#include "lib/base/str.h"

/* --------------------------------------------------------------------------------------- runtime
 */

static int32_t choose(krx_call *call, krx_oci_backend *backend)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_choice choice = backend->choice;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_store_ready(call, &backend->store);
    if (!code)
        code = krx_oci_keeper_find(call, arena, backend->keeper, &choice.keeper);
    if (!code)
        code = krx_oci_runtime_choose(call, arena, &backend->store, &choice, &backend->runtime);
    if (code)
        return code;
    backend->choice.keeper = choice.keeper;
    backend->chosen = krx_move_ptr(arena);
    return 0;
}

int32_t krx_oci_backend_ready(krx_call *call, krx_oci_backend *backend,
                              const krx_oci_runtime **runtime)
{
    KRX_LOCK_SCOPE(&backend->lock);
    int32_t code = krx_check(call);
    if (!code && !backend->chosen)
        code = choose(call, backend);
    if (!code && runtime)
        *runtime = &backend->runtime;
    return code;
}

static krx_oci_choice choice_of(krx_oci_backend *backend)
{
    KRX_LOCK_SCOPE(&backend->lock);
    return backend->choice;
}

/* Another one than the usual. Without that one, this one may work all the same. */
static int32_t choose_other(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                            const char *name, const char *path, krx_oci_runtime *out)
{
    krx_oci_choice choice = choice_of(backend);
    choice.runtime = name;
    choice.runtime_path = path;
    int32_t code = krx_oci_keeper_find(call, arena, backend->keeper, &choice.keeper);
    if (!code)
        code = krx_oci_store_ready(call, &backend->store);
    return code ? code : krx_oci_runtime_choose(call, arena, &backend->store, &choice, out);
}

int32_t krx_oci_runtime_named(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                              const char *name, krx_oci_runtime *out)
{
    const krx_oci_runtime *usual;
    bool any = krx_blank(name) || krx_streq(name, "auto");
    int32_t code = krx_oci_backend_ready(call, backend, &usual);
    if (!code && (any || krx_streq(usual->name, name))) {
        *out = *usual;
        return 0;
    }
    return any ? code : choose_other(call, arena, backend, name, NULL, out);
}

/* A container keeps the program and the global options that it was made with. */
static int32_t as_made(krx_call *call, krx_arena *arena, const krx_oci_store *store, const char *id,
                       krx_oci_launch *out)
{
    krx_side_call scratch;
    krx_oci_store here = *store;
    *out = (krx_oci_launch){0};
    if (!krx_oci_launch_read(krx_side_call_init(&scratch, call), arena, &here, id, out))
        return 0;
    *out = (krx_oci_launch){0};
    return krx_check(call);
}

int32_t krx_oci_runtime_of(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                           const krx_oci_container *container, krx_oci_runtime *out)
{
    const krx_oci_runtime *usual;
    krx_oci_launch launch;
    int32_t code = as_made(call, arena, &backend->store, container->id, &launch);
    if (code)
        return code;
    bool known = launch.runtime_path && access(launch.runtime_path, X_OK) == 0;
    code = krx_oci_backend_ready(call, backend, &usual);
    if (!code && krx_streq(usual->name, container->runtime) &&
        (!known || krx_streq(usual->path, launch.runtime_path)))
        *out = *usual;
    else
        code = choose_other(call, arena, backend, container->runtime,
                            known ? launch.runtime_path : NULL, out);
    if (!code && launch.runtime_args)
        out->args = launch.runtime_args;
    return code;
}

bool krx_oci_can_pause(const krx_oci_runtime *runtime)
{
    bool grouped = krx_oci_cgroup_usable() || !(runtime->can & KRX_OCI_CAN_SEE_INIT);
    return grouped && runtime->can & KRX_OCI_CAN_PAUSE;
}

int32_t krx_oci_fail_pause(krx_call *call, const krx_oci_runtime *runtime)
{
    return krx_fail(call, KRX_E_UNSUPPORTED, "%s %s can't pause containers here%s", runtime->name,
                    runtime->version,
                    krx_oci_cgroup_usable() ? "" : ": this user may not make control groups");
}

bool krx_oci_own_stack(const krx_oci_runtime *runtime)
{
    return runtime->rootless && !(runtime->can & KRX_OCI_CAN_SEE_INIT);
}
