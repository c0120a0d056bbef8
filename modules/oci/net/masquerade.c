/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/masquerade.h"

#include <string.h>
#include <sys/mman.h>

#include "lib/base/program.h"
#include "modules/oci/net/programs.h"
#include "modules/oci/store/lock.h"

#define SAID_MAX 512u
#define TIMES_MAX 16 /* a rule that somebody else has put there again and again */

/* Status of iptables with `verb` (-C, -A, -D) on our rule, or an error. */
static int32_t iptables(krx_call *call, krx_arena *arena, const char *verb, const char *bridge,
                        const char *subnet, char said[SAID_MAX])
{
    krx_auto_str krx_str text = {0};
    int32_t status = 0;
    const char *path = krx_oci_program_find(arena, "iptables");
    krx_autoclose int errors = memfd_create("said", MFD_CLOEXEC);
    if (!path) {
        krx_fail(call, KRX_E_UNAVAILABLE, "iptables is not installed, which a bridge needs");
        return krx_hint(call, "install iptables, or use network: host");
    }
    const char *const argv[] = {path,     "-w",          "10",         "-t",      "nat",
                                verb,     "POSTROUTING", "-s",         subnet,    "!",
                                "-o",     bridge,        "-m",         "comment", "--comment",
                                "kranix", "-j",          "MASQUERADE", NULL};
    krx_program program = {.argv = argv, .stdin_fd = -1, .stderr_fd = errors, .limit = 65536};
    int32_t code = krx_program_run(call, &program, &text, &status);
    if (code < 0)
        return krx_wrap(call, "iptables");
    ssize_t n = pread(errors, said, SAID_MAX - 1, 0);
    said[n > 0 ? n : 0] = '\0';
    said[strcspn(said, "\n")] = '\0';
    return status;
}

static int32_t fail(krx_call *call, const char *verb, int32_t status, const char *said)
{
    krx_fail(call, strstr(said, "ermission denied") ? KRX_E_PERMISSION_DENIED : KRX_E_UNAVAILABLE,
             "iptables %s for the bridge ended with status %d: %s", verb, status, said);
    return krx_hint(call, "the bridge needs root, and a kernel with NAT (nf_tables or ip_tables)");
}

int32_t krx_oci_masquerade_begin(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                                 const char *bridge, const char *subnet)
{
    char said[SAID_MAX];
    const char *path = krx_oci_run_path(arena, store, "networks", "masquerade.lock", NULL);
    krx_autoclose int lock = path ? krx_oci_lock(call, path, "the bridge's rule")
                                  : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (lock < 0)
        return lock;
    int32_t status = iptables(call, arena, "-C", bridge, subnet, said);
    if (status <= 0)
        return status;
    status = iptables(call, arena, "-A", bridge, subnet, said);
    return status > 0 ? fail(call, "-A", status, said) : status;
}

int32_t krx_oci_masquerade_end(krx_call *call, krx_arena *arena, const char *bridge,
                               const char *subnet)
{
    char said[SAID_MAX];
    int32_t status = 0;
    for (int i = 0; status == 0 && i < TIMES_MAX; i++)
        status = iptables(call, arena, "-D", bridge, subnet, said);
    return status < 0 ? status : 0;
}
