/* SPDX-License-Identifier: Apache-2.0 */
/* What processes of a checkpoint need of the machine that they go on. */
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/fd.h"
#include "modules/oci/checkpoint/manifest.h"

#define CPUINFO_MAX ((size_t)8 * 1024 * 1024)

/* Those that programs ask for and then use; the rest says how the kernel works. A '*' stands for
 * any end. */
static const char *const used[] = {
    "abm",    "adx",   "aes",    "amx*",       "avx*",    "bmi*",      "clflush*", "clwb",
    "cmov",   "cx*",   "erms",   "f16c",       "fma*",    "fpu",       "fsrm",     "fsgsbase",
    "fxsr*",  "gfni",  "mmx*",   "movbe",      "movdir*", "pclmulqdq", "pku",      "pni",
    "popcnt", "rdpid", "rdrand", "rdseed",     "rdtscp",  "rtm",       "sha*",     "sse*",
    "ssse3",  "tsc",   "vaes",   "vpclmulqdq", "waitpkg", "xgetbv1",   "xsave*"};

static bool is_used(const char *word)
{
    for (size_t i = 0; i < KRX_COUNT(used); i++) {
        size_t n = strlen(used[i]);
        if (used[i][n - 1] == '*' ? strncmp(word, used[i], n - 1) == 0 : strcmp(word, used[i]) == 0)
            return true;
    }
    return false;
}

/* Other architectures have no such list here: for them CRIU's own check stands alone. */
static const char *const *flags_here(krx_arena *arena, char *cpuinfo)
{
    krx_ptrs list = {0};
    char *line = strstr(cpuinfo, "\nflags");
    char *rest = line ? strchr(line, ':') : NULL, *word;
    if (rest) {
        rest++;
        rest[strcspn(rest, "\n")] = '\0';
        while ((word = strsep(&rest, " \t")))
            if (is_used(word))
                (void)krx_ptrs_add(arena, &list, krx_arena_strdup(arena, word));
    }
    return (const char *const *)krx_ptrs_end(arena, &list);
}

int32_t krx_oci_saved_host_here(krx_call *call, krx_arena *arena, krx_oci_saved_host *out)
{
    struct utsname name;
    krx_auto_str krx_str text = {0};
    int32_t code = krx_read_file(call, "/proc/cpuinfo", CPUINFO_MAX, &text);
    if (code < 0)
        return code;
    if (uname(&name) != 0)
        return krx_fail(call, KRX_E_INTERNAL, "uname: %s", strerror(errno));
    out->kernel = krx_arena_strdup(arena, name.release);
    out->architecture = krx_arena_strdup(arena, name.machine);
    out->cpu_flags = text.data ? flags_here(arena, text.data) : NULL;
    return krx_arena_failed(arena) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}

static bool has(const char *const *list, const char *word)
{
    for (size_t i = 0; list && list[i]; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

static int32_t cpu_fits(krx_call *call, const krx_oci_saved_host *saved,
                        const krx_oci_saved_host *here)
{
    krx_auto_str krx_str missing = {.limit = 300};
    for (size_t i = 0; saved->cpu_flags && saved->cpu_flags[i]; i++)
        if (!has(here->cpu_flags, saved->cpu_flags[i]))
            krx_str_addf(&missing, " %s", saved->cpu_flags[i]);
    return missing.length ? krx_fail(call, KRX_E_FAILED_PRECONDITION,
                                     "this processor lacks what the one of the checkpoint had:%s",
                                     krx_str_get(&missing))
                          : 0;
}

static const char *shown(const char *text)
{
    return text ? text : "none";
}

int32_t krx_oci_saved_host_fits(krx_call *call, const krx_oci_saved_host *saved,
                                const krx_oci_saved_host *here)
{
    if (!krx_streq(saved->architecture, here->architecture))
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "the checkpoint is of a machine of architecture %s, this one is %s",
                        saved->architecture, here->architecture);
    if (!krx_streq(saved->runtime, here->runtime)) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "the checkpoint was made by %s, the backend uses %s", saved->runtime,
                 here->runtime);
        return krx_hint(call, "set runtime of the backend to %s", saved->runtime);
    }
    if (!krx_streq(saved->platform, here->platform)) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "the checkpoint was made on gVisor's platform %s, the backend uses %s",
                 shown(saved->platform), shown(here->platform));
        return krx_hint(call, "set platform of the backend to %s", shown(saved->platform));
    }
    if (saved->platform && !krx_streq(saved->runtime_version, here->runtime_version))
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "the checkpoint was made by %s %s, which alone can read it; this one is %s",
                        saved->runtime, shown(saved->runtime_version),
                        shown(here->runtime_version));
    return cpu_fits(call, saved, here);
}
