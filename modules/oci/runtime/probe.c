/* SPDX-License-Identifier: Apache-2.0 */
/* What a binary says of itself. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/runtime/capture.h"
#include "modules/oci/runtime/table.h"

#define ANSWER_MAX ((size_t)256 * 1024)
#define PLATFORMS_MAX 200u
#define PROBE_TIME (20 * KRX_NS_PER_S)

/* Commands whose options matter. */
static const char *const commands[] = {"checkpoint", "restore", "update", "exec",   "kill",
                                       "pause",      "resume",  "delete", "create", "run",
                                       "events",     "wait",    "state",  "ps"};

/* Both streams, one after the other: `runsc flags` writes to standard error. */
static int32_t ask(krx_call *call, const char *path, const char *const *words, krx_str *text,
                   int32_t *status)
{
    const char *argv[8] = {path};
    krx_auto_str krx_str errors = {0};
    for (size_t i = 0; i < 6 && words[i]; i++)
        argv[i + 1] = words[i];
    krx_oci_capture capture = {.argv = argv, .stdin_fd = -1, .limit = ANSWER_MAX};
    krx_str_reset(text);
    int32_t code = krx_oci_capture_run(call, &capture, text, &errors, status);
    if (code == 0)
        krx_str_addn(text, krx_str_get(&errors), errors.length);
    return code;
}

/* "crun version 1.8.1" */
static int32_t ask_version(krx_call *call, krx_arena *arena, const char *path, krx_str *text,
                           krx_oci_probe *out)
{
    int32_t status = 0;
    int32_t code = ask(call, path, (const char *const[]){"--version", NULL}, text, &status);
    if (code < 0)
        return krx_wrap(call, "asking %s for its version", path);
    for (const krx_oci_kind *k = krx_oci_kinds; k->name; k++) {
        krx_autofree char *start = krx_format("%s version ", k->name);
        const char *at = start ? krx_str_get(text) : "";
        if (start && krx_has_prefix(at, start)) {
            at += strlen(start);
            out->name = k->name;
            out->version = krx_arena_strndup(arena, at, strcspn(at, " \n"));
        }
    }
    if (status != 0 || !out->version)
        return krx_fail(call, KRX_E_UNAVAILABLE,
                        "%s does not work: --version ended with %d and says '%.*s'", path, status,
                        (int)strcspn(krx_str_get(text), "\n"), krx_str_get(text));
    return 0;
}

/* +CRIU in crun's version, "seccomp" of `features`. */
static void add_features(krx_call *call, krx_arena *arena, const char *path, const char *version,
                         krx_ptrs *features)
{
    krx_auto_str krx_str text = {0};
    int32_t status = 1;
    for (const char *at = version; (at = strchr(at, '+')); at++)
        if (at > version && (at[-1] == ' ' || at[-1] == '\n'))
            (void)krx_ptrs_add(arena, features, krx_arena_strndup(arena, at, strcspn(at, " \n")));
    if (strstr(version, "\nlibseccomp:"))
        (void)krx_ptrs_add(arena, features, "+SECCOMP");
    if (ask(call, path, (const char *const[]){"features", NULL}, &text, &status) < 0 || status != 0)
        return;
    krx_auto_json cJSON *json = cJSON_Parse(krx_str_get(&text));
    if (krx_json_bool(krx_json_dig(json, "linux/seccomp"), "enabled", false))
        (void)krx_ptrs_add(arena, features, "+SECCOMP");
    if (krx_streq(krx_json_text(krx_json_get(json, "annotations"),
                                "org.opencontainers.runc.checkpoint.enabled"),
                  "true") ||
        krx_streq(
            krx_json_text(krx_json_get(json, "annotations"), "run.oci.crun.checkpoint.enabled"),
            "true"))
        (void)krx_ptrs_add(arena, features, "+CRIU");
}

