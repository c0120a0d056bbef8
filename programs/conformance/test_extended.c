/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints, volumes, bandwidth, revisions and what setup would do. */
#include <inttypes.h>
#include <string.h>

#include "programs/conformance/kit.h"

/* --------------------------------------------------------------------------------------- volumes
 */

static size_t count_volumes(krx_kit *kit, const krx_kit_ask *ask)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_expect(kit, OP(extended, list_volumes), 0, ask, &got);
    for (size_t i = 0; i < got.items.count; i++)
        CHECK(kit, krx_streq(((krx_volume_result *)got.items.items[i])->workload, ask->workload),
              "of the volumes of a workload one belongs to another");
    return got.items.count;
}

static void volumes(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    bool listed = krx_kit_offers(&kit->tables, OP(extended, list_volumes));
    (void)arg;
    (void)krx_kit_spec_set(kit, spec, "volumes.size", NULL);
    krx_kit_ask make = {.spec = spec, .workload = spec->name}, named = {.workload = spec->name};
    for (int i = 0; i < 2; i++) {
        krx_kit_expect(kit, OP(extended, provision_volumes), 0, &make, &got);
        REQUIRE(kit, got.items.count == 1, "provision_volumes emits %zu volumes instead of one",
                got.items.count);
        const krx_volume_result *v = got.items.items[0];
        CHECK(kit, krx_streq(v->name, "kit-data"), "the volume is called %s", v->name);
    }
    if (listed)
        CHECK(kit, count_volumes(kit, &named) == 1, "the volume is listed not once");
    krx_kit_expect(kit, OP(extended, cleanup_volumes), 0, &named, &got);
    CHECK(kit, got.items.count == 1, "cleanup_volumes emits %zu volumes instead of one",
          got.items.count);
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    while (listed && count_volumes(kit, &named) && krx_now_monotonic() < end)
        krx_kit_pause_ms(100);
    CHECK(kit, !listed || count_volumes(kit, &named) == 0, "a removed volume is listed");
}

/* ----------------------------------------------------------------------------------- checkpoints
 */

static bool has_checkpoint(krx_kit *kit, const krx_workload *spec, const char *id)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.workload = spec->name};
    krx_kit_expect(kit, OP(extended, list_checkpoints), 0, &ask, &got);
    for (size_t i = 0; i < got.items.count; i++)
        if (krx_streq(((krx_checkpoint *)got.items.items[i])->id, id))
            return true;
    return false;
}

/* With two replicas, so that a restore that always makes one is seen. */
static void checkpoint(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0}, status = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask deploy = {.spec = spec}, named = {.workload = spec->name};
    (void)arg;
    spec->replicas = 2;
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    (void)krx_kit_settled(kit, spec, &status);
    if (krx_kit_level(kit, "extended.checkpoint") == KRX_CAP_UNSUPPORTED) {
        krx_kit_expect(kit, OP(extended, checkpoint), KRX_E_UNSUPPORTED, &named, &got);
        krx_kit_destroy(kit, spec);
        return;
    }
    krx_kit_expect(kit, OP(extended, checkpoint), 0, &named, &got);
    REQUIRE(kit, got.items.count == 1, "checkpoint emits %zu items", got.items.count);
    const char *id = krx_arena_strdup(kit->arena, ((krx_checkpoint *)got.items.items[0])->id);
    CHECK(kit, !krx_streq(krx_kit_status(kit, spec, &status)->state, "Running"),
          "checkpointed it still is Running");
    if (krx_kit_offers(&kit->tables, OP(extended, list_checkpoints)))
        CHECK(kit, has_checkpoint(kit, spec, id), "the checkpoint %s is not listed", id);
    krx_kit_ask wrong = {.workload = spec->name, .id = "kit-no-such-checkpoint"};
    krx_kit_expect(kit, OP(extended, restore), KRX_E_NOT_FOUND, &wrong, &got);
    krx_kit_ask back = {.workload = spec->name, .id = id};
    krx_kit_expect(kit, OP(extended, restore), 0, &back, &got);
    (void)krx_kit_settled(kit, spec, &status);
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

/* ------------------------------------------------------------------------------------- revisions
 */

