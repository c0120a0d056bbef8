/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "modules/oci/net/names.h"
#include "modules/oci/net/programs.h"

#define GRACE (2 * KRX_NS_PER_S)

int32_t krx_oci_rootless_mode(krx_call *call, krx_arena *arena, const char **mode)
{
    static const char *const known[] = {"pasta", "slirp4netns"};
    for (size_t i = 0; i < KRX_COUNT(known); i++)
        if (krx_oci_program_find(arena, known[i])) {
            *mode = known[i];
            return 0;
        }
    krx_fail(call, KRX_E_UNAVAILABLE,
             "a network without root needs pasta or slirp4netns, and "
             "neither is installed");
    return krx_hint(call, "install passt or slirp4netns, or use network: host or none");
}

static void remove_files(krx_arena *arena, const krx_oci_store *store, const char *id)
{
    static const char *const kinds[] = {"pid", "sock"};
    char name[KRX_OCI_IFNAME_MAX];
    krx_oci_short_name(id, name);
    for (size_t i = 0; i < KRX_COUNT(kinds); i++) {
        const char *file = krx_arena_printf(arena, "%s.%s", name, kinds[i]);
        const char *path = file ? krx_oci_run_path(arena, store, "netns", file, NULL) : NULL;
        if (path)
            (void)unlink(path);
    }
}

int32_t krx_oci_process_end(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *id, const krx_oci_process *process)
{
    remove_files(arena, store, id);
    if (process->pid <= 0)
        return 0;
    krx_autoclose int fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);
    if (fd < 0 || !krx_oci_process_alive(process))
        return 0;
    krx_wait_fd gone = {.struct_size = sizeof gone, .fd = fd, .want = KRX_WAIT_READ};
    static const int signals[] = {SIGTERM, SIGKILL};
    for (size_t i = 0; i < KRX_COUNT(signals); i++) {
        if (syscall(SYS_pidfd_send_signal, fd, signals[i], NULL, 0) < 0 && errno != ESRCH)
            return krx_fail(call, KRX_E_PERMISSION_DENIED,
                            "ending process %lld, which speaks for container '%s': %s",
                            (long long)process->pid, id, strerror(errno));
        int32_t ready = call->host->wait(call->host, call, &gone, 1, GRACE);
        if (ready != 0)
            return ready < 0 ? ready : 0;
    }
    return krx_fail(call, KRX_E_UNKNOWN,
                    "process %lld, which speaks for container '%s', does not "
                    "end",
                    (long long)process->pid, id);
}
