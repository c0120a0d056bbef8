/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/results.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

#include <kranix/errors.h>

#include "lib/base/clock.h"

/* An object being filled; failed once anything could not be added. */
typedef struct object {
    cJSON *json;
    bool failed;
} object;

static object begin(void)
{
    object o = {.json = cJSON_CreateObject()};
    o.failed = !o.json;
    return o;
}

static cJSON *end(object *o)
{
    if (o->failed) {
        cJSON_Delete(o->json);
        return NULL;
    }
    return o->json;
}

static void add(object *o, const char *key, cJSON *value)
{
    if (!o->failed && value && cJSON_AddItemToObject(o->json, key, value))
        return;
    cJSON_Delete(value);
    o->failed = true;
}

/* Always there. */
static void text(object *o, const char *key, const char *value)
{
    add(o, key, cJSON_CreateString(value ? value : ""));
}

/* Left out when absent. */
static void optional(object *o, const char *key, const char *value)
{
    if (value && *value)
        text(o, key, value);
}

/* cJSON keeps doubles; beyond 2^53 these would lose digits. */
static void number(object *o, const char *key, int64_t value)
{
    char digits[24];
    if (value > -(INT64_C(1) << 53) && value < (INT64_C(1) << 53)) {
        add(o, key, cJSON_CreateNumber((double)value));
        return;
    }
    (void)snprintf(digits, sizeof digits, "%" PRId64, value);
    add(o, key, cJSON_CreateRaw(digits));
}

static void known(object *o, const char *key, int64_t value)
{
    if (value != KRX_UNSET)
        number(o, key, value);
}

static void fraction(object *o, const char *key, double value)
{
    if (isfinite(value))
        add(o, key, cJSON_CreateNumber(value));
}

static void boolean(object *o, const char *key, int32_t value)
{
    if (value >= 0)
        add(o, key, cJSON_CreateBool(value != 0));
}

static void instant(object *o, const char *key, int64_t unix_ns)
{
    char out[KRX_TIME_TEXT_MAX];
    if (unix_ns != KRX_UNSET && unix_ns != 0)
        text(o, key, krx_time_text(unix_ns, out));
}

static void labels(object *o, const char *key, const krx_kv *const *list)
{
    object map;
    if (!list || !*list)
        return;
    map = begin();
    for (; *list; list++)
        text(&map, (*list)->key, (*list)->value);
    add(o, key, end(&map));
}

