/* SPDX-License-Identifier: Apache-2.0 */
#include "core/items.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"

#define STRUCT_SIZE_MAX 65536u
#define LIST_MAX 1000000u
#define REQUIRED_MAX 3

typedef struct required {
    const char *name;
    size_t offset;
} required;

typedef struct item_rule {
    const char *name;
    size_t size;  /* as this host knows it */
    size_t least; /* as SDK 1.0 had it: never changes again */
    required required[REQUIRED_MAX];
} item_rule;

#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define RULE(kind_, type, last, ...)                                                               \
    [KRX_ITEM_##kind_] = {#kind_, sizeof(type), END_OF(type, last), {__VA_ARGS__}}
#define MUST(type, member)                                                                         \
    {                                                                                              \
#member, offsetof(type, member)                                                            \
    }

static const item_rule rules[KRX_ITEM_LAST_ + 1] = {
    RULE(STATUS, krx_status, events, MUST(krx_status, name)),
    RULE(LOG, krx_log_chunk, length, MUST(krx_log_chunk, instance)),
    RULE(CAPABILITY, krx_capability, reason, MUST(krx_capability, name)),
    RULE(BACKEND, krx_backend_info, warnings, MUST(krx_backend_info, name)),
    RULE(CHANGE, krx_change, new_value, MUST(krx_change, kind), MUST(krx_change, object)),
    RULE(PROGRESS, krx_progress, unit, MUST(krx_progress, phase)),
    RULE(NODE, krx_node_health, created_ns, MUST(krx_node_health, name)),
    RULE(BACKEND_HEALTH, krx_backend_health, checked_ns),
    RULE(DRAIN, krx_drain_result, message),
    RULE(CHECKPOINT, krx_checkpoint, message, MUST(krx_checkpoint, id)),
    RULE(VOLUME, krx_volume_result, created_ns, MUST(krx_volume_result, name)),
    RULE(INSTANCE, krx_instance, owner, MUST(krx_instance, id), MUST(krx_instance, name),
         MUST(krx_instance, state)),
    RULE(STATS, krx_stats, pids, MUST(krx_stats, instance)),
    RULE(EXEC, krx_exec_result, exit_code),
    RULE(TEXT, krx_text, text, MUST(krx_text, text)),
    RULE(EVENT, krx_event, message),
    RULE(IMAGE, krx_image, os, MUST(krx_image, id)),
    RULE(LATENCY, krx_latency, latency_ns),
    RULE(REVISION, krx_revision, message),
};

/* Elements of lists are handed on as they are: once one grows, it must be copied like the items. */
_Static_assert(sizeof(krx_instance) == END_OF(krx_instance, owner), "copy grown instances");
_Static_assert(sizeof(krx_event) == END_OF(krx_event, message), "copy grown events");
_Static_assert(sizeof(krx_kv) == END_OF(krx_kv, value), "copy grown labels");

#define STATE_ROW(name, text) text,
static const char *const states[] = {KRX_STATE_TABLE(STATE_ROW)};

static bool state_known(const char *state)
{
    for (size_t i = 0; i < KRX_COUNT(states); i++)
        if (strcmp(states[i], state) == 0)
            return true;
    return false;
}

const char *krx_item_name(uint32_t kind)
{
    return kind >= 1 && kind <= KRX_ITEM_LAST_ ? rules[kind].name : "NONE";
}

const char *krx_phase_of(const char *state)
{
    static const struct {
        const char *state, *phase;
    } table[] = {
        {"Running", "Running"},     {"Pending", "Pending"},   {"Updating", "Deploying"},
        {"Degraded", "Degraded"},   {"Paused", "Running"},    {"Stopped", "Pending"},
        {"Failed", "Failed"},       {"Scheduled", "Running"}, {"PendingSchedule", "Running"},
        {"Succeeded", "Succeeded"},
    };
    for (size_t i = 0; i < KRX_COUNT(table); i++)
        if (krx_streq(table[i].state, state))
            return table[i].phase;
    return "";
}

KRX_PRINTF(3, 4)
static const char *complain(char *why, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, size, format, args);
    va_end(args);
    return why;
}

static const char *check_required(const item_rule *rule, const void *item, char *why, size_t size)
{
    for (size_t i = 0; i < REQUIRED_MAX && rule->required[i].name; i++) {
        const char *value;
        memcpy(&value, (const char *)item + rule->required[i].offset, sizeof value);
        if (!value)
            return complain(why, size, "its member '%s' is NULL", rule->required[i].name);
    }
    return NULL;
}

