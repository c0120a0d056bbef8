/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that many tests take. */
#include <poll.h>
#include <string.h>

#include "programs/conformance/kit.h"

#define WAIT_NS (60 * KRX_NS_PER_S)

void krx_kit_pause_ms(int64_t ms)
{
    (void)poll(NULL, 0, (int)ms);
}

const krx_status *krx_kit_status(krx_kit *kit, const krx_workload *spec, krx_kit_got *got)
{
    krx_kit_ask ask = {.workload = spec->name, .with_instances = true};
    krx_kit_expect(kit, OP(driver, get_status), 0, &ask, got);
    REQUIRE(kit, got->items.count == 1, "get_status emits %zu items instead of one",
            got->items.count);
    return got->items.items[0];
}

void krx_kit_wait_state(krx_kit *kit, const krx_workload *spec, const char *state)
{
    int64_t end = krx_now_monotonic() + WAIT_NS;
    for (;;) {
        krx_auto_got krx_kit_got got = {0};
        const krx_status *s = krx_kit_status(kit, spec, &got);
        if (krx_streq(s->state, state))
            return;
        REQUIRE(kit, krx_now_monotonic() < end, "%s is %s and does not become %s: %s", spec->name,
                s->state, state, s->message ? s->message : "");
        krx_kit_pause_ms(50);
    }
}

void krx_kit_wait_log(krx_kit *kit, const krx_workload *spec, const char *text)
{
    int64_t end = krx_now_monotonic() + WAIT_NS;
    krx_kit_ask ask = {.workload = spec->name};
    for (;;) {
        krx_auto_got krx_kit_got got = {0};
        krx_kit_expect(kit, OP(driver, stream_logs), 0, &ask, &got);
        if (strstr(krx_str_get(&got.out), text) || strstr(krx_str_get(&got.err), text))
            return;
        REQUIRE(kit, krx_now_monotonic() < end, "the log of %s never says '%s' but: %s%s",
                spec->name, text, krx_str_get(&got.out), krx_str_get(&got.err));
        krx_kit_pause_ms(50);
    }
}

krx_workload *krx_kit_deployed(krx_kit *kit, const char *script)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    if (script)
        krx_kit_spec_script(kit, spec, script);
    krx_kit_ask ask = {.spec = spec};
    krx_kit_expect(kit, OP(driver, deploy), 0, &ask, &got);
    krx_kit_wait_state(kit, spec, "Running");
    return spec;
}

void krx_kit_destroy(krx_kit *kit, const krx_workload *spec)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {.workload = spec->name, .remove_volumes = true};
    krx_kit_expect(kit, OP(driver, destroy), 0, &ask, &got);
}

size_t krx_kit_count_listed(krx_kit *kit, const krx_kit_ask *ask, const char *name)
{
    krx_auto_got krx_kit_got got = {0};
    size_t n = 0;
    krx_kit_expect(kit, OP(driver, list_workloads), 0, ask, &got);
    for (size_t i = 0; i < got.items.count; i++)
        n += krx_streq(((krx_status *)got.items.items[i])->name, name);
    return n;
}

uint32_t krx_kit_level(krx_kit *kit, const char *name)
{
    krx_auto_got krx_kit_got got = {0};
    krx_kit_ask ask = {0};
    krx_kit_expect(kit, OP(driver, backend), 0, &ask, &got);
    for (size_t i = 0; i < got.capabilities.count; i++) {
        const krx_capability *c = got.capabilities.items[i];
        if (krx_streq(c->name, name))
            return c->level;
    }
    return 0;
}
