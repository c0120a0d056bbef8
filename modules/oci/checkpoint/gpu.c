/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of GPUs: CRIU's plugin calls NVIDIA's cuda-checkpoint for each process; gVisor calls
 * it itself when it is told where it is. Nothing here is looked at for workloads without a GPU. */
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "modules/oci/checkpoint/criu.h"
#include "modules/oci/checkpoint/saved.h"

#define DRIVER "/proc/driver/nvidia/version"
#define DRIVER_MIN 570
#define VERSION_MAX ((size_t)4096)

/* "Kernel Module  570.86.15", "Open Kernel Module for x86_64  575.57.08": the first number that has
 * a point behind it. */
int krx_oci_nvidia_major(const char *text)
{
    const char *line = strstr(text, "Kernel Module");
    for (const char *at = line ? line : text; *at && *at != '\n';) {
        size_t digits = strspn(at, "0123456789");
        if (digits && digits < 6 && at[digits] == '.' && (at == text || at[-1] == ' '))
            return (int)strtol(at, NULL, 10);
        at += digits ? digits : 1;
    }
    return 0;
}

/* Beside CRIU, or where packages put it. */
static bool has_plugin(krx_arena *arena, const krx_oci_runtime *runtime)
{
    const char *slash = runtime->criu ? strrchr(runtime->criu, '/') : NULL;
    const char *places[] = {slash ? krx_arena_printf(arena, "%.*s/../lib/criu/cuda_plugin.so",
                                                     (int)(slash - runtime->criu), runtime->criu)
                                  : NULL,
                            "/usr/lib/criu/cuda_plugin.so", "/usr/local/lib/criu/cuda_plugin.so"};
    for (size_t i = 0; i < KRX_COUNT(places); i++)
        if (places[i] && access(places[i], R_OK) == 0)
            return true;
    return false;
}

const char *krx_oci_gpu_refusal(krx_call *call, krx_arena *arena, const krx_oci_runtime *runtime)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    if (!(runtime->can & KRX_OCI_CAN_GPU))
        return krx_arena_printf(arena, "%s %s has no way to GPUs", runtime->name, runtime->version);
    if (krx_read_file(krx_side_call_init(&side, call), DRIVER, VERSION_MAX, &text) < 0)
        return "there is no NVIDIA driver here, and no other GPU's memory can be kept";
    int major = krx_oci_nvidia_major(krx_str_get(&text));
    if (major < DRIVER_MIN)
        return krx_arena_printf(arena, "NVIDIA's driver %d can't do it, %d and later can", major,
                                DRIVER_MIN);
    if (!krx_oci_by_criu(runtime))
        return krx_oci_runtime_knows(runtime, "checkpoint", "cuda-checkpoint-path")
                   ? NULL
                   : krx_arena_printf(arena, "%s %s can't keep the memory of GPUs", runtime->name,
                                      runtime->version);
    return has_plugin(arena, runtime) ? NULL : "CRIU's plugin for CUDA is not installed";
}