static const char *check_labels(const krx_kv *const *labels, char *why, size_t size)
{
    for (size_t i = 0; labels && labels[i]; i++) {
        if (i >= LIST_MAX)
            return complain(why, size, "its labels have no end");
        if (labels[i]->struct_size < sizeof(krx_kv) || !labels[i]->key || !labels[i]->value)
            return complain(why, size, "label number %zu has no size, key or value", i);
    }
    return NULL;
}

static const char *check_instance(const krx_instance *instance, char *why, size_t size)
{
    const char *bad = NULL;
    if (instance->struct_size < sizeof *instance || instance->struct_size > STRUCT_SIZE_MAX)
        return complain(why, size, "an instance has struct_size %u", instance->struct_size);
    bad = check_required(&rules[KRX_ITEM_INSTANCE], instance, why, size);
    if (bad)
        return bad;
    if (!state_known(instance->state))
        return complain(why, size, "instance '%.64s' has the state '%.32s', which does not exist",
                        instance->name, instance->state);
    return check_labels(instance->labels, why, size);
}

/* A workload that could not be read needs no more than its name. */
static void complete_unreadable(krx_status *status)
{
    if (!status->state)
        status->state = "Unknown";
    if (!status->id)
        status->id = status->name;
}

static const char *take_status(krx_status *status, const char *backend, char *why, size_t size)
{
    if (status->error_code > 0 || status->error_code < KRX_E_LAST_)
        return complain(why, size, "its error_code is %d", status->error_code);
    if (status->error_code)
        complete_unreadable(status);
    if (!status->id || !status->state)
        return complain(why, size, "its member '%s' is NULL", status->id ? "state" : "id");
    if (!state_known(status->state))
        return complain(why, size, "workload '%.64s' has the state '%.32s', which does not exist",
                        status->name, status->state);
    status->backend = backend;
    if (krx_blank(status->phase))
        status->phase = krx_phase_of(status->state);
    const char *bad = check_labels(status->labels, why, size);
    for (size_t i = 0; !bad && status->instances && status->instances[i]; i++)
        bad = i < LIST_MAX ? check_instance(status->instances[i], why, size)
                           : complain(why, size, "its instances have no end");
    return bad;
}

static const char *take_log(const krx_log_chunk *chunk, char *why, size_t size)
{
    if (chunk->length && !chunk->data)
        return complain(why, size, "its data is NULL and its length %llu",
                        (unsigned long long)chunk->length);
    if (chunk->stream != KRX_STREAM_STDOUT && chunk->stream != KRX_STREAM_STDERR)
        return complain(why, size, "its stream is %u", chunk->stream);
    return NULL;
}

static const char *take_capability(const krx_capability *cap, char *why, size_t size)
{
    if (cap->kind != KRX_CAP_FIELD && cap->kind != KRX_CAP_OP)
        return complain(why, size, "the kind of '%.64s' is %u", cap->name, cap->kind);
    if (cap->level != KRX_CAP_NATIVE && krx_blank(cap->reason))
        return complain(why, size, "'%.64s' is below native and gives no reason", cap->name);
    return NULL;
}

const char *krx_item_take(uint32_t kind, const void *item, const char *backend, krx_item *out,
                          char *why, size_t size)
{
    if (kind < 1 || kind > KRX_ITEM_LAST_)
        return complain(why, size, "its kind is %u", kind);
    const item_rule *rule = &rules[kind];
    uint32_t given;
    if (!item)
        return complain(why, size, "it is NULL");
    memcpy(&given, item, sizeof given);
    if (given < rule->least || given > STRUCT_SIZE_MAX)
        return complain(why, size, "its struct_size is %u", given);
    size_t copied = given < rule->size ? given : rule->size;
    memcpy(out, item, copied);
    memset((char *)out + copied, 0, rule->size - copied);
    out->struct_size = (uint32_t)rule->size;
    const char *bad = check_required(rule, out, why, size);
    if (bad)
        return bad;
    switch (kind) {
    case KRX_ITEM_STATUS:
        return take_status(&out->as_krx_status, backend, why, size);
    case KRX_ITEM_INSTANCE:
        return check_instance(&out->as_krx_instance, why, size);
    case KRX_ITEM_LOG:
        return take_log(&out->as_krx_log_chunk, why, size);
    case KRX_ITEM_CAPABILITY:
        return take_capability(&out->as_krx_capability, why, size);
    default:
        return NULL;
    }
}
