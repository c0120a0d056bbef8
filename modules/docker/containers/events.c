/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/containers/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/docker/backend/jsonw.h"

/* "health_status: healthy" is type health with the rest as message. */
static const char *type_of(const char *action, char *out, size_t room, const char **rest)
{
    size_t length = strcspn(action, ":");
    *rest = action[length] ? action + length + 1 + strspn(action + length + 1, " ") : NULL;
    if (strncmp(action, "health_status", length) == 0)
        return "health";
    (void)snprintf(out, room, "%.*s", (int)length, action);
    return out;
}

static int32_t pass_event(void *ctx, const cJSON *message)
{
    char type[64];
    const cJSON *facts = krx_json_object(krx_json_object(message, "Actor"), "Attributes");
    const char *code = krx_json_text(facts, "exitCode");
    const char *action = krx_json_text(message, "Action"), *rest = NULL;
    krx_event item = {.struct_size = sizeof item,
                      .time_ns = krx_json_int(message, "timeNano", 0),
                      .type = type_of(action, type, sizeof type, &rest),
                      .instance = krx_json_text(facts, "name"),
                      .workload = krx_json_text(facts, KRX_LABEL_WORKLOAD),
                      .namespace_ = krx_json_text(facts, KRX_LABEL_NAMESPACE),
                      .exit_code = *code ? strtoll(code, NULL, 10) : KRX_UNSET,
                      .message = rest};
    if (!*action || krx_streq(krx_json_text(facts, KRX_LABEL_RECORD), "true"))
        return 0;
    int64_t seconds = krx_json_int(message, "time", 0);
    if (item.time_ns <= 0 && seconds > 0 && seconds < INT64_MAX / KRX_NS_PER_S)
        item.time_ns = seconds * KRX_NS_PER_S;
    return krx_emit(ctx, KRX_ITEM_EVENT, &item);
}

static char *event_filter(krx_arena *arena, const char *namespace_)
{
    krx_auto_dk_json krx_dk_json json = {0};
    const char *labels[] = {KRX_LABEL_MANAGED_BY "=" KRX_LABEL_KRANIX, NULL, NULL};
    if (!krx_blank(namespace_))
        labels[1] = krx_arena_printf(arena, KRX_LABEL_NAMESPACE "=%s", namespace_);
    krx_dk_json_open(&json, NULL, '{');
    krx_dk_json_texts(&json, "type", (const char *const[]){"container", NULL});
    krx_dk_json_texts(&json, "label", labels);
    krx_dk_json_close(&json, '}');
    return krx_str_failed(&json.text) ? NULL : krx_arena_strdup(arena, krx_str_get(&json.text));
}

void krx_dk_event_time(krx_str *path, const char *key, int64_t ns)
{
    if (ns > 0)
        krx_url_queryf(path, key, "%" PRId64 ".%09" PRId64, ns / KRX_NS_PER_S, ns % KRX_NS_PER_S);
}

int32_t krx_dk_events_op(krx_call *call, void *backend, const krx_events_req *req, krx_sink *event)
{
    krx_dk_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_str krx_str path = {0};
    const char *filter = arena ? event_filter(arena, req->namespace_) : NULL;
    int64_t until = req->until_ns;
    if (until <= 0 && !req->follow)
        until = krx_now_unix();
    krx_str_add(&path, "/events");
    krx_url_query(&path, "filters", filter);
    krx_dk_event_time(&path, "since", req->since_ns > 0 ? req->since_ns : req->follow ? 0 : 1);
    krx_dk_event_time(&path, "until", until);
    if (!filter || krx_str_failed(&path))
        return krx_no_memory(call);
    krx_engine_request request = {.path = krx_str_get(&path), .what = "reading events"};
    return krx_engine_messages(call, be->engine, &request, pass_event, event);
}