static const krx_revision *current(krx_kit *kit, const krx_workload *spec, krx_kit_got *got)
{
    krx_kit_ask ask = {.workload = spec->name};
    const krx_revision *found = NULL;
    krx_kit_expect(kit, OP(extended, list_revisions), 0, &ask, got);
    for (size_t i = 0; i < got->items.count; i++) {
        const krx_revision *r = got->items.items[i];
        CHECK(kit, i == 0 || r->revision < ((krx_revision *)got->items.items[i - 1])->revision,
              "revision %" PRId64 " is listed after an older one", r->revision);
        CHECK(kit, !r->current || !found, "two revisions are in force");
        found = r->current ? r : found;
    }
    REQUIRE(kit, found, "of %zu revisions none is in force", got->items.count);
    return found;
}

static void rollback(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0}, list = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask deploy = {.spec = spec}, named = {.workload = spec->name};
    (void)arg;
    krx_kit_spec_script(kit, spec,
                        "echo value=$KIT_VALUE; trap 'exit 0' TERM; "
                        "while :; do sleep 1 & wait $!; done");
    (void)krx_kit_spec_set(kit, spec, "env", "KIT_VALUE=one");
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_wait_log(kit, spec, "value=one");
    int64_t first = current(kit, spec, &list)->revision;
    (void)krx_kit_spec_set(kit, spec, "env", "KIT_VALUE=two");
    krx_kit_expect(kit, OP(driver, deploy), 0, &deploy, &got);
    krx_kit_wait_log(kit, spec, "value=two");
    int64_t second = current(kit, spec, &list)->revision;
    CHECK(kit, second > first, "an update has revision %" PRId64 " after %" PRId64, second, first);
    (void)krx_kit_settled(kit, spec, &got);
    krx_kit_ask wrong = {.workload = spec->name, .revision = 4711};
    krx_kit_expect(kit, OP(extended, rollback), KRX_E_NOT_FOUND, &wrong, &got);
    krx_kit_expect(kit, OP(extended, rollback), 0, &named, &got);
    REQUIRE(kit, got.items.count == 1, "rollback emits %zu revisions", got.items.count);
    krx_kit_wait_log(kit, spec, "value=one");
    int64_t third = current(kit, spec, &list)->revision;
    CHECK(kit, third != second, "after a rollback revision %" PRId64 " is still in force", second);
    (void)krx_kit_settled(kit, spec, &got);
    krx_kit_destroy(kit, spec);
}

static void no_revisions(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.workload = "kit-no-such-workload"};
    (void)arg;
    krx_kit_expect(kit, OP(extended, list_revisions), KRX_E_NOT_FOUND, &ask, &got);
    krx_kit_expect(kit, OP(extended, rollback), KRX_E_NOT_FOUND, &ask, &got);
}

/* ----------------------------------------------------------------------------------------- setup
 */

/* What it would do is the same the second time: a dry run has done nothing. */
static void setup(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got first = {0}, second = {0};
    krx_kit_ask ask = {.flags = KRX_DEPLOY_DRY_RUN};
    (void)arg;
    krx_kit_expect(kit, OP(extended, setup), 0, &ask, &first);
    krx_kit_expect(kit, OP(extended, setup), 0, &ask, &second);
    REQUIRE(kit, first.items.count > 0 && first.items.count == second.items.count,
            "setup names %zu things, and then %zu", first.items.count, second.items.count);
    for (size_t i = 0; i < first.items.count; i++) {
        const krx_change *a = first.items.items[i], *b = second.items.items[i];
        CHECK(kit, a->action == b->action && krx_streq(a->object, b->object),
              "the dry run of setup has changed %s", b->object);
    }
}

const krx_kit_test krx_kit_extended_tests[] = {
    {"extended/volumes", volumes, OP(extended, provision_volumes), OP(extended, cleanup_volumes),
     0},
    {"extended/checkpoint", checkpoint, OP(extended, checkpoint), OP(extended, restore), 0},
    {"extended/bandwidth", bandwidth, OP(extended, set_bandwidth), -1, 0},
    {"extended/rollback", rollback, OP(extended, list_revisions), OP(extended, rollback), 0},
    {"extended/no-revisions", no_revisions, OP(extended, list_revisions), OP(extended, rollback),
     0},
    {"extended/setup-dry-run", setup, OP(extended, setup), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
