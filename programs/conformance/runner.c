/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the tests and runs them, several side by side when asked. */
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#include "programs/conformance/child.h"

#define TICK_MS 50

static const krx_kit_test *const groups[] = {
    krx_kit_module_tests,    krx_kit_capability_tests, krx_kit_driver_tests, krx_kit_log_tests,
    krx_kit_container_tests, krx_kit_manifest_tests,   krx_kit_node_tests,   krx_kit_extended_tests,
    krx_kit_image_tests,     krx_kit_spec_tests,       krx_kit_wait_tests,   krx_kit_thread_tests,
    krx_kit_last_tests};

/* ------------------------------------------------------------------------- before and in between
 */

static void remember_list(krx_kit *kit)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.any_namespace = true};
    size_t used = 0;
    if (krx_kit_op(kit, OP(driver, list_workloads), &ask, &got) != 0)
        return;
    for (size_t i = 0; i < got.items.count; i++) {
        const krx_status *s = got.items.items[i];
        int n = snprintf(kit->shared->before + used, sizeof kit->shared->before - used, "%s/%s\n",
                         s->namespace_ ? s->namespace_ : "", s->name);
        if (n < 0 || (size_t)n >= sizeof kit->shared->before - used)
            break;
        used += (size_t)n;
    }
}

static void probe(krx_kit *kit, int arg)
{
    (void)arg;
    for (int op = 0; op < KRX_OP_COUNT; op++)
        kit->shared->offered[op] = krx_kit_offers(&kit->tables, op);
    kit->shared->thread_model = kit->module->thread_model;
    kit->shared->probed = true;
    if (krx_kit_offers(&kit->tables, OP(driver, list_workloads)))
        remember_list(kit);
    kit->shared->failures = 0; /* the tests will say */
}

/* Removes what a test left, in a process of its own. */
static void sweep(krx_kit *kit, int arg)
{
    (void)arg;
    for (size_t i = 0; i < KRX_KIT_NAMES; i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_ask ask = {
            .workload = kit->shared->deployed[i], .remove_volumes = true, .grace = KRX_NS_PER_S};
        if (kit->shared->deployed[i][0])
            (void)krx_kit_op(kit, OP(driver, destroy), &ask, &got);
    }
}

/* ----------------------------------------------------------------------------------------- plan */

typedef struct planned {
    const krx_kit_test *test;
    int arg;
    const char *name;
    krx_str report; /* TAP; something once it is done */
} planned;

static bool wanted(const krx_kit_options *options, const char *name)
{
    return !options->only || strstr(name, options->only) || fnmatch(options->only, name, 0) == 0;
}

static bool applies(const krx_kit_test *test, const krx_kit_shared *shared)
{
    return (test->op < 0 || shared->offered[test->op]) &&
           (test->op2 <= 0 || shared->offered[test->op2]);
}

static void plan_one(krx_arena *arena, krx_ptrs *plan, const krx_kit_options *options,
                     const krx_kit_test *test, int op)
{
    const char *name =
        op < 0 ? test->name : krx_arena_printf(arena, "%s/%s", test->name, krx_kit_ops[op].name);
    planned *p = krx_arena_new_of(arena, planned);
    if (!name || !p || !wanted(options, name))
        return;
    *p = (planned){.test = test, .arg = op, .name = name};
    (void)krx_ptrs_add(arena, plan, p);
}

static void make_plan(krx_arena *arena, krx_ptrs *plan, const krx_kit_options *options,
                      const krx_kit_shared *shared)
{
    for (size_t g = 0; g < KRX_COUNT(groups); g++)
        for (const krx_kit_test *test = groups[g]; test->name; test++) {
            if (!applies(test, shared) || (test->flags & KRX_KIT_NODE && !options->node) ||
                (test->flags & KRX_KIT_HOLE && options->no_server))
                continue;
            bool each =
                test->flags & KRX_KIT_EACH && (options->blackhole || !(test->flags & KRX_KIT_HOLE));
            if (!each)
                plan_one(arena, plan, options, test, -1);
            for (int op = 0; each && op < KRX_OP_COUNT; op++)
                if (shared->offered[op])
                    plan_one(arena, plan, options, test, op);
        }
}

/* ------------------------------------------------------------------------------------- schedule */

typedef struct schedule {
    const krx_kit_options *options;
    const krx_ptrs *plan;
    krx_kit_child children[KRX_KIT_JOBS_MAX];
    planned *of[KRX_KIT_JOBS_MAX]; /* the test of a child; NULL: it sweeps */
    size_t running, next, printed, bad;
    bool alone; /* what runs now suffers nothing beside it */
} schedule;

static bool tests_alone(const krx_kit_test *test)
{
    /* a black hole has one address */
    return test->flags & (KRX_KIT_ALONE | KRX_KIT_HOLE);
}

