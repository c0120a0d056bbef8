/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/str.h"
#include "modules/oci/image/manifest.h"

/* Names of the kernel, and those of others, for the ones that images use. */
static const struct {
    const char *name, *architecture, *variant;
} machines[] = {
    {"x86_64", "amd64", NULL}, {"amd64", "amd64", NULL},     {"i386", "386", NULL},
    {"i686", "386", NULL},     {"x86", "386", NULL},         {"aarch64", "arm64", NULL},
    {"arm64", "arm64", NULL},  {"armv7l", "arm", "v7"},      {"armhf", "arm", "v7"},
    {"armv6l", "arm", "v6"},   {"armel", "arm", "v6"},       {"ppc64le", "ppc64le", NULL},
    {"s390x", "s390x", NULL},  {"riscv64", "riscv64", NULL}, {"loongarch64", "loong64", NULL},
};

static void normalise(krx_oci_platform *platform)
{
    for (size_t i = 0; i < KRX_COUNT(machines); i++) {
        if (!krx_streq(platform->architecture, machines[i].name))
            continue;
        platform->architecture = machines[i].architecture;
        if (!platform->variant)
            platform->variant = machines[i].variant;
        return;
    }
}

static bool word(const char *text, size_t length)
{
    return length > 0 && length <= 32 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") >= length;
}

int32_t krx_oci_platform_read(krx_call *call, krx_arena *arena, const char *text,
                              krx_oci_platform *out)
{
    const char *parts[3] = {NULL};
    struct utsname name;
    size_t count = 0;
    *out = (krx_oci_platform){.os = "linux"};
    if (krx_blank(text)) {
        if (uname(&name) < 0)
            return krx_fail(call, KRX_E_INTERNAL, "this machine does not say what it is");
        out->architecture = krx_arena_strdup(arena, name.machine);
    }
    for (const char *p = text; !krx_blank(p); count++) {
        size_t n = strcspn(p, "/");
        if (count == KRX_COUNT(parts) || !word(p, n)) {
            (void)krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%.64s' is no platform", text);
            return krx_hint(call, "write os/architecture[/variant], such as linux/arm64");
        }
        parts[count] = krx_arena_strndup(arena, p, n);
        p += n + (p[n] == '/');
    }
    if (count == 1)
        out->architecture = parts[0];
    if (count > 1) {
        out->os = parts[0];
        out->architecture = parts[1];
        out->variant = parts[2];
    }
    if (krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    normalise(out);
    return 0;
}

static bool same(const char *wanted, const char *is)
{
    return krx_blank(wanted) || krx_blank(is) || krx_streq(wanted, is);
}

/* arm64 says v8 or nothing, arm of a lower version runs on a higher one. */
static bool variant_fits(const krx_oci_platform *wanted, const char *variant)
{
    if (same(wanted->variant, variant))
        return true;
    return krx_streq(wanted->architecture, "arm") && wanted->variant[0] == 'v' &&
           variant[0] == 'v' && strcmp(variant, wanted->variant) < 0;
}

bool krx_oci_platform_fits(const krx_oci_platform *wanted, const char *os, const char *architecture,
                           const char *variant)
{
    return same(wanted->os, os) && same(wanted->architecture, architecture) &&
           variant_fits(wanted, variant);
}

char *krx_oci_platform_text(krx_arena *arena, const krx_oci_platform *platform)
{
    return krx_arena_printf(
        arena, "%s/%s%s%s", platform->os, platform->architecture ? platform->architecture : "any",
        platform->variant ? "/" : "", platform->variant ? platform->variant : "");
}
