/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/runtime/capture.h"
#include "modules/oci/runtime/table.h"

#define ANSWER_MAX ((size_t)1024 * 1024)

/* Its complaints come as JSON on standard error, beside the plain text: no file of it is left. */
static const char *const *logged_argv(krx_arena *arena, const krx_oci_runtime *runtime,
                                      const krx_oci_command *command)
{
    static const char *const log[] = {"--log", "/proc/self/fd/2", "--log-format", "json", NULL};
    krx_oci_runtime with = *runtime;
    krx_ptrs args = {0};
    for (size_t i = 0; runtime->args && runtime->args[i]; i++)
        (void)krx_ptrs_add(arena, &args, runtime->args[i]);
    for (size_t i = 0; log[i]; i++)
        (void)krx_ptrs_add(arena, &args, log[i]);
    with.args = (const char *const *)krx_ptrs_end(arena, &args);
    return with.args ? krx_oci_runtime_argv(arena, &with, command) : NULL;
}

int32_t krx_oci_runtime_run(krx_call *call, const krx_oci_runtime *runtime,
                            const krx_oci_command *command, krx_str *answer)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_str krx_str errors = {0};
    krx_autofree char *what =
        krx_format("%s of %s", command->name, command->id ? command->id : "all containers");
    krx_oci_capture capture = {.stdin_fd = -1, .limit = ANSWER_MAX};
    int32_t status = -1;
    if (arena)
        capture.argv = logged_argv(arena, runtime, command);
    if (capture.argv)
        capture.env = krx_oci_runtime_env(arena, runtime);
    if (!what || !capture.argv || krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_oci_capture_run(call, &capture, answer, &errors, &status);
    if (code == KRX_E_NOT_FOUND)
        return krx_fail(call, KRX_E_UNAVAILABLE, "%s: runtime %s is not available: %s is gone",
                        what, runtime->name, capture.argv[0]);
    if (code < 0)
        return krx_wrap(call, "%s", what);
    return status == 0 ? 0
                       : krx_oci_runtime_fail(call, runtime, what, status, krx_str_get(&errors));
}
