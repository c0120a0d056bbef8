/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/program.h"
#include "modules/oci/net/names.h"
#include "modules/oci/net/process.h"

#define SAID_MAX 4096u

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* -t [ADDRESS/]PORT:PORT for each of a protocol; "none" when there is none, for else it guesses. */
static void add_ports(krx_arena *arena, krx_ptrs *argv, const char *option, const char *protocol,
                      const krx_oci_port *const *ports)
{
    bool some = false;
    for (; ports && *ports; ports++) {
        const krx_oci_port *p = *ports;
        if (!krx_streq(p->protocol ? p->protocol : "tcp", protocol))
            continue;
        some = true;
        (void)krx_ptrs_add(arena, argv, option);
        (void)krx_ptrs_add(arena, argv,
                           krx_arena_printf(arena, "%s%s%" PRId64 ":%" PRId64,
                                            p->host_ip ? p->host_ip : "", p->host_ip ? "/" : "",
                                            p->host_port, p->container_port));
    }
    if (!some) {
        (void)krx_ptrs_add(arena, argv, option);
        (void)krx_ptrs_add(arena, argv, "none");
    }
}

const char *const *krx_oci_pasta_argv(krx_arena *arena, const char *pid_file, const char *netns,
                                      const krx_oci_port *const *ports)
{
    const char *first[] = {"pasta", "--config-net",  "--quiet",         "--no-map-gw", "-I",
                           "eth0",  "--dns-forward", KRX_OCI_PASTA_DNS, "-T",          "none",
                           "-U",    "none",          "--pid",           pid_file,      "--netns",
                           netns};
    krx_ptrs argv = {0};
    for (size_t i = 0; i < KRX_COUNT(first); i++)
        (void)krx_ptrs_add(arena, &argv, first[i]);
    add_ports(arena, &argv, "-t", "tcp", ports);
    add_ports(arena, &argv, "-u", "udp", ports);
    return (const char *const *)krx_ptrs_end(arena, &argv);
}

static const struct {
    const char *said;
    int32_t code;
    const char *hint;
} remedies[] = {
    {"tun socket", KRX_E_UNAVAILABLE,
     "is /dev/net/tun there, and may everybody open it? (chmod 666 /dev/net/tun)"},
    {"External interface not usable", KRX_E_UNAVAILABLE,
     "this machine has no default route: use network: host or none"},
    {"ermission denied", KRX_E_PERMISSION_DENIED, NULL},
    {"ddress already in use", KRX_E_ALREADY_EXISTS, "choose another hostPort"},
};

/* The last line that says something. */
static const char *last_words(char *text)
{
    static const char *const chatter[] = {"Failed to send",
                                          "No external routable interface for IPv6",
                                          "No routable interface for IPv6"};
    const char *last = "it said nothing";
    char *save = NULL;
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        bool noise = false;
        for (size_t i = 0; i < KRX_COUNT(chatter); i++)
            noise = noise || strstr(l, chatter[i]);
        last = noise ? last : l;
    }
    return last;
}

static int32_t fail_said(krx_call *call, int status, int errors)
{
    char text[SAID_MAX];
    ssize_t n = pread(errors, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    const char *said = last_words(text);
    for (size_t i = 0; i < KRX_COUNT(remedies); i++)
        if (strstr(said, remedies[i].said)) {
            krx_fail(call, remedies[i].code, "pasta ended with status %d: %.300s", status, said);
            return remedies[i].hint ? krx_hint(call, "%s", remedies[i].hint) : remedies[i].code;
        }
    return krx_fail(call, KRX_E_UNKNOWN, "pasta ended with status %d: %.300s", status, said);
}

static int32_t read_pid(krx_call *call, const char *path, krx_oci_process *process)
{
    krx_auto_str krx_str text = {0};
    int32_t code = krx_read_file(call, path, 64, &text);
    if (code < 0)
        return krx_wrap(call, "pasta left no process id");
    if (!krx_oci_process_of(strtoll(krx_str_get(&text), NULL, 10), process))
        return krx_fail(call, KRX_E_UNKNOWN, "pasta ended at once");
    return 0;
}

int32_t krx_oci_pasta_start(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *id, const char *netns, const krx_oci_port *const *ports,
                            krx_oci_process *process)
{
    krx_auto_str krx_str nothing = {0};
    int32_t status = 0;
    char name[KRX_OCI_IFNAME_MAX];
    krx_oci_short_name(id, name);
    const char *file = krx_arena_printf(arena, "%s.pid", name);
    const char *pid_file = file ? krx_oci_run_path(arena, store, "netns", file, NULL) : NULL;
    const char *const *argv = pid_file ? krx_oci_pasta_argv(arena, pid_file, netns, ports) : NULL;
    krx_autoclose int errors = memfd_create("said", MFD_CLOEXEC);
    if (!argv || krx_arena_failed(arena))
        return no_memory(call);
    for (const krx_oci_port *const *p = ports; p && *p; p++)
        if (krx_streq((*p)->protocol, "sctp"))
            return krx_fail(call, KRX_E_UNSUPPORTED, "pasta publishes tcp and udp ports only");
    (void)unlink(pid_file);
    krx_program program = {.argv = argv, .stdin_fd = -1, .stderr_fd = errors, .limit = 65536};
    int32_t code = krx_program_run(call, &program, &nothing, &status);
    if (code < 0)
        return krx_wrap(call, "starting pasta");
    return status ? fail_said(call, status, errors) : read_pid(call, pid_file, process);
}