static int32_t ask_flags(krx_call *call, krx_arena *arena, const krx_oci_kind *kind,
                         const char *path, krx_oci_probe *out)
{
    krx_auto_str krx_str help = {0}, text = {0};
    krx_ptrs flags = {0};
    int32_t status;
    int32_t code = ask(call, path, kind->help, &help, &status);
    if (code < 0)
        return code;
    krx_oci_flags_parse(arena, "", krx_str_get(&help), &flags);
    if (kind->flags[0]) {
        code = ask(call, path, kind->flags, &text, &status);
        krx_oci_flags_parse(arena, "", krx_str_get(&text), &flags);
        const char *platforms = strstr(krx_str_get(&text), "-platform ");
        size_t first = platforms ? strcspn(platforms, "\n") : 0;
        if (platforms) /* its line, and the one that lists them */
            out->platforms = krx_arena_strndup(arena, platforms,
                                               first + strnlen(platforms + first, PLATFORMS_MAX));
    }
    for (size_t i = 0; code == 0 && i < KRX_COUNT(commands); i++) {
        const char *first[] = {"help", commands[i], NULL}, *last[] = {commands[i], "--help", NULL};
        if (!krx_oci_command_listed(krx_str_get(&help), commands[i]))
            continue;
        (void)krx_ptrs_add(arena, &flags, krx_arena_printf(arena, "%s help", commands[i]));
        code = ask(call, path, kind->help_first ? first : last, &text, &status);
        krx_oci_flags_parse(arena, commands[i], krx_str_get(&text), &flags);
    }
    out->flags = (const char *const *)krx_ptrs_end(arena, &flags);
    return code;
}

/* A call of its own, which ends in time whatever is asked. */
static krx_call *bounded(krx_side_call *side, const krx_call *call)
{
    krx_call *own = krx_side_call_init(side, call);
    int64_t until = krx_now_monotonic() + PROBE_TIME;
    own->deadline_ns = until < call->deadline_ns ? until : call->deadline_ns;
    return own;
}

int32_t krx_oci_probe_ask(krx_call *call, krx_arena *arena, const char *path, krx_oci_probe *out)
{
    krx_auto_str krx_str version = {0};
    krx_ptrs features = {0};
    krx_side_call side;
    krx_call *own = bounded(&side, call);
    *out = (krx_oci_probe){0};
    int32_t code = ask_version(own, arena, path, &version, out);
    if (code == 0) {
        add_features(own, arena, path, krx_str_get(&version), &features);
        code = ask_flags(own, arena, krx_oci_kind_of(out->name), path, out);
    }
    out->features = (const char *const *)krx_ptrs_end(arena, &features);
    if (code < 0) {
        bool ours = code == KRX_E_DEADLINE_EXCEEDED && krx_check(call) == 0;
        return krx_fail(call, ours ? KRX_E_UNAVAILABLE : code, "%s", side.error.message);
    }
    return krx_arena_failed(arena) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}

static bool given_up(krx_call *call, int32_t code)
{
    return code < 0 && krx_check(call) < 0;
}

/* "Version: 3.17.1"; `check` says whether this kernel suits it. */
int32_t krx_oci_criu_ask(krx_call *call, krx_arena *arena, const char *path, krx_oci_criu *out)
{
    krx_auto_str krx_str text = {0};
    krx_side_call side;
    krx_call *own = bounded(&side, call);
    int32_t status = 1;
    *out = (krx_oci_criu){.path = path};
    int32_t code = ask(own, path, (const char *const[]){"--version", NULL}, &text, &status);
    if (given_up(call, code))
        return call->error->code;
    if (code < 0 || status != 0 || !krx_has_prefix(krx_str_get(&text), "Version: ")) {
        out->refusal = krx_arena_printf(arena, "%s does not run", path);
        return 0;
    }
    const char *version = krx_str_get(&text) + strlen("Version: ");
    out->version = krx_arena_strndup(arena, version, strcspn(version, " \n"));
    code = ask(own, path, (const char *const[]){"check", NULL}, &text, &status);
    if (given_up(call, code))
        return call->error->code;
    if (code < 0 || status != 0) {
        const char *why = strstr(krx_str_get(&text), "Error");
        why = code < 0 ? side.error.message : why ? why : krx_str_get(&text);
        out->refusal = krx_arena_printf(arena, "CRIU %s does not work on this kernel: %.*s",
                                        out->version, (int)strcspn(why, "\n"), why);
    }
    return krx_arena_failed(arena) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}
