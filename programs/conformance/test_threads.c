/* SPDX-License-Identifier: Apache-2.0 */
/* Many calls at once, as far as the thread model allows, and the look round at the end. */
#include <pthread.h>
#include <string.h>

#include "programs/conformance/kit.h"

#define THREADS 8
#define ROUNDS 3

typedef struct worker {
    krx_kit kit; /* its own arena, names and backend; the rest is shared */
    pthread_t thread;
} worker;

static void one_round(krx_kit *kit)
{
    krx_workload *spec = krx_kit_spec(kit);
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask deploy = {.spec = spec}, any = {.any_namespace = true, .with_instances = true};
    spec->stop_grace_period_ns = KRX_NS_PER_S;
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_wait_state(kit, spec, "Running");
    CHECK(kit, krx_kit_count_listed(kit, &any, spec->name) == 1,
          "with others at work the list has %s not once", spec->name);
    krx_kit_wait_log(kit, spec, "kit-out");
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_ask unknown = {.workload = "kit-no-such-workload"}, ping = {0};
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &unknown, &got);
    krx_kit_expect(kit, OP(driver, ping), 0, &ping, &got);
    krx_kit_destroy(kit, spec);
}

static void *work(void *arg)
{
    krx_kit *kit = arg;
    for (int i = 0; i < ROUNDS; i++)
        one_round(kit);
    return NULL;
}

static void start(krx_kit *kit, worker *w, int number, void *backend)
{
    w->kit = *kit;
    w->kit.arena = krx_arena_new();
    w->kit.names = 1000 * (number + 1);
    w->kit.backend = backend;
    REQUIRE(kit, w->kit.arena && pthread_create(&w->thread, NULL, work, &w->kit) == 0,
            "no thread could be started");
}

static void finish(worker *w)
{
    (void)pthread_join(w->thread, NULL);
    krx_arena_free(w->kit.arena);
}

static void *another(krx_kit *kit)
{
    krx_error error;
    void *backend = NULL;
    REQUIRE(kit, krx_kit_open(kit, NULL, &backend, &error) == 0, "open: %s", error.message);
    return backend;
}

/* PARALLEL: all on one backend. BACKEND: a thread to each. SERIAL: one after the other. */
static void mixed(krx_kit *kit, int arg)
{
    static worker workers[THREADS];
    uint32_t model = kit->module->thread_model;
    (void)arg;
    for (int i = 0; i < THREADS; i++) {
        bool own = model == KRX_THREADS_BACKEND;
        start(kit, &workers[i], i, own ? another(kit) : kit->backend);
        if (model == KRX_THREADS_SERIAL)
            finish(&workers[i]);
    }
    for (int i = 0; i < THREADS && model != KRX_THREADS_SERIAL; i++) {
        finish(&workers[i]);
        if (model == KRX_THREADS_BACKEND)
            kit->module->close(workers[i].kit.backend);
    }
}

/* The same workload from all sides: whoever loses says so well, and the end is consistent. */
static void *same(void *arg)
{
    krx_kit *kit = arg;
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask ask = {.spec = spec};
    spec->name = krx_arena_printf(kit->arena, "kit-%d-same", (int)getpid());
    (void)krx_kit_op(kit, OP(driver, deploy), &ask, &got);
    CHECK(kit,
          got.code == 0 || got.code == KRX_E_ABORTED || got.code == KRX_E_ALREADY_EXISTS ||
              got.code == KRX_E_FAILED_PRECONDITION,
          "of deploys at the same time one answers %s: %s", krx_error_name(got.code),
          got.error.message);
    return NULL;
}

static void contended(krx_kit *kit, int arg)
{
    static worker workers[4];
    krx_workload *spec = krx_kit_spec(kit);
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.spec = spec};
    (void)arg;
    if (kit->module->thread_model != KRX_THREADS_PARALLEL)
        return;
    for (int i = 0; i < 4; i++) {
        workers[i].kit = *kit;
        workers[i].kit.arena = krx_arena_new();
        REQUIRE(kit, pthread_create(&workers[i].thread, NULL, same, &workers[i].kit) == 0,
                "no thread could be started");
    }
    for (int i = 0; i < 4; i++)
        finish(&workers[i]);
    spec->name = krx_arena_printf(kit->arena, "kit-%d-same", (int)getpid());
    krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &got);
    krx_kit_wait_state(kit, spec, "Running");
    CHECK(kit, krx_kit_count_listed(kit, &(krx_kit_ask){0}, spec->name) == 1,
          "deployed from all sides it is listed not once");
    krx_kit_destroy(kit, spec);
}

/* ----------------------------------------------------------------------------------- at the end */

static bool was_before(const krx_kit *kit, const krx_status *s)
{
    char line[2 * KRX_KIT_NAME_MAX];
    (void)snprintf(line, sizeof line, "%s/%s\n", s->namespace_ ? s->namespace_ : "", s->name);
    const char *at = strstr(kit->shared->before, line);
    return at && (at == kit->shared->before || at[-1] == '\n');
}

static const char *left_instance(const krx_kit *kit, const krx_kit_got *got)
{
    for (size_t i = 0; i < got->items.count; i++) {
        const krx_instance *c = got->items.items[i];
        if (krx_has_prefix(c->workload ? c->workload : "", "kit-") &&
            !strstr(kit->shared->before, c->workload))
            return c->name;
    }
    return NULL;
}

static void nothing_left(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.any_namespace = true},
                all = {.any_namespace = true, .all = true, .unmanaged = true};
    (void)arg;
    krx_kit_expect(kit, OP(driver, list_workloads), 0, &ask, &got);
    for (size_t i = 0; i < got.items.count; i++) {
        const krx_status *s = got.items.items[i];
        /* others may be at work on the same backend */
        CHECK(kit, !krx_has_prefix(s->name, "kit-") || was_before(kit, s), "%s/%s is left behind",
              s->namespace_ ? s->namespace_ : "", s->name);
    }
    if (!krx_kit_offers(&kit->tables, OP(container, list)))
        return;
    /* what is being removed goes in its own time */
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    const char *left;
    do {
        krx_kit_expect(kit, OP(container, list), 0, &all, &got);
        left = left_instance(kit, &got);
        if (left)
            krx_kit_pause_ms(200);
    } while (left && krx_now_monotonic() < end);
    CHECK(kit, !left, "the instance %s is left behind", left);
}

const krx_kit_test krx_kit_thread_tests[] = {
    {"threads/mixed", mixed, OP(driver, deploy), -1, 0},
    {"threads/contended", contended, OP(driver, deploy), -1, 0},
    {NULL, NULL, -1, -1, 0},
};

const krx_kit_test krx_kit_last_tests[] = {
    {"nothing-left", nothing_left, OP(driver, list_workloads), -1, KRX_KIT_ALONE},
    {NULL, NULL, -1, -1, 0},
};
