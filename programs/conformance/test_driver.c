/* SPDX-License-Identifier: Apache-2.0 */
/* The driver table, op by op. */
#include <inttypes.h>
#include <string.h>

#include "programs/conformance/kit.h"

static bool has_state(const char *state, const char *const *list)
{
    for (; *list; list++)
        if (krx_streq(state, *list))
            return true;
    return false;
}

static void check_status(krx_kit *kit, const krx_workload *spec, const krx_status *s)
{
    CHECK(kit, krx_streq(s->name, spec->name), "the status is of '%s' instead of '%s'", s->name,
          spec->name);
    CHECK(kit, krx_streq(s->namespace_, spec->namespace_), "the namespace is '%s' instead of '%s'",
          s->namespace_ ? s->namespace_ : "", spec->namespace_);
    CHECK(kit, s->managed == 1, "a deployed workload is not marked as managed");
    CHECK(kit, s->replicas == spec->replicas, "replicas is %" PRId64 " instead of %" PRId64,
          s->replicas, spec->replicas);
}

static void deploy(krx_kit *kit, const krx_workload *spec, krx_kit_got *got)
{
    krx_kit_ask ask = {.spec = spec};
    krx_kit_expect(kit, OP(driver, deploy), 0, &ask, got);
    REQUIRE(kit, got->items.count == 1, "deploy emits %zu statuses instead of one",
            got->items.count);
}

static void deploy_minimal(krx_kit *kit, int arg)
{
    static const char *const fresh[] = {"Running", "Pending", "Updating", "Degraded", NULL};
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_spec(kit);
    (void)arg;
    deploy(kit, spec, &got);
    const krx_status *s = got.items.items[0];
    check_status(kit, spec, s);
    CHECK(kit, has_state(s->state, fresh), "just deployed it is %s", s->state);
    CHECK(kit, got.changes.count > 0, "deploy reports no change");
    const char *id = krx_arena_strdup(kit->arena, s->id);
    s = krx_kit_settled(kit, spec, &got);
    check_status(kit, spec, s);
    CHECK(kit, krx_streq(s->id, id), "the id changes from %s to %s", id, s->id);
    CHECK(kit, s->ready_replicas == 1, "ready_replicas is %" PRId64, s->ready_replicas);
    REQUIRE(kit, krx_kit_instances(s) == 1, "%zu instances instead of one", krx_kit_instances(s));
    CHECK(kit, krx_streq(s->instances[0]->workload, spec->name), "the instance is of '%s'",
          s->instances[0]->workload);
    CHECK(kit, s->instances[0]->managed == 1, "the instance is not marked as managed");
    krx_kit_destroy(kit, spec);
    krx_kit_ask ask = {.workload = spec->name};
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &ask, &got);
    krx_kit_expect(kit, OP(driver, destroy), KRX_E_NOT_FOUND, &ask, &got);
}

static void deploy_twice(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got first = {0}, again = {0}, after = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    (void)arg;
    const krx_status *a = krx_kit_status(kit, spec, &first);
    deploy(kit, spec, &again);
    for (size_t i = 0; i < again.changes.count; i++) {
        const krx_change *c = again.changes.items[i];
        CHECK(kit, c->action == KRX_CHANGE_NONE, "the same spec again changes %s %s (%s: %s -> %s)",
              c->kind, c->object, c->field ? c->field : "", c->old_value ? c->old_value : "",
              c->new_value ? c->new_value : "");
    }
    const krx_status *b = krx_kit_status(kit, spec, &after);
    CHECK(kit, krx_streq(a->id, b->id), "the id changes from %s to %s", a->id, b->id);
    REQUIRE(kit, krx_kit_instances(a) == 1 && krx_kit_instances(b) == 1, "not one instance");
    CHECK(kit, krx_streq(a->instances[0]->id, b->instances[0]->id), "the instance is made anew");
    CHECK(kit, a->instances[0]->started_ns == b->instances[0]->started_ns,
          "the instance is started again");
    krx_kit_destroy(kit, spec);
}