static bool append(cJSON *array, cJSON *item)
{
    if (item && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static void strings(object *o, const char *key, const char *const *list)
{
    cJSON *array;
    if (!list || !*list)
        return;
    array = cJSON_CreateArray();
    for (; array && *list; list++)
        o->failed = !append(array, cJSON_CreateString(*list)) || o->failed;
    add(o, key, array);
}

/* JSON that somebody else wrote, as it is; as text when it is none. */
static void foreign(object *o, const char *key, const char *json)
{
    if (!json || !*json)
        return;
    cJSON *parsed = cJSON_Parse(json);
    if (parsed)
        add(o, key, parsed);
    else
        text(o, key, json);
}

cJSON *krx_instance_to_json(const krx_instance *i)
{
    object o = begin();
    text(&o, "id", i->id);
    text(&o, "name", i->name);
    optional(&o, "workload", i->workload);
    optional(&o, "namespace", i->namespace_);
    boolean(&o, "managed", i->managed);
    optional(&o, "image", i->image);
    text(&o, "state", i->state);
    optional(&o, "status", i->status);
    optional(&o, "health", i->health);
    optional(&o, "host", i->host);
    optional(&o, "ip", i->ip);
    optional(&o, "message", i->message);
    if (i->replica > 0)
        number(&o, "replica", i->replica);
    known(&o, "restarts", i->restarts);
    known(&o, "exitCode", i->exit_code);
    instant(&o, "createdAt", i->created_ns);
    instant(&o, "startedAt", i->started_ns);
    labels(&o, "labels", i->labels);
    strings(&o, "ports", i->ports);
    foreign(&o, "raw", i->raw);
    return end(&o);
}

static void instances(object *o, const krx_instance *const *list)
{
    cJSON *full = cJSON_CreateArray(), *names = cJSON_CreateArray();
    bool fine = full && names;
    for (; fine && *list; list++)
        fine = append(full, krx_instance_to_json(*list)) &&
               append(names, cJSON_CreateString((*list)->name ? (*list)->name : ""));
    add(o, "pods", names);
    add(o, "instances", full);
    o->failed = o->failed || !fine;
}

cJSON *krx_status_to_json(const krx_status *s)
{
    object o = begin();
    text(&o, "id", s->id);
    text(&o, "name", s->name);
    optional(&o, "namespace", s->namespace_);
    optional(&o, "backend", s->backend);
    boolean(&o, "managed", s->managed);
    text(&o, "state", s->state);
    text(&o, "phase", s->phase);
    optional(&o, "image", s->image);
    known(&o, "replicas", s->replicas);
    known(&o, "readyReplicas", s->ready_replicas);
    optional(&o, "host", s->host);
    optional(&o, "message", s->message);
    instant(&o, "createdAt", s->created_ns);
    instant(&o, "lastUpdated", s->last_updated_ns);
    labels(&o, "labels", s->labels);
    if (s->instances)
        instances(&o, s->instances);
    if (s->last_schedule_ns != KRX_UNSET && s->last_schedule_ns != 0) {
        object cron = begin();
        instant(&cron, "lastScheduleTime", s->last_schedule_ns);
        add(&o, "cron", end(&cron));
    }
    if (s->error_code)
        text(&o, "error", krx_error_name(s->error_code));
    foreign(&o, "spec", s->spec_json);
    return end(&o);
}

cJSON *krx_stats_to_json(const krx_stats *s)
{
    object o = begin();
    text(&o, "instance", s->instance);
    optional(&o, "workload", s->workload);
    optional(&o, "namespace", s->namespace_);
    optional(&o, "source", s->source);
    instant(&o, "timestamp", s->time_ns);
    known(&o, "cpuTotalNanoseconds", s->cpu_total_ns);
    fraction(&o, "cpuCores", s->cpu_cores);
    known(&o, "cpuLimitMilli", s->cpu_limit_milli);
    known(&o, "memoryBytes", s->memory_bytes);
    known(&o, "memoryCacheBytes", s->memory_cache_bytes);
    known(&o, "memoryLimitBytes", s->memory_limit_bytes);
    known(&o, "networkReceiveBytes", s->network_rx_bytes);
    known(&o, "networkTransmitBytes", s->network_tx_bytes);
    known(&o, "blockReadBytes", s->block_read_bytes);
    known(&o, "blockWriteBytes", s->block_write_bytes);
    known(&o, "pids", s->pids);
    return end(&o);
}

cJSON *krx_capability_to_json(const krx_capability *c)
{
    object o = begin();
    text(&o, "kind", c->kind == KRX_CAP_OP ? "operation" : "field");
    text(&o, "name", c->name);
    text(&o, "level", krx_capability_name(c->level));
    optional(&o, "reason", c->reason);
    return end(&o);
}

cJSON *krx_backend_info_to_json(const krx_backend_info *b)
{
    object o = begin();
    text(&o, "name", b->name);
    optional(&o, "version", b->version);
    optional(&o, "apiVersion", b->api_version);
    optional(&o, "endpoint", b->endpoint);
    optional(&o, "os", b->os);
    optional(&o, "architecture", b->architecture);
    strings(&o, "warnings", b->warnings);
    return end(&o);
}

cJSON *krx_change_to_json(const krx_change *c)
{
    object o = begin();
    text(&o, "action", krx_change_name(c->action));
    text(&o, "kind", c->kind);
    text(&o, "object", c->object);
    optional(&o, "field", c->field);
    if (c->old_value)
        text(&o, "oldValue", c->old_value);
    if (c->new_value)
        text(&o, "newValue", c->new_value);
    return end(&o);
}

cJSON *krx_image_to_json(const krx_image *i)
{
    object o = begin();
    text(&o, "id", i->id);
    strings(&o, "tags", i->tags);
    strings(&o, "digests", i->digests);
    known(&o, "sizeBytes", i->size_bytes);
    instant(&o, "createdAt", i->created_ns);
    optional(&o, "os", i->os);
    optional(&o, "architecture", i->architecture);
    boolean(&o, "inUse", i->in_use);
    return end(&o);
}

const char *krx_change_name(uint32_t action)
{
    switch (action) {
    case KRX_CHANGE_CREATE:
        return "create";
    case KRX_CHANGE_UPDATE:
        return "update";
    case KRX_CHANGE_REPLACE:
        return "replace";
    case KRX_CHANGE_REMOVE:
        return "remove";
    case KRX_CHANGE_PULL:
        return "pull";
    default:
        return "unchanged";
    }
}

const char *krx_capability_name(uint32_t level)
{
    if (level >= KRX_CAP_NATIVE)
        return "native";
    return level >= KRX_CAP_EMULATED ? "emulated" : "unsupported";
}
