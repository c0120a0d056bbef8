/* SPDX-License-Identifier: Apache-2.0 */
/* Specs generated from the schema table, held against the capability report. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "programs/conformance/kit.h"

typedef struct field_walk {
    krx_kit *kit;
    const krx_kit_got *report;
    krx_workload *whole; /* maximal spec in the making, or NULL */
    void (*each)(struct field_walk *walk, const char *path, uint32_t level);
    size_t tried;
} field_walk;

static uint32_t level_of(const krx_kit_got *report, const char *path)
{
    for (size_t i = 0; i < report->capabilities.count; i++) {
        const krx_capability *c = report->capabilities.items[i];
        if (c->kind == KRX_CAP_FIELD && krx_streq(c->name, path))
            return c->level;
    }
    return 0;
}

static int visit(void *ctx, const char *path, const krx_field_info *field)
{
    field_walk *w = ctx;
    (void)field;
    w->each(w, path, level_of(w->report, path));
    return 0;
}

static void for_each_field(krx_kit *kit, field_walk *w)
{
    static krx_kit_got report;
    krx_kit_ask ask = {0};
    krx_kit_expect(kit, OP(driver, backend), 0, &ask, &report);
    w->kit = kit;
    w->report = &report;
    (void)krx_schema_walk(visit, w);
    krx_kit_got_free(&report);
}

static bool sound(krx_kit *kit, const krx_workload *spec, const char *path)
{
    const char *why = krx_kit_spec_invalid(kit, spec);
    return CHECK(kit, !why, "the kit's own spec with %s is invalid: %s", path, why);
}

/* What is unsupported may be refused or passed over, but not with a crash or a puzzle. */
static void try_dry(field_walk *w, const char *path, uint32_t level)
{
    krx_kit *kit = w->kit;
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask ask = {.spec = spec, .flags = KRX_DEPLOY_DRY_RUN};
    if (!krx_kit_spec_set(kit, spec, path, NULL) || !sound(kit, spec, path))
        return;
    w->tried++;
    (void)krx_kit_op(kit, OP(driver, deploy), &ask, &got);
    if (level == KRX_CAP_UNSUPPORTED)
        CHECK(kit, got.code == 0 || got.code == KRX_E_UNSUPPORTED,
              "%s is unsupported; a dry run answers %s: %s", path, krx_error_name(got.code),
              got.error.message);
    else if (!krx_kit_spec_dry_only(path))
        CHECK(kit, got.code == 0, "%s is supported; a dry run answers %s: %s", path,
              krx_error_name(got.code), got.error.message);
}

static void dry(krx_kit *kit, int arg)
{
    field_walk w = {.each = try_dry};
    (void)arg;
    for_each_field(kit, &w);
    CHECK(kit, w.tried > 50, "only %zu fields were generated", w.tried);
}

static void unchanged(krx_kit *kit, const krx_workload *spec, const char *path)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.spec = spec};
    krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &got);
    for (size_t i = 0; i < got.changes.count; i++) {
        const krx_change *c = got.changes.items[i];
        CHECK(kit, c->action == KRX_CHANGE_NONE,
              "with %s the same spec again changes %s %s (%s: %s -> %s)", path, c->kind, c->object,
              c->field ? c->field : "", c->old_value ? c->old_value : "",
              c->new_value ? c->new_value : "");
    }
}

static void try_deploy(krx_kit *kit, krx_workload *spec, const char *path)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.spec = spec};
    int32_t code = krx_kit_op(kit, OP(driver, deploy), &ask, &got);
    if (!CHECK(kit, code == 0, "with %s deploy answers %s: %s", path, krx_error_name(code),
               got.error.message))
        return;
    unchanged(kit, spec, path);
    krx_kit_destroy(kit, spec);
}

/* Most of the time is spent waiting, so that a few are tried side by side where that is allowed. */
#define FIELDS_MAX 1024
#define SIDE_BY_SIDE 8

typedef struct field_queue {
    const char *paths[FIELDS_MAX];
    size_t count;
    atomic_size_t next, tried;
} field_queue;

typedef struct field_worker {
    krx_kit kit; /* its own arena and names */
    field_queue *queue;
    pthread_t thread;
} field_worker;

static void try_field(krx_kit *kit, field_queue *queue, const char *path)
{
    krx_workload *spec = krx_kit_spec(kit);
    spec->stop_grace_period_ns = KRX_NS_PER_S;
    if (!krx_kit_spec_set(kit, spec, path, NULL) || !sound(kit, spec, path))
        return;
    queue->tried++;
    try_deploy(kit, spec, path);
}

static void *try_fields(void *arg)
{
    field_worker *w = arg;
    for (size_t i = w->queue->next++; i < w->queue->count; i = w->queue->next++)
        try_field(&w->kit, w->queue, w->queue->paths[i]);
    return NULL;
}

static field_queue queue;