static void dry_run(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask ask = {.spec = spec, .flags = KRX_DEPLOY_DRY_RUN}, named = {.workload = spec->name};
    (void)arg;
    krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &got);
    CHECK(kit, got.items.count == 0, "a dry run emits a status");
    CHECK(kit, got.changes.count > 0, "a dry run reports no change");
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &named, &got);
    CHECK(kit, krx_kit_count_listed(kit, &(krx_kit_ask){0}, spec->name) == 0,
          "a dry run leaves something in the list");
    deploy(kit, spec, &got);
    const krx_status *s = krx_kit_settled(kit, spec, &got);
    const char *id = krx_arena_strdup(kit->arena, s->instances[0]->id);
    (void)krx_kit_spec_set(kit, spec, "env", "KIT=changed");
    krx_auto_got krx_kit_got changed = {0};
    krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &changed);
    bool any = false;
    for (size_t i = 0; i < changed.changes.count; i++)
        any = any || ((krx_change *)changed.changes.items[i])->action != KRX_CHANGE_NONE;
    CHECK(kit, any, "a dry run with another env reports no change");
    s = krx_kit_status(kit, spec, &got);
    CHECK(kit, s->instances && s->instances[0] && krx_streq(s->instances[0]->id, id),
          "a dry run replaces the instance");
    krx_kit_destroy(kit, spec);
}

static void list(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    (void)arg;
    (void)krx_kit_spec_set(kit, spec, "labels", "kit.example/label=yes");
    deploy(kit, spec, &got);
    krx_kv yes = {.struct_size = sizeof yes, .key = "kit.example/label", .value = "yes"};
    krx_kv no = {.struct_size = sizeof no, .key = "kit.example/label", .value = "no"};
    const krx_kv *const select_yes[] = {&yes, NULL}, *const select_no[] = {&no, NULL};
    const struct {
        krx_kit_ask ask;
        size_t want;
        const char *what;
    } cases[] = {
        {{0}, 1, "of its namespace"},
        {{.any_namespace = true}, 1, "of all namespaces"},
        {{.any_namespace = true, .with_instances = true}, 1, "with instances"},
        {{.any_namespace = true, .unmanaged = true}, 1, "with what is unmanaged"},
        {{.namespace_ = "kit-no-such-namespace"}, 0, "of another namespace"},
        {{.selector = select_yes}, 1, "with its label"},
        {{.selector = select_no}, 0, "with another label"},
    };
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        size_t n = krx_kit_count_listed(kit, &cases[i].ask, spec->name);
        CHECK(kit, n == cases[i].want, "the list %s has it %zu times instead of %zu", cases[i].what,
              n, cases[i].want);
    }
    krx_kit_destroy(kit, spec);
}

static void update(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0}, before = {0};
    krx_workload *spec = krx_kit_spec(kit);
    (void)arg;
    krx_kit_spec_script(kit, spec,
                        "echo value=$KIT_VALUE; trap 'exit 0' TERM; "
                        "while :; do sleep 1 & wait $!; done");
    (void)krx_kit_spec_set(kit, spec, "env", "KIT_VALUE=one");
    deploy(kit, spec, &got);
    krx_kit_wait_log(kit, spec, "value=one");
    const krx_status *a = krx_kit_status(kit, spec, &before);
    (void)krx_kit_spec_set(kit, spec, "env", "KIT_VALUE=two");
    deploy(kit, spec, &got);
    bool named = false, changed = false;
    for (size_t i = 0; i < got.changes.count; i++) {
        const krx_change *c = got.changes.items[i];
        changed = changed || c->action != KRX_CHANGE_NONE;
        named = named || (c->field && strstr(c->field, "env"));
    }
    CHECK(kit, changed, "another env reports no change");
    CHECK(kit, named, "no change names env as its cause");
    krx_kit_wait_log(kit, spec, "value=two");
    const krx_status *b = krx_kit_settled(kit, spec, &got);
    CHECK(kit, krx_streq(a->id, b->id), "the id changes from %s to %s", a->id, b->id);
    CHECK(kit, krx_kit_instances(b) == 1, "%zu instances after the update", krx_kit_instances(b));
    krx_kit_destroy(kit, spec);
}

