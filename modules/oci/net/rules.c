/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/rules.h"

#include <string.h>
#include <sys/mman.h>

#include "lib/base/program.h"
#include "modules/oci/net/programs.h"
#include "modules/oci/store/lock.h"

#define SAID_MAX 512u
#define WORDS_MAX 12u
#define TIMES_MAX 16 /* a rule that somebody else has put there again and again */

/* %b and %s stand for the bridge and its subnet. */
typedef struct rule {
    const char *table;
    const char *chain;
    const char *add; /* -A at the end, -I before all others */
    const char *words[WORDS_MAX];
} rule;

static const rule rules[] = {
    {"nat", "POSTROUTING", "-A", {"-s", "%s", "!", "-o", "%b", "-j", "MASQUERADE"}},
    {"filter", "FORWARD", "-I", {"-i", "%b", "-j", "ACCEPT"}},
    {"filter",
     "FORWARD",
     "-I",
     {"-o", "%b", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED,DNAT", "-j", "ACCEPT"}},
};

typedef struct work {
    krx_arena *arena;
    const char *program;
    const char *bridge;
    const char *subnet;
    char said[SAID_MAX];
} work;

static int32_t begin(krx_call *call, krx_arena *arena, const char *bridge, const char *subnet,
                     work *w)
{
    *w = (work){.arena = arena, .bridge = bridge, .subnet = subnet};
    w->program = krx_oci_program_find(arena, "iptables");
    if (w->program)
        return 0;
    krx_fail(call, KRX_E_UNAVAILABLE, "iptables is not installed, which a bridge needs");
    return krx_hint(call, "install iptables, or use network: host");
}

static const char *const *argv_of(const work *w, const rule *r, const char *verb)
{
    const char *first[] = {w->program, "-w", "10",      "-t",        r->table, verb,
                           r->chain,   "-m", "comment", "--comment", "kranix"};
    krx_ptrs argv = {0};
    for (size_t i = 0; i < KRX_COUNT(first); i++)
        (void)krx_ptrs_add(w->arena, &argv, first[i]);
    for (size_t i = 0; i < WORDS_MAX && r->words[i]; i++)
        (void)krx_ptrs_add(w->arena, &argv,
                           krx_streq(r->words[i], "%b")   ? w->bridge
                           : krx_streq(r->words[i], "%s") ? w->subnet
                                                          : r->words[i]);
    return (const char *const *)krx_ptrs_end(w->arena, &argv);
}

/* Status of iptables with `verb` (-C, -A, -I, -D) on the rule, or an error. */
static int32_t iptables(krx_call *call, work *w, const rule *r, const char *verb)
{
    krx_auto_str krx_str text = {0};
    int32_t status = 0;
    krx_autoclose int errors = memfd_create("said", MFD_CLOEXEC);
    const char *const *argv = argv_of(w, r, verb);
    if (!argv || krx_arena_failed(w->arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    krx_program program = {.argv = argv, .stdin_fd = -1, .stderr_fd = errors, .limit = 65536};
    int32_t code = krx_program_run(call, &program, &text, &status);
    if (code < 0)
        return krx_wrap(call, "iptables");
    ssize_t n = pread(errors, w->said, SAID_MAX - 1, 0);
    w->said[n > 0 ? n : 0] = '\0';
    w->said[strcspn(w->said, "\n")] = '\0';
    return status;
}

static int32_t ensure(krx_call *call, work *w, const rule *r)
{
    int32_t status = iptables(call, w, r, "-C");
    if (status > 0)
        status = iptables(call, w, r, r->add);
    if (status <= 0)
        return status;
    krx_fail(call,
             strstr(w->said, "ermission denied") ? KRX_E_PERMISSION_DENIED : KRX_E_UNAVAILABLE,
             "iptables %s %s %s for the bridge ended with status %d: %s", r->table, r->add,
             r->chain, status, w->said);
    return krx_hint(call, "the bridge needs root, and a kernel with NAT and conntrack");
}

int32_t krx_oci_rules_begin(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *bridge, const char *subnet)
{
    work w;
    const char *path = krx_oci_run_path(arena, store, "networks", "rules.lock", NULL);
    int32_t code = begin(call, arena, bridge, subnet, &w);
    if (code < 0)
        return code;
    krx_autoclose int lock = path ? krx_oci_lock(call, path, "the bridge's rules")
                                  : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    code = lock < 0 ? lock : 0;
    for (size_t i = 0; code >= 0 && i < KRX_COUNT(rules); i++)
        code = ensure(call, &w, &rules[i]);
    return code;
}

int32_t krx_oci_rules_end(krx_call *call, krx_arena *arena, const char *bridge, const char *subnet)
{
    work w;
    int32_t code = begin(call, arena, bridge, subnet, &w);
    for (size_t i = 0; code >= 0 && i < KRX_COUNT(rules); i++) {
        code = 0;
        for (int n = 0; code == 0 && n < TIMES_MAX; n++)
            code = iptables(call, &w, &rules[i], "-D");
    }
    return code < 0 ? code : 0;
}
