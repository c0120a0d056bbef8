/* SPDX-License-Identifier: Apache-2.0 */
/* run [--rootfs DIR] [--shed] [--view NETNS] [--inside PID] [--at-once] -- ARGV...: a command of a
 * runtime, where it belongs. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "modules/oci/keeper/keeper.h"
#include "modules/oci/keeper/rootfs.h"
#include "modules/oci/keeper/streams.h"
#include "modules/oci/keeper/userns.h"
#include "modules/oci/net/net.h"

typedef struct run_options {
    const char *rootfs;
    const char *view;
    int64_t inside;
    bool shed;
    bool at_once; /* create starts it too */
    char **command;
} run_options;

static int32_t read_options(krx_call *call, int argc, char **argv, run_options *out)
{
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--shed") == 0)
            out->shed = true;
        else if (strcmp(argv[i], "--at-once") == 0)
            out->at_once = true;
        else if (strcmp(argv[i], "--rootfs") == 0 && i + 1 < argc)
            out->rootfs = argv[++i];
        else if (strcmp(argv[i], "--view") == 0 && i + 1 < argc)
            out->view = argv[++i];
        else if (strcmp(argv[i], "--inside") == 0 && i + 1 < argc)
            out->inside = strtoll(argv[++i], NULL, 10);
        else
            return krx_fail(call, KRX_E_INVALID_ARGUMENT, "run: '%s' is no option", argv[i]);
    }
    if (i + 1 >= argc)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "run: -- and a command are missing");
    out->command = argv + i + 1;
    return 0;
}

/* conmon knows only create; a second command for the start would take as long again. */
static char **begun_at_once(krx_arena *arena, char **command)
{
    krx_ptrs words = {0};
    bool done = false;
    for (; *command; command++) {
        bool create = !done && strcmp(*command, "create") == 0;
        (void)krx_ptrs_add(arena, &words, create ? "run" : *command);
        if (create)
            (void)krx_ptrs_add(arena, &words, "--detach");
        done |= create;
    }
    return (char **)krx_ptrs_end(arena, &words);
}

static int32_t prepare(krx_call *call, krx_arena *arena, const run_options *options)
{
    krx_oci_job job;
    int32_t code = 0;
    if (options->inside > 0)
        code = krx_oci_userns_join(call, options->inside);
    if (code == 0 && (options->shed || options->rootfs || options->view))
        code = krx_oci_mountns_enter(call);
    if (code == 0 && options->shed)
        code = krx_oci_shed(call);
    if (code == 0 && options->view)
        code = krx_oci_net_gvisor_view(call, options->view);
    if (code == 0 && options->rootfs)
        code = krx_oci_job_open(call, arena, options->rootfs, &job);
    if (code < 0 || !options->rootfs)
        return code;
    const char *netns = krx_oci_netns_path(arena, &job.store, job.id, job.launch.network);
    if (strcmp(job.launch.runtime, "runsc") == 0 && netns)
        code = krx_oci_net_gvisor_view(call, netns);
    if (code == 0)
        code = krx_oci_rootfs_mount(&job);
    return code < 0 ? code : krx_oci_volumes_fill(&job);
}

int32_t krx_oci_verb_run(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    run_options options = {0};
    sigset_t none;
    (void)answer;
    int32_t code = read_options(call, argc, argv, &options);
    if (code == 0)
        code = prepare(call, arena, &options);
    if (code == 0 && options.at_once && !(options.command = begun_at_once(arena, options.command)))
        code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (code < 0)
        return code;
    krx_oci_own_streams();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execvp(options.command[0], options.command);
    return krx_fail(call, errno == ENOENT ? KRX_E_NOT_FOUND : KRX_E_PERMISSION_DENIED,
                    "starting %s: %s", options.command[0], strerror(errno));
}
