/* SPDX-License-Identifier: Apache-2.0 */
/* Which backend is meant: by name, by the configuration, or the first that answers. */
#include <string.h>
#include <unistd.h>

#include "core/registry.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"

#define AUTO_PING_NS (2 * KRX_NS_PER_S)

static const char *const auto_order[] = {"docker", "podman", "oci"};

typedef struct search {
    krx_runtime *runtime;
    krx_call *call;
    krx_str tried; /* "docker: why not; podman: why not" */
    int32_t code;  /* that stands for all failures */
} search;

/* How telling a failure is: an engine that is down beats a module that nobody installed. */
static int weight(int32_t code)
{
    return code == KRX_E_UNAVAILABLE || code == KRX_E_DEADLINE_EXCEEDED ? 4
           : code == KRX_E_NOT_FOUND                                    ? 1
           : code == KRX_E_PERMISSION_DENIED                            ? 3
                                                                        : 2;
}

static void note_failure(search *s, const char *name, const krx_error *error)
{
    krx_str_addf(&s->tried, "%s%s: %s", s->tried.length ? "; " : "", name, error->message);
    if (s->code == 0 || weight(error->code) > weight(s->code))
        s->code = error->code;
}

static bool installed(krx_runtime *runtime, krx_arena *arena, const char *name)
{
    const char *path = krx_module_path(arena, runtime->places.module_dir, name);
    return path && access(path, F_OK) == 0;
}

static krx_call sub_call(const krx_call *call, krx_error *error)
{
    krx_call sub = *call;
    *error = (krx_error){.struct_size = sizeof *error};
    sub.error = error;
    sub.progress = NULL;
    return sub;
}

/* Opens and pings one candidate. */
static int32_t try_one(search *s, const char *name, krx_backend **out)
{
    krx_error error;
    krx_call call = sub_call(s->call, &error);
    const krx_ping_req req = {.struct_size = sizeof req};
    const int64_t limit = krx_now_monotonic() + AUTO_PING_NS;
    if (limit < call.deadline_ns)
        call.deadline_ns = limit;
    int32_t code = krx_registry_open(&call, s->runtime, name, out);
    if (code == 0)
        code = krx_invoke(&call, *out, KRX_OP_driver_ping, &req, NULL, NULL);
    if (code)
        note_failure(s, name, &error);
    return code;
}

/* Names that may be used, in order; the others are noted as failures. */
static int32_t candidates(search *s, krx_arena *arena, const char **names, size_t *count)
{
    krx_allow **list = NULL;
    const krx_places *places = &s->runtime->places;
    int32_t code =
        krx_allow_load(s->call, arena, places->vendor_allow_dir, places->admin_allow_dir, &list);
    for (size_t i = 0; i < KRX_COUNT(auto_order) && code == 0; i++) {
        krx_error error;
        krx_call call = sub_call(s->call, &error);
        const krx_allow *allow;
        int32_t refused;
        if (!installed(s->runtime, arena, auto_order[i]))
            refused = krx_fail(&call, KRX_E_NOT_FOUND, "not installed");
        else
            refused = krx_registry_admit(&call, s->runtime, auto_order[i], list, &allow);
        if (refused)
            note_failure(s, auto_order[i], &error);
        else
            names[(*count)++] = auto_order[i];
    }
    return code;
}

static int32_t choose(search *s, krx_backend **out)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *names[KRX_COUNT(auto_order)];
    size_t count = 0;
    if (!arena)
        return krx_fail(s->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory choosing a backend");
    int32_t code = candidates(s, arena, names, &count);
    if (code)
        return code;
    /* with no choice there is nothing to find out: its own errors say more than ours */
    if (count == 1)
        return krx_registry_open(s->call, s->runtime, names[0], out);
    for (size_t i = 0; i < count; i++) {
        int32_t failed = try_one(s, names[i], out);
        if (failed == 0)
            return 0;
        if (failed == KRX_E_UNAUTHENTICATED) /* it is the right one, and does not know us */
            return krx_fail(s->call, failed, "choosing a backend: %s", krx_str_get(&s->tried));
        code = krx_check(s->call);
        if (code)
            return krx_wrap(s->call, "choosing a backend");
    }
    krx_fail(s->call, s->code, "no backend can be used: %s", krx_str_get(&s->tried));
    return krx_hint(s->call, "start an engine, allow a module with 'kranix plugins enable NAME', "
                             "or name one with --backend");
}

static int32_t select_auto(krx_call *call, krx_runtime *runtime, krx_backend **out)
{
    search s = {.runtime = runtime, .call = call};
    pthread_mutex_lock(&runtime->lock);
    krx_backend *chosen = runtime->chosen;
    pthread_mutex_unlock(&runtime->lock);
    if (chosen) {
        *out = chosen;
        return 0;
    }
    int32_t code = choose(&s, &chosen);
    krx_str_free(&s.tried);
    if (code)
        return code;
    KRX_LOCK_SCOPE(&runtime->lock);
    if (!runtime->chosen)
        runtime->chosen = chosen;
    *out = runtime->chosen;
    return 0;
}

int32_t krx_runtime_backend(krx_call *call, krx_runtime *runtime, const char *name,
                            krx_backend **out)
{
    if (!krx_jobs_enter(&runtime->jobs))
        return krx_fail(call, KRX_E_CANCELLED, "the runtime is being shut down");
    if (krx_blank(name) || strcmp(name, "auto") == 0)
        name = krx_config_find(runtime->config, "runtime.default_backend")->value;
    int32_t code = krx_blank(name) || strcmp(name, "auto") == 0
                       ? select_auto(call, runtime, out)
                       : krx_registry_open(call, runtime, name, out);
    krx_jobs_leave(&runtime->jobs);
    return code;
}

static bool same_names(const char *const *a, void *const *b)
{
    size_t i = 0;
    while (a && a[i] && b[i] && strcmp(a[i], b[i]) == 0)
        i++;
    return a && !a[i] && !b[i];
}

/* Lists given out before stay valid, so that only a new one takes memory. */
static int keep_names(krx_runtime *runtime, void *const *names)
{
    krx_ptrs kept = {0};
    if (!runtime->names && !(runtime->names = krx_arena_new()))
        return -1;
    for (size_t i = 0; names[i]; i++) {
        const char *name = krx_arena_strdup(runtime->names, names[i]);
        if (!name || krx_ptrs_add(runtime->names, &kept, name) < 0)
            return -1;
    }
    void **all = krx_ptrs_end(runtime->names, &kept);
    if (all)
        runtime->last_names = (const char *const *)all;
    return all ? 0 : -1;
}

int32_t krx_runtime_backend_names(krx_call *call, krx_runtime *runtime, const char *const **names)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_allow **list = NULL;
    krx_ptrs found = {0};
    if (!arena)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory listing backends");
    int32_t code = krx_allow_load(call, arena, runtime->places.vendor_allow_dir,
                                  runtime->places.admin_allow_dir, &list);
    if (code)
        return code;
    for (size_t i = 0; list[i]; i++) {
        const krx_allow *allow = list[i];
        if (allow->error_code || !allow->enabled ||
            krx_config_denies(runtime->config, allow->name) ||
            !installed(runtime, arena, allow->name))
            continue;
        if (krx_ptrs_add(arena, &found, allow->name) < 0)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory listing backends");
    }
    void **all = krx_ptrs_end(arena, &found);
    KRX_LOCK_SCOPE(&runtime->lock);
    if (!all || (!same_names(runtime->last_names, all) && keep_names(runtime, all) < 0))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory listing backends");
    *names = runtime->last_names;
    return 0;
}
