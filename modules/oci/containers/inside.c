/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"

#define FAMILY_MAX 1024u
#define GUEST_MAX 64u
#define ROUNDS_MAX 16
#define PID_FILE_TRIES 20
#define PID_FILE_WAIT_NS (50 * KRX_NS_PER_MS)

/* The runtime writes it once the command is there; it may be on its way. */
static int64_t read_pid(krx_call *call, const char *path)
{
    for (int i = 0; i < PID_FILE_TRIES; i++) {
        krx_auto_str krx_str text = {0};
        if (krx_read_file(call, path, 64, &text) == 0) {
            int64_t pid = strtoll(krx_str_get(&text), NULL, 10);
            if (pid > 0)
                return pid;
        }
        if (krx_sleep(call, PID_FILE_WAIT_NS) < 0)
            break;
    }
    return 0;
}

/* Parent and session. */
static bool read_kin(int64_t pid, int64_t *parent, int64_t *session)
{
    char path[40], text[512];
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0)
        return false;
    text[n] = '\0';
    const char *rest = strrchr(text, ')');
    return rest && sscanf(rest, ") %*c %" SCNd64 " %*d %" SCNd64, parent, session) == 2;
}

typedef struct family {
    krx_oci_process members[FAMILY_MAX];
    size_t count;
} family;

static bool is_member(const family *f, int64_t pid)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->members[i].pid == pid)
            return true;
    return false;
}

static void strike(const krx_oci_process *process, int number)
{
    krx_autoclose int fd = krx_oci_process_open(process);
    if (fd >= 0)
        (void)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

/* Stopped at once, so that it has no more children meanwhile. */
static bool add_member(family *f, int64_t pid)
{
    krx_oci_process *p = &f->members[f->count];
    if (f->count == FAMILY_MAX || is_member(f, pid) || !krx_oci_process_of(pid, p))
        return false;
    f->count++;
    strike(p, SIGSTOP);
    return true;
}

/* True when one was found. The command leads a session of its own. */
static bool add_round(family *f, int64_t leader)
{
    krx_autodir DIR *proc = opendir("/proc");
    const struct dirent *entry;
    bool grown = false;
    while (proc && (entry = readdir(proc)) != NULL) {
        int64_t pid = strtoll(entry->d_name, NULL, 10), parent, session;
        if (pid > 0 && read_kin(pid, &parent, &session) &&
            (session == leader || is_member(f, parent)))
            grown = add_member(f, pid) || grown;
    }
    return grown;
}

static void end_family(int64_t leader)
{
    krx_autofree family *f = calloc(1, sizeof *f);
    if (!f || !add_member(f, leader))
        return;
    for (int i = 0; i < ROUNDS_MAX && add_round(f, leader); i++)
        ;
    for (size_t i = f->count; i-- > 0;)
        strike(&f->members[i], SIGKILL);
}

/* ----------------------------------------------------------------------------- in a sandbox */

typedef struct guest {
    krx_call *call;
    krx_arena *arena;
    const krx_oci_backend *backend;
    const krx_oci_container *container;
    const krx_oci_runtime *runtime;
} guest;

static int32_t ask(const guest *g, const char *name, const char *const *options,
                   const char *const *trailing, krx_str *answer)
{
    krx_oci_command command = {.keeper = g->backend->choice.keeper,
                               .name = name,
                               .options = options,
                               .id = g->container->id,
                               .trailing = trailing,
                               .inside = g->runtime->rootless ? g->container->conmon.pid : 0};
    return krx_oci_runtime_run(g->call, g->runtime, &command, answer);
}

static bool listed(const int64_t *pids, size_t count, int64_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

/* Adds the children of those that are there, from the table "UID PID PPID ..." of `ps`. */
static size_t add_children(const char *table, int64_t *pids, size_t count)
{
    size_t before;
    do {
        before = count;
        for (const char *line = strchr(table, '\n'); line; line = strchr(line + 1, '\n')) {
            int64_t pid, parent;
            if (sscanf(line + 1, "%*s %" SCNd64 " %" SCNd64, &pid, &parent) == 2 &&
                listed(pids, count, parent) && !listed(pids, count, pid) && count < GUEST_MAX)
                pids[count++] = pid;
        }
    } while (count > before);
    return count;
}

/* By the numbers inside, which only the sandbox knows. */
static void end_guest(const guest *g, int64_t leader)
{
    static const char *const number[] = {"KILL", NULL};
    int64_t pids[GUEST_MAX] = {leader};
    krx_auto_str krx_str table = {0};
    size_t count = 1;
    if (!ask(g, "ps", NULL, NULL, &table))
        count = add_children(krx_str_get(&table), pids, count);
    for (size_t i = 0; i < count; i++) {
        const char *options[] = {"--pid", krx_arena_printf(g->arena, "%" PRId64, pids[i]), NULL};
        if (options[1] && ask(g, "kill", options, number, NULL))
            krx_log(g->call, KRX_LOG_DEBUG, "ending a command in %s: %s", g->container->name,
                    g->call->error->message);
    }
}

void krx_oci_inside_end(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                        const krx_oci_container *container, const krx_oci_runtime *runtime,
                        const char *pid_file)
{
    const guest g = {call, arena, backend, container, runtime};
    int64_t pid = read_pid(call, pid_file);
    if (pid && runtime->can & KRX_OCI_CAN_SEE_INIT)
        end_family(pid);
    else if (pid)
        end_guest(&g, pid);
}
