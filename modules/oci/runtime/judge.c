/* SPDX-License-Identifier: Apache-2.0 */
/* From what a binary says to what it can do here. */
#include <string.h>

#include "modules/oci/runtime/table.h"

static bool has_feature(const krx_oci_probe *probe, const char *feature)
{
    for (size_t i = 0; probe->features && probe->features[i]; i++)
        if (strcmp(probe->features[i], feature) == 0)
            return true;
    return false;
}

/* Each is there when its command has its option. */
static const struct {
    uint32_t can;
    const char *command;
    const char *flag;
} by_flag[] = {
    {KRX_OCI_CAN_PAUSE, "pause", "help"},
    {KRX_OCI_CAN_UPDATE, "update", "resources"},
    {KRX_OCI_CAN_CHECKPOINT, "checkpoint", "image-path"},
    {KRX_OCI_CAN_LEAVE_RUNNING, "checkpoint", "leave-running"},
    {KRX_OCI_CAN_TCP_ESTABLISHED, "checkpoint", "tcp-established"},
    {KRX_OCI_CAN_SKIP_IN_FLIGHT, "checkpoint", "tcp-skip-in-flight"},
    {KRX_OCI_CAN_LINK_REMAP, "checkpoint", "link-remap"},
    {KRX_OCI_CAN_TCP_CLOSE, "restore", "tcp-close"},
    {KRX_OCI_CAN_ROOTLESS, "", "rootless"},
};

#define ALL_OF_CHECKPOINT                                                                          \
    (KRX_OCI_CAN_CHECKPOINT | KRX_OCI_CAN_LEAVE_RUNNING | KRX_OCI_CAN_TCP_ESTABLISHED |            \
     KRX_OCI_CAN_SKIP_IN_FLIGHT | KRX_OCI_CAN_LINK_REMAP | KRX_OCI_CAN_TCP_CLOSE)
/* criu's own options, given to it in a file that an annotation names. */
#define BY_ANNOTATION (KRX_OCI_CAN_SKIP_IN_FLIGHT | KRX_OCI_CAN_LINK_REMAP | KRX_OCI_CAN_TCP_CLOSE)

static const char *refusal_of(krx_arena *arena, const krx_oci_kind *kind,
                              const krx_oci_probe *probe, const krx_oci_criu *criu,
                              const krx_oci_runtime *runtime)
{
    if (runtime->rootless)
        return "checkpoints need root";
    if (!(runtime->can & KRX_OCI_CAN_CHECKPOINT) ||
        (krx_streq(kind->name, "crun") && !has_feature(probe, "+CRIU")))
        return krx_arena_printf(arena, "%s %s was built without checkpoints", probe->name,
                                probe->version);
    if (kind->sandbox)
        return NULL;
    if (!criu->path)
        return "there is no program 'criu'";
    return criu->refusal;
}

/* A build that does not know systrap is from 2022 or older: its dump that leaves the program
 * running ends with the sandbox gone all the same. */
static void judge_sandbox(const krx_oci_probe *probe, krx_oci_runtime *out)
{
    bool systrap = probe->platforms && strstr(probe->platforms, "systrap");
    if (!systrap && !krx_oci_runtime_knows(out, "checkpoint", "compression"))
        out->can &= ~(uint32_t)KRX_OCI_CAN_LEAVE_RUNNING;
    if (krx_oci_runtime_knows(out, "", "nvproxy"))
        out->can |= KRX_OCI_CAN_GPU;
    if (!out->rootless)
        out->can |= KRX_OCI_CAN_JOIN_NETNS;
    if (!out->platform)
        out->platform = systrap ? "systrap" : "ptrace";
}

static const char *const *base_args(krx_arena *arena, const krx_oci_store *store,
                                    const krx_oci_kind *kind, const krx_oci_runtime *runtime)
{
    krx_ptrs args = {0};
    bool grouped = krx_oci_cgroup_usable();
    (void)krx_ptrs_add(arena, &args, "--root");
    (void)krx_ptrs_add(arena, &args, krx_oci_run_path(arena, store, "runtime", kind->name, NULL));
    if (kind->sandbox) {
        (void)krx_ptrs_add(arena, &args,
                           krx_arena_printf(arena, "--platform=%s", runtime->platform));
        if (krx_oci_runtime_knows(runtime, "", "overlay2"))
            (void)krx_ptrs_add(arena, &args, "--overlay2=none");
        if (!grouped && krx_oci_runtime_knows(runtime, "", "ignore-cgroups"))
            (void)krx_ptrs_add(arena, &args, "--ignore-cgroups");
    } else if (!grouped && krx_oci_runtime_knows(runtime, "", "cgroup-manager")) {
        (void)krx_ptrs_add(arena, &args, "--cgroup-manager=disabled");
    }
    return (const char *const *)krx_ptrs_end(arena, &args);
}

int32_t krx_oci_runtime_judge(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const krx_oci_choice *choice, const krx_oci_probe *probe,
                              const krx_oci_criu *criu, krx_oci_runtime *out)
{
    const krx_oci_kind *kind = krx_oci_kind_of(probe->name);
    out->name = kind->name;
    out->version = probe->version;
    out->flags = probe->flags;
    out->rootless = geteuid() != 0;
    out->can = 0;
    out->platform = kind->sandbox && !krx_blank(choice->platform)
                        ? krx_arena_strdup(arena, choice->platform)
                        : NULL;
    for (size_t i = 0; i < KRX_COUNT(by_flag); i++)
        if (krx_oci_runtime_knows(out, by_flag[i].command, by_flag[i].flag))
            out->can |= by_flag[i].can;
    if (kind->sandbox) {
        judge_sandbox(probe, out);
    } else {
        out->can |= KRX_OCI_CAN_JOIN_NETNS | KRX_OCI_CAN_GPU | KRX_OCI_CAN_SEE_INIT | BY_ANNOTATION;
        if (has_feature(probe, "+SECCOMP"))
            out->can |= KRX_OCI_CAN_SECCOMP;
        out->criu = criu->path;
        out->criu_version = criu->version;
        if (!krx_oci_cgroup_usable())
            out->can &= ~(uint32_t)(KRX_OCI_CAN_PAUSE | KRX_OCI_CAN_UPDATE);
    }
    out->shed = kind->refuses_hybrid && krx_oci_cgroup_mode() == KRX_OCI_CGROUP_HYBRID;
    out->checkpoint_refusal = refusal_of(arena, kind, probe, criu, out);
    if (out->checkpoint_refusal)
        out->can &= ~(uint32_t)ALL_OF_CHECKPOINT;
    out->args = base_args(arena, store, kind, out);
    return krx_arena_failed(arena) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}