static void expect_replicas(krx_kit *kit, krx_workload *spec, int64_t wanted, krx_kit_got *got)
{
    krx_auto_got krx_kit_got d = {0};
    spec->replicas = wanted;
    deploy(kit, spec, &d);
    const krx_status *s = krx_kit_settled(kit, spec, got);
    CHECK(kit, s->replicas == wanted && s->ready_replicas == wanted,
          "%" PRId64 " of %" PRId64 " replicas are ready, %" PRId64 " are wanted",
          s->ready_replicas, s->replicas, wanted);
    CHECK(kit, krx_kit_instances(s) == (size_t)wanted, "%zu instances, %" PRId64 " are wanted",
          krx_kit_instances(s), wanted);
}

static void scale(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got one = {0}, three = {0}, back = {0};
    krx_workload *spec = krx_kit_spec(kit);
    (void)arg;
    expect_replicas(kit, spec, 1, &one);
    const krx_status *a = one.items.items[0];
    expect_replicas(kit, spec, 3, &three);
    const krx_status *b = three.items.items[0];
    bool kept = false;
    for (size_t i = 0; b->instances && b->instances[i]; i++) {
        kept = kept || krx_streq(b->instances[i]->id, a->instances[0]->id);
        for (size_t j = 0; j < i; j++)
            CHECK(kit,
                  !b->instances[i]->replica || b->instances[i]->replica != b->instances[j]->replica,
                  "two instances are replica %" PRId64, b->instances[i]->replica);
    }
    CHECK(kit, kept, "scaling up replaces the instance that was there");
    expect_replicas(kit, spec, 1, &back);
    krx_kit_destroy(kit, spec);
}

static void restart(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got before = {0}, got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name};
    (void)arg;
    const krx_status *a = krx_kit_status(kit, spec, &before);
    REQUIRE(kit, krx_kit_instances(a) == 1, "not one instance");
    krx_kit_expect(kit, OP(driver, restart), 0, &ask, &got);
    CHECK(kit, krx_kit_runs_anew(kit, spec, a->instances[0]),
          "after restart the same instance runs on as if nothing had happened");
    krx_kit_destroy(kit, spec);
}

static void no_start(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask ask = {.spec = spec, .flags = KRX_DEPLOY_NO_START},
                named = {.workload = spec->name};
    (void)arg;
    krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &got);
    const krx_status *s = krx_kit_status(kit, spec, &got);
    CHECK(kit, !krx_streq(s->state, "Running"), "deployed without start it is Running");
    CHECK(kit, s->ready_replicas == 0, "deployed without start %" PRId64 " replicas are ready",
          s->ready_replicas);
    if (krx_kit_offers(&kit->tables, OP(container, start))) {
        krx_kit_expect(kit, OP(container, start), 0, &named, &got);
        krx_kit_wait_state(kit, spec, "Running");
    }
    krx_kit_destroy(kit, spec);
}

/* Ended for good and told so; or, where everything is started again, that is what is seen. */
static void seen_ending(krx_kit *kit, const krx_workload *spec, int64_t code,
                        const char *const *states)
{
    bool for_good = krx_kit_native(kit, "restartPolicy");
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    for (;;) {
        krx_auto_got krx_kit_got got = {0};
        const krx_status *s = krx_kit_status(kit, spec, &got);
        const krx_instance *i = s->instances ? s->instances[0] : NULL;
        bool ended = has_state(s->state, states) && (!i || i->exit_code == code);
        bool again = i && i->restarts > 0 && i->exit_code == code;
        if (ended || (again && !for_good))
            return;
        REQUIRE(kit, krx_now_monotonic() < end,
                "after the exit with %" PRId64 " it is %s, its exit_code %" PRId64, code, s->state,
                i ? i->exit_code : KRX_UNSET);
        krx_kit_pause_ms(50);
    }
}

static void ends(krx_kit *kit, int arg)
{
    static const struct {
        const char *script;
        int64_t code;
        const char *states[3];
    } cases[] = {{"exit 3", 3, {"Failed"}}, {"exit 0", 0, {"Succeeded", "Stopped"}}};
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_workload *spec = krx_kit_spec(kit);
        krx_kit_spec_script(kit, spec, cases[i].script);
        if (krx_kit_native(kit, "restartPolicy"))
            spec->restart_policy = "no";
        deploy(kit, spec, &got);
        seen_ending(kit, spec, cases[i].code, cases[i].states);
        krx_kit_destroy(kit, spec);
    }
}

