/* SPDX-License-Identifier: Apache-2.0 */
/* Which runtime. */
#include <string.h>

#include "lib/base/side_call.h"
#include "modules/oci/runtime/table.h"

#define NAMES_MAX 8u

static int32_t fail_name(krx_call *call, const char *name)
{
    const char *names[NAMES_MAX];
    krx_auto_str krx_str list = {0};
    size_t count = 0;
    for (const krx_oci_kind *k = krx_oci_kinds; k->name; k++) {
        krx_str_addf(&list, "%s%s", count ? ", " : "", k->name);
        names[count++] = k->name;
    }
    const char *close = krx_closest(name, names, count);
    krx_fail(call, KRX_E_UNSUPPORTED, "unsupported runtime '%s'", name);
    return close ? krx_hint(call, "did you mean '%s'? there are %s", close, krx_str_get(&list))
                 : krx_hint(call, "set runtime to one of auto, %s", krx_str_get(&list));
}

static int32_t fail_absent(krx_call *call, const char *program, const krx_oci_kind *kind)
{
    const char *name = kind ? kind->name : "that runtime_path names";
    if (strchr(program, '/'))
        krx_fail(call, KRX_E_UNAVAILABLE, "runtime %s is not available: %s is no program", name,
                 program);
    else
        krx_fail(call, KRX_E_UNAVAILABLE, "runtime %s is not available: no '%s' in PATH", name,
                 program);
    return kind ? krx_hint(call, "install it: %s", kind->install)
                : krx_hint(call, "set runtime_path to the program, or leave it away");
}

/* A program that is named otherwise than it says would be called in the wrong way. */
static int32_t probe(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                     const krx_oci_choice *choice, const char *path, const char *wanted,
                     krx_oci_runtime *out)
{
    krx_oci_probe probed;
    krx_oci_criu criu = {0};
    const char *criu_path = krx_blank(choice->criu_path) ? "criu" : choice->criu_path;
    int32_t code = krx_oci_probe_get(call, arena, store, path, &probed);
    if (code < 0)
        return code;
    if (wanted && strcmp(wanted, probed.name) != 0)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is not %s: it says that it is %s", path,
                        wanted, probed.name);
    if (!krx_oci_kind_of(probed.name)->sandbox)
        criu.path = krx_oci_find_program(arena, criu_path);
    if (criu.path)
        code = krx_oci_criu_get(call, arena, store, criu.path, &criu);
    out->path = path;
    return code < 0 ? code : krx_oci_runtime_judge(call, arena, store, choice, &probed, &criu, out);
}

static int32_t choose_first(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const krx_oci_choice *choice, krx_oci_runtime *out)
{
    krx_side_call side;
    krx_call *own = krx_side_call_init(&side, call);
    krx_auto_str krx_str broken = {0};
    for (const krx_oci_kind *k = krx_oci_kinds; k->name; k++) {
        char *path = krx_oci_find_program(arena, k->name);
        int32_t code =
            path ? probe(own, arena, store, choice, path, k->name, out) : KRX_E_NOT_FOUND;
        if (code == 0)
            return 0;
        if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
            return krx_fail(call, code, "%s", side.error.message);
        if (path)
            krx_str_addf(&broken, "%s%s", broken.length ? "; " : "", side.error.message);
    }
    krx_fail(call, KRX_E_UNAVAILABLE, "no OCI runtime is available: %s",
             broken.length ? krx_str_get(&broken) : "none of crun, runc, runsc is in PATH");
    return krx_hint(call, "install one: %s", krx_oci_kinds[0].install);
}

int32_t krx_oci_runtime_choose(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                               const krx_oci_choice *choice, krx_oci_runtime *out)
{
    const char *name =
        krx_blank(choice->runtime) || strcmp(choice->runtime, "auto") == 0 ? NULL : choice->runtime;
    const krx_oci_kind *kind = name ? krx_oci_kind_of(name) : NULL;
    *out = (krx_oci_runtime){0};
    if (name && !kind)
        return fail_name(call, name);
    const char *program = krx_blank(choice->runtime_path) ? name : choice->runtime_path;
    if (!program)
        return choose_first(call, arena, store, choice, out);
    char *path = krx_oci_find_program(arena, program);
    if (!path && krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!path)
        return fail_absent(call, program, kind);
    int32_t code = probe(call, arena, store, choice, path, name, out);
    return code == KRX_E_UNAVAILABLE && kind ? krx_hint(call, "install it anew: %s", kind->install)
                                             : code;
}
