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

void krx_oci_inside_end(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                        const krx_oci_container *container, const krx_oci_runtime *runtime,
                        const char *pid_file)
{
    int64_t pid = read_pid(call, pid_file);
    if (!pid)
        return;
    if (runtime->can & KRX_OCI_CAN_SEE_INIT) {
        end_family(pid);
        return;
    }
    const char *options[] = {"--pid", krx_arena_printf(arena, "%" PRId64, pid), NULL};
    const char *const trailing[] = {"KILL", NULL};
    krx_oci_command kill = {.keeper = backend->choice.keeper,
                            .name = "kill",
                            .options = options,
                            .id = container->id,
                            .trailing = trailing,
                            .inside = runtime->rootless ? container->conmon.pid : 0};
    if (options[1] && krx_oci_runtime_run(call, runtime, &kill, NULL))
        krx_log(call, KRX_LOG_DEBUG, "ending a command in %s: %s", container->name,
                call->error->message);
}
