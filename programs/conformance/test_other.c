/* SPDX-License-Identifier: Apache-2.0 */
/* Images, nodes and the extended table. What acts on more than the kit's own is never driven. */
#include <string.h>

#include "programs/conformance/kit.h"

/* --------------------------------------------------------------------------------------- images */

static const char *local_image(krx_kit *kit)
{
    if (!kit->options->image)
        krx_kit_skip(kit, "needs --image");
    return kit->options->image;
}

static bool has_tag(const krx_kit_got *got, const char *tag)
{
    for (size_t i = 0; i < got->items.count; i++) {
        const krx_image *image = got->items.items[i];
        for (size_t t = 0; image->tags && image->tags[t]; t++)
            if (krx_streq(image->tags[t], tag))
                return true;
    }
    return false;
}

static void image_list(krx_kit *kit, int arg)
{
    const char *image = local_image(kit);
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {0}, filtered = {.image = image};
    (void)arg;
    krx_kit_expect(kit, OP(image, list), 0, &ask, &got);
    CHECK(kit, has_tag(&got, image), "the list has no %s", image);
    krx_kit_expect(kit, OP(image, list), 0, &filtered, &got);
    CHECK(kit, has_tag(&got, image), "the list filtered by %s has it not", image);
}

static void image_inspect(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.image = local_image(kit)};
    (void)arg;
    krx_kit_expect(kit, OP(image, inspect), 0, &ask, &got);
    CHECK(kit, got.items.count == 1, "inspect emits %zu texts", got.items.count);
}

static void image_tag(krx_kit *kit, int arg)
{
    const char *tag = krx_arena_printf(kit->arena, "kit-tag:%d", (int)getpid());
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask make = {.image = local_image(kit), .target = tag}, named = {.image = tag},
                all = {0};
    (void)arg;
    krx_kit_expect(kit, OP(image, tag), 0, &make, &got);
    krx_kit_expect(kit, OP(image, list), 0, &all, &got);
    CHECK(kit, has_tag(&got, tag), "the list has no %s after it was made", tag);
    krx_kit_expect(kit, OP(image, remove), 0, &named, &got);
    krx_kit_expect(kit, OP(image, list), 0, &all, &got);
    CHECK(kit, !has_tag(&got, tag), "the list has %s after it was removed", tag);
    CHECK(kit, has_tag(&got, make.image), "removing a tag has removed %s", make.image);
}

static void image_not_found(krx_kit *kit, int arg)
{
    static const int ops[] = {OP(image, inspect), OP(image, remove), OP(image, tag)};
    krx_kit_ask ask = {.image = "kit-no-such-image:none", .target = "kit-tag:none"};
    (void)arg;
    for (size_t i = 0; i < KRX_COUNT(ops); i++) {
        krx_auto_got krx_kit_got got = {0};
        if (krx_kit_offers(&kit->tables, ops[i]))
            krx_kit_expect(kit, ops[i], KRX_E_NOT_FOUND, &ask, &got);
    }
}

static void image_no_registry(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.image = "127.0.0.1:1/kit/none:1", .deadline_in = 60 * KRX_NS_PER_S};
    (void)arg;
    if (krx_kit_offers(&kit->tables, OP(image, pull)))
        CHECK(kit, krx_kit_op(kit, OP(image, pull), &ask, &got) < 0,
              "pulling from a registry that is not there succeeds");
}

/* ---------------------------------------------------------------------------------------- nodes */

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

