/* SPDX-License-Identifier: Apache-2.0 */
/* The capability report: complete, without doubles, and true. */
#include <string.h>

#include "programs/conformance/kit.h"

static void report(krx_kit *kit, krx_kit_got *got)
{
    krx_kit_ask ask = {0};
    krx_kit_expect(kit, OP(driver, backend), 0, &ask, got);
    REQUIRE(kit, got->capabilities.count > 0, "the capability report is empty");
}

static const krx_capability *find(const krx_kit_got *got, uint32_t kind, const char *name)
{
    for (size_t i = 0; i < got->capabilities.count; i++) {
        const krx_capability *c = got->capabilities.items[i];
        if (c->kind == kind && krx_streq(c->name, name))
            return c;
    }
    return NULL;
}

typedef struct walk {
    krx_kit *kit;
    const krx_kit_got *got;
    const char *wanted; /* or NULL */
    bool found;
} walk;

static int missing_field(void *ctx, const char *path, const krx_field_info *field)
{
    walk *w = ctx;
    (void)field;
    CHECK(w->kit, find(w->got, KRX_CAP_FIELD, path), "the field %s is missing in the report", path);
    return 0;
}

static int is_wanted(void *ctx, const char *path, const krx_field_info *field)
{
    walk *w = ctx;
    (void)field;
    w->found = w->found || krx_streq(path, w->wanted);
    return w->found;
}

static void complete(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    walk w = {.kit = kit, .got = &got};
    (void)arg;
    report(kit, &got);
    (void)krx_schema_walk(missing_field, &w);
    for (int op = 0; op < KRX_OP_COUNT; op++)
        if (krx_kit_offers(&kit->tables, op))
            CHECK(kit, find(&got, KRX_CAP_OP, krx_kit_ops[op].name),
                  "the op %s is missing in the report", krx_kit_ops[op].name);
}

static bool is_op(const char *name)
{
    for (int op = 0; op < KRX_OP_COUNT; op++)
        if (krx_streq(krx_kit_ops[op].name, name))
            return true;
    return false;
}

static void known(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    (void)arg;
    report(kit, &got);
    for (size_t i = 0; i < got.capabilities.count; i++) {
        const krx_capability *c = got.capabilities.items[i];
        walk w = {.wanted = c->name};
        if (c->kind == KRX_CAP_FIELD)
            (void)krx_schema_walk(is_wanted, &w);
        CHECK(kit, c->kind == KRX_CAP_FIELD ? w.found : is_op(c->name),
              "'%s' in the report is no %s", c->name,
              c->kind == KRX_CAP_FIELD ? "field of the schema" : "op");
        CHECK(kit, find(&got, c->kind, c->name) == c, "'%s' is in the report twice", c->name);
    }
}

/* A field can't be better than the struct around it is. */
static void parents(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    (void)arg;
    report(kit, &got);
    for (size_t i = 0; i < got.capabilities.count; i++) {
        const krx_capability *c = got.capabilities.items[i];
        const char *dot = c->kind == KRX_CAP_FIELD ? strrchr(c->name, '.') : NULL;
        if (!dot || c->level == KRX_CAP_UNSUPPORTED)
            continue;
        const char *up = krx_arena_strndup(kit->arena, c->name, (size_t)(dot - c->name));
        const krx_capability *parent = find(&got, KRX_CAP_FIELD, up);
        CHECK(kit, !parent || parent->level != KRX_CAP_UNSUPPORTED,
              "%s is supported although %s is not", c->name, up);
    }
}

static void truthful(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const char *const argv[] = {"/bin/true", NULL};
    (void)arg;
    report(kit, &got);
    for (int op = 0; op < KRX_OP_COUNT; op++) {
        const krx_capability *c = find(&got, KRX_CAP_OP, krx_kit_ops[op].name);
        krx_auto_got krx_kit_got answer = {0};
        krx_kit_ask ask = {.spec = krx_kit_spec(kit),
                           .flags = op ? 0u : KRX_DEPLOY_DRY_RUN,
                           .workload = "kit-no-such-workload",
                           .node = "kit-no-such-node",
                           .image = "kit-no-such-image:none",
                           .target = "kit-no-such-image:two",
                           .file = "/dev/null",
                           .argv = argv,
                           .port = 80,
                           .deadline_in = 30 * KRX_NS_PER_S};
        if (!c)
            continue;
        if (op == OP(extended, checkpoint) || op == OP(extended, restore))
            ask.file = NULL; /* not every kind of checkpoint can be in one */
        if (!krx_kit_offers(&kit->tables, op)) {
            CHECK(kit, c->level == KRX_CAP_UNSUPPORTED, "%s is reported but not there", c->name);
            continue;
        }
        if (krx_kit_ops[op].flags & KRX_KIT_GLOBAL && c->level != KRX_CAP_UNSUPPORTED)
            continue;
        (void)krx_kit_op(kit, op, &ask, &answer);
        CHECK(kit, (c->level == KRX_CAP_UNSUPPORTED) == (answer.code == KRX_E_UNSUPPORTED),
              "%s is reported as %ssupported but answers %s: %s", c->name,
              c->level == KRX_CAP_UNSUPPORTED ? "un" : "", krx_error_name(answer.code),
              answer.error.message);
    }
}

const krx_kit_test krx_kit_capability_tests[] = {
    {"capabilities/complete", complete, OP(driver, backend), -1, 0},
    {"capabilities/known", known, OP(driver, backend), -1, 0},
    {"capabilities/parents", parents, OP(driver, backend), -1, 0},
    {"capabilities/truthful", truthful, OP(driver, backend), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
