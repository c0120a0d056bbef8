/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/checkpoint/criu.h"

#include <string.h>

#include <kranix/ops.h>

bool krx_oci_by_criu(const krx_oci_runtime *runtime)
{
    return (runtime->can & KRX_OCI_CAN_SEE_INIT) != 0;
}

/* What the user can ask for, and how each side is told. `conf` is CRIU's own name of it. */
static const struct {
    uint32_t flag;
    uint32_t can;
    const char *name; /* as kranix spells it */
    const char *option;
    const char *conf; /* NULL: only by option */
} wishes[] = {
    {KRX_CHECKPOINT_TCP_ESTABLISHED, KRX_OCI_CAN_TCP_ESTABLISHED, "--tcp-established",
     "tcp-established", "tcp-established"},
    {KRX_CHECKPOINT_SKIP_IN_FLIGHT, KRX_OCI_CAN_SKIP_IN_FLIGHT, "--tcp-skip-in-flight",
     "tcp-skip-in-flight", "skip-in-flight"},
    {KRX_CHECKPOINT_LINK_REMAP, KRX_OCI_CAN_LINK_REMAP, "--link-remap", "link-remap", "link-remap"},
};

int32_t krx_oci_freeze_allowed(krx_call *call, const krx_oci_runtime *runtime, uint32_t flags)
{
    /* gVisor's own network stack and files are part of what it keeps. */
    for (size_t i = 0; krx_oci_by_criu(runtime) && i < KRX_COUNT(wishes); i++)
        if ((flags & wishes[i].flag) && !(runtime->can & wishes[i].can))
            return krx_fail(call, KRX_E_UNSUPPORTED, "%s %s can't do %s", runtime->name,
                            runtime->version, wishes[i].name);
    return 0;
}

static void add(krx_arena *arena, krx_ptrs *list, const char *option, const char *value)
{
    (void)krx_ptrs_add(arena, list, krx_arena_printf(arena, "--%s", option));
    if (value)
        (void)krx_ptrs_add(arena, list, value);
}

/* Limits stay those of the new container: what the control group held is not brought back. */
static void add_cgroups(krx_arena *arena, krx_ptrs *list, const krx_oci_runtime *runtime,
                        const char *command)
{
    if (krx_oci_runtime_knows(runtime, command, "manage-cgroups-mode"))
        add(arena, list, "manage-cgroups-mode", "soft");
}

static const char *const *ended(krx_arena *arena, krx_ptrs *list)
{
    void **all = krx_ptrs_end(arena, list);
    return krx_arena_failed(arena) ? NULL : (const char *const *)all;
}

const char *const *krx_oci_freeze_options(krx_arena *arena, const krx_oci_runtime *runtime,
                                          const krx_oci_freeze_ask *freeze)
{
    krx_ptrs list = {0};
    add(arena, &list, "image-path", freeze->images);
    if (freeze->flags & KRX_CHECKPOINT_LEAVE_RUNNING)
        add(arena, &list, "leave-running", NULL);
    if (freeze->cuda && krx_oci_runtime_knows(runtime, "checkpoint", "cuda-checkpoint-path"))
        add(arena, &list, "cuda-checkpoint-path", freeze->cuda);
    if (!krx_oci_by_criu(runtime))
        return ended(arena, &list);
    add(arena, &list, "work-path", freeze->work);
    add_cgroups(arena, &list, runtime, "checkpoint");
    for (size_t i = 0; i < KRX_COUNT(wishes); i++)
        if ((freeze->flags & wishes[i].flag) &&
            krx_oci_runtime_knows(runtime, "checkpoint", wishes[i].option))
            add(arena, &list, wishes[i].option, NULL);
    return ended(arena, &list);
}

/* Connections that nobody asked to keep are closed, as peers see it when a machine fails. */
static const char *tcp_policy(uint32_t flags)
{
    return flags & KRX_CHECKPOINT_TCP_ESTABLISHED ? "tcp-established" : "tcp-close";
}

const char *const *krx_oci_thaw_options(krx_arena *arena, const krx_oci_runtime *runtime,
                                        const krx_oci_freeze_ask *freeze)
{
    krx_ptrs list = {0};
    if (!krx_oci_by_criu(runtime))
        return ended(arena, &list);
    add(arena, &list, "work-path", freeze->work);
    add_cgroups(arena, &list, runtime, "restore");
    if (krx_oci_runtime_knows(runtime, "restore", tcp_policy(freeze->flags)))
        add(arena, &list, tcp_policy(freeze->flags), NULL);
    return ended(arena, &list);
}

char *krx_oci_freeze_conf(krx_arena *arena, const krx_oci_runtime *runtime, uint32_t flags)
{
    krx_auto_str krx_str text = {0};
    krx_str_add(&text, "");
    for (size_t i = 0; i < KRX_COUNT(wishes); i++)
        if ((flags & wishes[i].flag) &&
            !krx_oci_runtime_knows(runtime, "checkpoint", wishes[i].option))
            krx_str_addf(&text, "%s\n", wishes[i].conf);
    return krx_str_failed(&text) ? NULL : krx_arena_strdup(arena, krx_str_get(&text));
}

char *krx_oci_thaw_conf(krx_arena *arena, const krx_oci_runtime *runtime, uint32_t flags)
{
    const char *policy = tcp_policy(flags);
    return krx_oci_runtime_knows(runtime, "restore", policy)
               ? krx_arena_strdup(arena, "")
               : krx_arena_printf(arena, "%s\n", policy);
}
