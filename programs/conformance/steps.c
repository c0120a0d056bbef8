/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that many tests take. */
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "programs/conformance/kit.h"

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
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
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

size_t krx_kit_instances(const krx_status *status)
{
    size_t n = 0;
    while (status->instances && status->instances[n])
        n++;
    return n;
}

const krx_status *krx_kit_settled(krx_kit *kit, const krx_workload *spec, krx_kit_got *got)
{
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    for (;;) {
        const krx_status *s = krx_kit_status(kit, spec, got);
        if (krx_streq(s->state, "Running") && krx_kit_instances(s) == (size_t)spec->replicas &&
            s->ready_replicas == spec->replicas)
            return s;
        REQUIRE(kit, krx_now_monotonic() < end,
                "%s is %s with %zu instances, and does not become Running with %" PRId64 ": %s",
                spec->name, s->state, krx_kit_instances(s), spec->replicas,
                s->message ? s->message : "");
        krx_kit_pause_ms(50);
    }
}

bool krx_kit_started_again(const krx_instance *was, const krx_status *now)
{
    const krx_instance *is = now->instances ? now->instances[0] : NULL;
    return is && !now->instances[1] &&
           (!krx_streq(was->id, is->id) || is->started_ns > was->started_ns ||
            is->restarts > was->restarts);
}

bool krx_kit_runs_anew(krx_kit *kit, const krx_workload *spec, const krx_instance *was)
{
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    for (;;) {
        krx_auto_got krx_kit_got got = {0};
        if (krx_kit_started_again(was, krx_kit_status(kit, spec, &got)))
            return true;
        if (krx_now_monotonic() >= end)
            return false;
        krx_kit_pause_ms(50);
    }
}

void krx_kit_wait_log(krx_kit *kit, const krx_workload *spec, const char *text)
{
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    krx_kit_ask ask = {.workload = spec->name};
    for (;;) {
        krx_auto_got krx_kit_got got = {0};
        /* before it has started there may be no log to read */
        if (krx_kit_op(kit, OP(driver, stream_logs), &ask, &got) != KRX_E_FAILED_PRECONDITION)
            REQUIRE(kit, got.code == 0, "stream_logs answers %s: %s", krx_error_name(got.code),
                    got.error.message);
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
    (void)krx_kit_settled(kit, spec, &got);
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

bool krx_kit_native(krx_kit *kit, const char *name)
{
    return krx_kit_level(kit, name) >= KRX_CAP_NATIVE;
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
