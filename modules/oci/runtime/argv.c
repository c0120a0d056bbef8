/* SPDX-License-Identifier: Apache-2.0 */
/* How a runtime is called. */
#include <inttypes.h>
#include <string.h>

#include "modules/oci/runtime/table.h"

extern char **environ;

static void add_all(krx_arena *arena, krx_ptrs *list, const char *const *words)
{
    for (size_t i = 0; words && words[i]; i++)
        (void)krx_ptrs_add(arena, list, words[i]);
}

static void add_wrap(krx_arena *arena, krx_ptrs *list, const krx_oci_runtime *runtime,
                     const krx_oci_command *command)
{
    const krx_oci_kind *kind = krx_oci_kind_of(runtime->name);
    bool owns = kind && kind->owns_streams && !runtime->rootless &&
                krx_streq(command->name, "exec"); /* the keeper puts a /dev/null of its own there */
    /* without root it is either inside, where that was done, or asks for nothing that matters */
    bool shed = runtime->shed && !runtime->rootless && !command->inside;
    if (!command->inside && !shed && !runtime->view && !owns)
        return;
    add_all(arena, list, (const char *const[]){command->keeper, "run", NULL});
    if (runtime->view)
        add_all(arena, list, (const char *const[]){"--view", runtime->view, NULL});
    if (command->inside) {
        (void)krx_ptrs_add(arena, list, "--inside");
        (void)krx_ptrs_add(arena, list, krx_arena_printf(arena, "%" PRId64, command->inside));
    } else if (shed) {
        (void)krx_ptrs_add(arena, list, "--shed");
    }
    (void)krx_ptrs_add(arena, list, "--");
}

const char *const *krx_oci_runtime_argv(krx_arena *arena, const krx_oci_runtime *runtime,
                                        const krx_oci_command *command)
{
    krx_ptrs argv = {0};
    add_wrap(arena, &argv, runtime, command);
    (void)krx_ptrs_add(arena, &argv, runtime->path);
    add_all(arena, &argv, runtime->args);
    (void)krx_ptrs_add(arena, &argv, command->name);
    add_all(arena, &argv, command->options);
    if (command->id)
        (void)krx_ptrs_add(arena, &argv, command->id);
    add_all(arena, &argv, command->trailing);
    void **all = krx_ptrs_end(arena, &argv);
    return krx_arena_failed(arena) ? NULL : (const char *const *)all;
}

/* gVisor's own stack takes over the addresses of a namespace that has some; the rest is the
 * host's, or nothing. */
static const char *sandbox_network(const char *network)
{
    if (krx_blank(network) || strcmp(network, "none") == 0)
        return "--network=none";
    return strcmp(network, "host") == 0 ? "--network=host" : "--network=sandbox";
}

const char *const *krx_oci_runtime_args(krx_arena *arena, const krx_oci_runtime *runtime,
                                        const char *network, bool gpu, bool raw_sockets)
{
    krx_ptrs args = {0};
    const krx_oci_kind *kind = krx_oci_kind_of(runtime->name);
    add_all(arena, &args, runtime->args);
    if (kind && kind->sandbox) {
        (void)krx_ptrs_add(arena, &args, sandbox_network(network));
        if (gpu && krx_oci_runtime_knows(runtime, "", "nvproxy"))
            (void)krx_ptrs_add(arena, &args, "--nvproxy=true");
        if (raw_sockets && krx_oci_runtime_knows(runtime, "", "net-raw"))
            (void)krx_ptrs_add(arena, &args, "--net-raw");
    }
    void **all = krx_ptrs_end(arena, &args);
    return krx_arena_failed(arena) ? NULL : (const char *const *)all;
}

/* runc and crun look for criu in PATH only. */
const char *const *krx_oci_runtime_env(krx_arena *arena, const krx_oci_runtime *runtime)
{
    const char *slash = runtime->criu ? strrchr(runtime->criu, '/') : NULL;
    const char *path = getenv("PATH");
    krx_ptrs env = {0};
    if (!slash)
        return NULL;
    (void)krx_ptrs_add(arena, &env,
                       krx_arena_printf(arena, "PATH=%.*s:%s", (int)(slash - runtime->criu),
                                        runtime->criu, path ? path : "/usr/sbin:/usr/bin"));
    for (char **e = environ; e && *e; e++)
        if (!krx_has_prefix(*e, "PATH="))
            (void)krx_ptrs_add(arena, &env, *e);
    return (const char *const *)krx_ptrs_end(arena, &env);
}
