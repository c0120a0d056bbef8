/* SPDX-License-Identifier: Apache-2.0 */
/* Images. What acts on more than the kit's own is never driven. */
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

const krx_kit_test krx_kit_image_tests[] = {
    {"image/list", image_list, OP(image, list), -1, 0},
    {"image/inspect", image_inspect, OP(image, inspect), -1, 0},
    {"image/tag-remove", image_tag, OP(image, tag), OP(image, remove), 0},
    {"image/not-found", image_not_found, OP(image, list), -1, 0},
    {"image/no-registry", image_no_registry, OP(image, pull), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