static void ping(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {0};
    (void)arg;
    krx_kit_expect(kit, OP(driver, ping), 0, &ask, &got);
    CHECK(kit, got.items.count == 1, "ping emits %zu items instead of one", got.items.count);
}

static void backend(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {0};
    (void)arg;
    krx_kit_expect(kit, OP(driver, backend), 0, &ask, &got);
    REQUIRE(kit, got.items.count == 1, "backend emits %zu items instead of one", got.items.count);
    const krx_backend_info *info = got.items.items[0];
    CHECK(kit, krx_streq(info->name, kit->module->name), "the backend calls itself '%s'",
          info->name);
}

static void not_found(krx_kit *kit, int arg)
{
    static const int ops[] = {OP(driver, get_status), OP(driver, destroy), OP(driver, restart),
                              OP(driver, stream_logs)};
    krx_kit_ask ask = {.workload = "kit-no-such-workload"};
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(ops); i++) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_expect(kit, ops[i], KRX_E_NOT_FOUND, &ask, &got);
        CHECK(kit, strstr(got.error.message, "kit-no-such-workload"),
              "%s: the message does not name the object: %s", krx_kit_ops[ops[i]].name,
              got.error.message);
    }
}

/* A prefix of a name is another name, and so is the same name elsewhere. */
static void exact_names(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    char *shorter =
        krx_arena_strndup(kit->arena, spec->name, (size_t)(strrchr(spec->name, '-') - spec->name));
    krx_kit_ask prefix = {.workload = shorter};
    krx_kit_ask longer = {.workload = krx_arena_printf(kit->arena, "%s-1", spec->name)};
    krx_kit_ask elsewhere = {.workload = spec->name, .namespace_ = "kit-no-such-namespace"};
    (void)arg;
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &prefix, &got);
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &longer, &got);
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &elsewhere, &got);
    krx_kit_expect(kit, OP(driver, destroy), KRX_E_NOT_FOUND, &prefix, &got);
    krx_kit_wait_state(kit, spec, "Running");
    krx_kit_destroy(kit, spec);
}

/* An image that can't be had: refused, and nothing stays. */
static void taken_back(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask ask = {.spec = spec}, named = {.workload = spec->name};
    (void)arg;
    spec->image = "kranix-conformance-no-such-image:none";
    spec->pull_policy = "Never";
    if (krx_kit_op(kit, OP(driver, deploy), &ask, &got) == 0) {
        krx_kit_destroy(kit, spec);
        return;
    }
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &named, &got);
    CHECK(kit, krx_kit_count_listed(kit, &(krx_kit_ask){.any_namespace = true}, spec->name) == 0,
          "a deploy that failed leaves something behind");
}

const krx_kit_test krx_kit_driver_tests[] = {
    {"driver/deploy-minimal", deploy_minimal, OP(driver, deploy), -1, 0},
    {"driver/deploy-twice", deploy_twice, OP(driver, deploy), -1, 0},
    {"driver/dry-run", dry_run, OP(driver, deploy), -1, 0},
    {"driver/list", list, OP(driver, list_workloads), -1, 0},
    {"driver/update", update, OP(driver, deploy), -1, 0},
    {"driver/scale", scale, OP(driver, deploy), -1, 0},
    {"driver/restart", restart, OP(driver, restart), -1, 0},
    {"driver/no-start", no_start, OP(driver, deploy), -1, 0},
    {"driver/ends", ends, OP(driver, deploy), -1, 0},
    {"driver/ping", ping, OP(driver, ping), -1, 0},
    {"driver/backend", backend, OP(driver, backend), -1, 0},
    {"driver/not-found", not_found, OP(driver, get_status), -1, 0},
    {"driver/exact-names", exact_names, OP(driver, get_status), -1, 0},
    {"driver/taken-back", taken_back, OP(driver, deploy), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