static bool left_something(const krx_kit_shared *shared)
{
    for (size_t i = 0; i < KRX_KIT_NAMES; i++)
        if (shared->deployed[i][0])
            return shared->offered[OP(driver, destroy)];
    return false;
}

static bool start_next(schedule *s, size_t slot)
{
    planned *p = s->next < s->plan->count ? s->plan->items[s->next] : NULL;
    if (!p || s->alone || (s->running && tests_alone(p->test)))
        return true;
    s->next++;
    s->running++;
    s->alone = tests_alone(p->test);
    s->of[slot] = p;
    return krx_kit_child_start(&s->children[slot], s->options, p->test, p->arg);
}

/* Reports a test that ended, and removes what it left. False: no process. */
static bool after(schedule *s, size_t slot)
{
    static const krx_kit_test sweeper = {"sweep", sweep, -1, -1, 0};
    krx_kit_child *child = &s->children[slot];
    planned *p = s->of[slot];
    s->of[slot] = NULL;
    if (p) {
        for (size_t i = 0; i < s->plan->count; i++)
            if (s->plan->items[i] == p)
                krx_kit_child_report(child, i + 1, p->name, &p->report);
        s->bad += !krx_kit_child_passed(child);
        if (left_something(child->shared))
            return krx_kit_child_start(child, s->options, &sweeper, 0);
    }
    memset(child->shared->deployed, 0, sizeof child->shared->deployed);
    s->running--;
    s->alone = false;
    return true;
}

/* In the order of the plan, as TAP wants it. */
static void print_done(schedule *s)
{
    for (; s->printed < s->plan->count; s->printed++) {
        planned *p = s->plan->items[s->printed];
        if (!p->report.length)
            break;
        (void)fputs(krx_str_get(&p->report), stdout);
        krx_str_free(&p->report);
    }
    (void)fflush(stdout);
}

static void wait_a_little(schedule *s)
{
    struct pollfd fds[KRX_KIT_JOBS_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < s->options->jobs; i++)
        if (s->children[i].pid && !s->children[i].silent)
            fds[count++] = (struct pollfd){.fd = s->children[i].fd, .events = POLLIN};
    (void)poll(fds, count, TICK_MS);
}

static int run_plan(schedule *s)
{
    printf("1..%zu\n", s->plan->count);
    do {
        for (size_t i = 0; i < s->options->jobs; i++) {
            krx_kit_child *child = &s->children[i];
            if ((child->pid && krx_kit_child_ended(child, s->options) && !after(s, i)) ||
                (!child->pid && !start_next(s, i)))
                return printf("Bail out! no child process: %s\n", strerror(errno)), 1;
        }
        print_done(s);
        if (s->running)
            wait_a_little(s);
    } while (s->running || s->next < s->plan->count);
    printf("# %zu of %zu tests are ok\n", s->plan->count - s->bad, s->plan->count);
    return s->bad || !s->plan->count ? 1 : 0;
}

/* Memory of one child, which knows what the first one found out about the module. */
static bool prepare(krx_arena *arena, krx_kit_child *child, const krx_kit_shared *first)
{
    void *map =
        mmap(NULL, sizeof *first, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    child->output = krx_arena_alloc(arena, KRX_KIT_OUTPUT_MAX + 1);
    if (map == MAP_FAILED || !child->output)
        return false;
    child->shared = map;
    if (first)
        memcpy(child->shared, first, sizeof *first);
    return true;
}

/* What the module offers, and what is deployed already. */
static bool find_out(krx_kit_child *child, const krx_kit_options *options)
{
    static const krx_kit_test prober = {"module/probe", probe, -1, -1, 0};
    krx_auto_str krx_str report = {0};
    if (!krx_kit_child_start(child, options, &prober, 0))
        return false;
    while (!krx_kit_child_ended(child, options))
        (void)poll(&(struct pollfd){.fd = child->fd, .events = POLLIN}, !child->silent, TICK_MS);
    if (child->shared->probed)
        return true;
    krx_kit_child_report(child, 1, "module/probe", &report);
    printf("1..1\n%s", krx_str_get(&report));
    return false;
}

int krx_kit_run(const krx_kit_options *options)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_ptrs plan = {0};
    static schedule s;
    s = (schedule){.options = options, .plan = &plan};
    if (!arena || !prepare(arena, &s.children[0], NULL))
        return fputs("kranix-conformance: out of memory\n", stderr), 1;
    if (!options->list)
        puts("TAP version 13");
    if (!find_out(&s.children[0], options))
        return 1;
    for (size_t i = 1; i < options->jobs; i++)
        if (!prepare(arena, &s.children[i], s.children[0].shared))
            return fputs("kranix-conformance: out of memory\n", stderr), 1;
    make_plan(arena, &plan, options, s.children[0].shared);
    if (!options->list)
        return run_plan(&s);
    for (size_t i = 0; i < plan.count; i++)
        puts(((planned *)plan.items[i])->name);
    return 0;
}
