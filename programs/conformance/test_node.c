/* SPDX-License-Identifier: Apache-2.0 */
/* The node table. Only the node of --node is ever drained. */
#include <math.h>
#include <string.h>

#include "programs/conformance/kit.h"

static void backend_health(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {0};
    (void)arg;
    krx_kit_expect(kit, OP(node, list_backend_health), 0, &ask, &got);
    CHECK(kit, got.items.count >= 1, "no backend health");
    for (size_t i = 0; i < got.items.count; i++) {
        const krx_backend_health *h = got.items.items[i];
        CHECK(kit, h->score >= 0 && h->score <= 100, "the score is not within 0..100");
        CHECK(kit, h->error_rate >= 0 && h->error_rate <= 1, "the error rate is not within 0..1");
    }
}

static void list(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got all = {0};
    krx_kit_ask ask = {0};
    (void)arg;
    krx_kit_expect(kit, OP(node, list_node_health), 0, &ask, &all);
    REQUIRE(kit, all.items.count >= 1, "no node");
    for (size_t i = 0; i < all.items.count; i++) {
        krx_auto_got krx_kit_got got = {0};
        const krx_node_health *n = all.items.items[i];
        krx_kit_ask one = {.node = n->name};
        CHECK(kit, n->score >= 0 && n->score <= 100, "the score of %s is not within 0..100",
              n->name);
        CHECK(kit, isnan(n->error_rate) || (n->error_rate >= 0 && n->error_rate <= 1),
              "the error rate of %s is not within 0..1", n->name);
        krx_kit_expect(kit, OP(node, list_node_health), 0, &one, &got);
        CHECK(kit,
              got.items.count == 1 &&
                  krx_streq(((krx_node_health *)got.items.items[0])->name, n->name),
              "asked for %s it emits %zu nodes, or another", n->name, got.items.count);
    }
}

static void not_found(krx_kit *kit, int arg)
{
    static const int ops[] = {OP(node, list_node_health), OP(node, cordon), OP(node, uncordon),
                              OP(node, drain_node)};
    krx_kit_ask ask = {.node = "kit-no-such-node"};
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(ops); i++) {
        krx_auto_got krx_kit_got got = {0};
        if (!krx_kit_offers(&kit->tables, ops[i]))
            continue;
        krx_kit_expect(kit, ops[i], KRX_E_NOT_FOUND, &ask, &got);
        CHECK(kit, strstr(got.error.message, ask.node), "%s does not name the node: %s",
              krx_kit_ops[ops[i]].name, got.error.message);
    }
}

static const krx_node_health *look(krx_kit *kit, const krx_kit_ask *one, krx_kit_got *got)
{
    krx_kit_expect(kit, OP(node, list_node_health), 0, one, got);
    REQUIRE(kit, got->items.count == 1, "%zu nodes instead of one", got->items.count);
    return got->items.items[0];
}

static const char *some_node(krx_kit *kit)
{
    krx_auto_got krx_kit_got nodes = {0};
    krx_kit_ask all = {0};
    if (kit->options->node)
        return kit->options->node;
    krx_kit_expect(kit, OP(node, list_node_health), 0, &all, &nodes);
    REQUIRE(kit, nodes.items.count >= 1, "no node");
    return krx_arena_strdup(kit->arena,
                            ((krx_node_health *)nodes.items.items[nodes.items.count - 1])->name);
}

static void cordon(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask one = {.node = some_node(kit)};
    (void)arg;
    for (int i = 0; i < 2; i++)
        krx_kit_expect(kit, OP(node, cordon), 0, &one, &got);
    CHECK(kit, look(kit, &one, &got)->unschedulable == 1, "a cordoned node is schedulable");
    for (int i = 0; i < 2; i++)
        krx_kit_expect(kit, OP(node, uncordon), 0, &one, &got);
    CHECK(kit, look(kit, &one, &got)->unschedulable == 0, "uncordoned it still takes nothing");
}

static void drain(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask one = {.node = kit->options->node,
                       .force = true,
                       .grace = 2 * KRX_NS_PER_S,
                       .deadline_in = 5 * kit->options->wait_ns};
    (void)arg;
    if (!one.node)
        return; /* the plan has it only with --node */
    for (int i = 0; i < 2; i++) {
        krx_kit_ask back = {.node = one.node};
        (void)krx_kit_op(kit, OP(node, drain_node), &one, &got);
        CHECK(kit, got.code == 0, "drain answers %s: %s", krx_error_name(got.code),
              got.error.message);
        if (CHECK(kit, got.items.count >= 1, "drain emits nothing")) {
            const krx_drain_result *last = got.items.items[got.items.count - 1];
            CHECK(kit, krx_streq(last->phase, "drained") && last->remaining == 0,
                  "in the end it is %s, with %lld to go", last->phase ? last->phase : "nothing",
                  (long long)last->remaining);
        }
        CHECK(kit, look(kit, &back, &got)->unschedulable == 1, "a drained node is schedulable");
    }
    krx_kit_ask back = {.node = one.node};
    krx_kit_expect(kit, OP(node, uncordon), 0, &back, &got);
    const krx_node_health *after = look(kit, &back, &got);
    CHECK(kit, !after->unschedulable && !after->draining, "uncordoned it still takes nothing");
}

const krx_kit_test krx_kit_node_tests[] = {
    {"node/backend-health", backend_health, OP(node, list_backend_health), -1, 0},
    {"node/list", list, OP(node, list_node_health), -1, 0},
    {"node/not-found", not_found, OP(node, list_node_health), -1, 0},
    {"node/cordon", cordon, OP(node, cordon), OP(node, uncordon), KRX_KIT_ALONE},
    {"node/drain", drain, OP(node, drain_node), OP(node, uncordon), KRX_KIT_NODE | KRX_KIT_ALONE},
    {NULL, NULL, -1, -1, 0},
};