static void queue_field(field_walk *w, const char *path, uint32_t level)
{
    if (level < KRX_CAP_EMULATED || krx_kit_spec_dry_only(path) || queue.count == FIELDS_MAX)
        return;
    queue.paths[queue.count++] = krx_arena_strdup(w->kit->arena, path);
}

static void fields(krx_kit *kit, int arg)
{
    static field_worker workers[SIDE_BY_SIDE];
    size_t count = kit->module->thread_model == KRX_THREADS_PARALLEL ? SIDE_BY_SIDE : 1;
    field_walk w = {.each = queue_field};
    (void)arg;
    for_each_field(kit, &w);
    for (size_t i = 0; i < count; i++) {
        workers[i].kit = *kit;
        workers[i].kit.arena = krx_arena_new();
        workers[i].kit.names = 1000 * ((int)i + 1);
        workers[i].queue = &queue;
        REQUIRE(kit,
                workers[i].kit.arena &&
                    pthread_create(&workers[i].thread, NULL, try_fields, &workers[i]) == 0,
                "no thread could be started");
    }
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        krx_arena_free(workers[i].kit.arena);
    }
    CHECK(kit, queue.tried > 0, "not one field is supported");
}

static void add_field(field_walk *w, const char *path, uint32_t level)
{
    /* a schedule makes it another kind of workload; a source makes the mount one without size; an
     * address may need a port that is not for the backend to choose */
    if (level >= KRX_CAP_EMULATED && !krx_kit_spec_dry_only(path) &&
        !krx_has_prefix(path, "cronSchedule") && !krx_streq(path, "mounts.source") &&
        !krx_streq(path, "ports.hostIp"))
        w->tried += krx_kit_spec_set(w->kit, w->whole, path, NULL);
}

static void maximal(krx_kit *kit, int arg)
{
    field_walk w = {.each = add_field, .whole = krx_kit_spec(kit)};
    (void)arg;
    for_each_field(kit, &w);
    if (sound(kit, w.whole, "everything"))
        try_deploy(kit, w.whole, "every supported field");
}

/* Values that text passes through badly: quotes, blanks, newlines, other alphabets. */
static void odd_values(krx_kit *kit, int arg)
{
    static const char *const odd[] = {"KIT=",
                                      "KIT=a b  c",
                                      "KIT=\"quoted\" 'single' \\back",
                                      "KIT=line one\nline two",
                                      "KIT=\xc3\xa4\xe2\x82\xac",
                                      "KIT={\"json\": [1, 2]}",
                                      "KIT=$HOME `id` ${X}",
                                      "KIT=a=b=c"};
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(odd); i++) {
        krx_workload *spec = krx_kit_spec(kit);
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = {.spec = spec};
        spec->stop_grace_period_ns = KRX_NS_PER_S;
        (void)krx_kit_spec_set(kit, spec, "env", odd[i]);
        krx_kit_spec_script(kit, spec,
                            "printf '<%s>\\n' \"$KIT\"; trap 'exit 0' TERM; "
                            "while :; do sleep 1 & wait $!; done");
        krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &got);
        krx_kit_wait_log(kit, spec, krx_arena_printf(kit->arena, "<%s>\n", odd[i] + 4));
        unchanged(kit, spec, "env");
        krx_kit_destroy(kit, spec);
    }
}

/* A volume holds what was written until it is asked to go. */
static void volumes(krx_kit *kit, int arg)
{
    static const char script[] =
        "if [ -e /kit-data/mark ]; then echo found-mark; else echo no-mark; fi; "
        ">/kit-data/mark; echo written; trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";
    static const char *const words[] = {"no-mark", "found-mark", "no-mark"};
    krx_workload *spec = krx_kit_spec(kit);
    (void)arg;
    if (krx_kit_level(kit, "volumes") < KRX_CAP_EMULATED)
        return;
    (void)krx_kit_spec_set(kit, spec, "volumes.mountPath", "/kit-data");
    krx_kit_spec_script(kit, spec, script);
    spec->stop_grace_period_ns = KRX_NS_PER_S;
    for (int round = 0; round < 3; round++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = {.spec = spec};
        krx_kit_ask gone = {.workload = spec->name, .remove_volumes = round > 0};
        krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &got);
        krx_kit_wait_log(kit, spec, words[round]);
        krx_kit_wait_log(kit, spec, "written");
        krx_kit_expect(kit, OP(driver, destroy), 0, &gone, &got);
    }
}

const krx_kit_test krx_kit_spec_tests[] = {
    {"spec/dry-run-of-each-field", dry, OP(driver, deploy), -1, 0},
    {"spec/each-field", fields, OP(driver, deploy), -1, 0},
    {"spec/maximal", maximal, OP(driver, deploy), -1, 0},
    {"spec/odd-values", odd_values, OP(driver, deploy), -1, 0},
    {"spec/volumes", volumes, OP(driver, deploy), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