static void cordon(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got nodes = {0}, got = {0};
    krx_kit_ask all = {0}, unknown = {.node = "kit-no-such-node"};
    (void)arg;
    krx_kit_expect(kit, OP(node, cordon), KRX_E_NOT_FOUND, &unknown, &got);
    krx_kit_expect(kit, OP(node, uncordon), KRX_E_NOT_FOUND, &unknown, &got);
    krx_kit_expect(kit, OP(node, list_node_health), 0, &all, &nodes);
    REQUIRE(kit, nodes.items.count >= 1, "no node");
    krx_kit_ask one = {.node = ((krx_node_health *)nodes.items.items[0])->name};
    for (int i = 0; i < 2; i++)
        krx_kit_expect(kit, OP(node, cordon), 0, &one, &got);
    krx_kit_expect(kit, OP(node, list_node_health), 0, &one, &got);
    CHECK(kit, got.items.count == 1 && ((krx_node_health *)got.items.items[0])->unschedulable == 1,
          "a cordoned node is schedulable");
    for (int i = 0; i < 2; i++)
        krx_kit_expect(kit, OP(node, uncordon), 0, &one, &got);
}

/* ------------------------------------------------------------------------------------- extended */

static void volumes(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    (void)arg;
    (void)krx_kit_spec_set(kit, spec, "volumes.size", NULL);
    krx_kit_ask make = {.spec = spec, .workload = spec->name}, gone = {.workload = spec->name};
    for (int i = 0; i < 2; i++) {
        krx_kit_expect(kit, OP(extended, provision_volumes), 0, &make, &got);
        REQUIRE(kit, got.items.count == 1, "provision_volumes emits %zu volumes instead of one",
                got.items.count);
        const krx_volume_result *v = got.items.items[0];
        CHECK(kit, krx_streq(v->name, "kit-data"), "the volume is called %s", v->name);
    }
    krx_kit_expect(kit, OP(extended, cleanup_volumes), 0, &gone, &got);
    CHECK(kit, got.items.count == 1, "cleanup_volumes emits %zu volumes instead of one",
          got.items.count);
}

static void checkpoint(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name, .flags = KRX_CHECKPOINT_LEAVE_RUNNING};
    (void)arg;
    if (krx_kit_op(kit, OP(extended, checkpoint), &ask, &got) == 0) {
        REQUIRE(kit, got.items.count == 1, "checkpoint emits %zu items", got.items.count);
        krx_kit_expect(kit, OP(extended, list_checkpoints), 0, &ask, &got);
        CHECK(kit, got.items.count >= 1, "the checkpoint is not listed");
        krx_kit_ask back = {.workload = spec->name};
        krx_kit_expect(kit, OP(extended, restore), 0, &back, &got);
        krx_kit_wait_state(kit, spec, "Running");
    } else {
        CHECK(kit, got.code == KRX_E_UNSUPPORTED || got.code == KRX_E_FAILED_PRECONDITION,
              "checkpoint answers %s: %s", krx_error_name(got.code), got.error.message);
    }
    krx_kit_destroy(kit, spec);
}

static void bandwidth(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name, .egress = 10000000};
    (void)arg;
    (void)krx_kit_op(kit, OP(extended, set_bandwidth), &ask, &got);
    CHECK(kit,
          got.code == 0 || got.code == KRX_E_UNSUPPORTED || got.code == KRX_E_FAILED_PRECONDITION,
          "set_bandwidth answers %s: %s", krx_error_name(got.code), got.error.message);
    krx_kit_destroy(kit, spec);
}

const krx_kit_test krx_kit_other_tests[] = {
    {"image/list", image_list, OP(image, list), -1, 0},
    {"image/inspect", image_inspect, OP(image, inspect), -1, 0},
    {"image/tag-remove", image_tag, OP(image, tag), OP(image, remove), 0},
    {"image/not-found", image_not_found, OP(image, list), -1, 0},
    {"image/no-registry", image_no_registry, OP(image, pull), -1, 0},
    {"node/backend-health", backend_health, OP(node, list_backend_health), -1, 0},
    {"node/cordon", cordon, OP(node, cordon), OP(node, uncordon), 0},
    {"extended/volumes", volumes, OP(extended, provision_volumes), OP(extended, cleanup_volumes),
     0},
    {"extended/checkpoint", checkpoint, OP(extended, checkpoint), OP(extended, restore), 0},
    {"extended/bandwidth", bandwidth, OP(extended, set_bandwidth), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
