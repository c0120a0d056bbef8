/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/results.h"

#include <kranix/errors.h>

#include "lib/model/result_object.h"

cJSON *krx_instance_to_json(const krx_instance *i)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "id", i->id);
    krx_object_text(&o, "name", i->name);
    krx_object_optional(&o, "workload", i->workload);
    krx_object_optional(&o, "namespace", i->namespace_);
    krx_object_boolean(&o, "managed", i->managed);
    krx_object_optional(&o, "image", i->image);
    krx_object_text(&o, "state", i->state);
    krx_object_optional(&o, "status", i->status);
    krx_object_optional(&o, "health", i->health);
    krx_object_optional(&o, "host", i->host);
    krx_object_optional(&o, "ip", i->ip);
    krx_object_optional(&o, "message", i->message);
    if (i->replica > 0)
        krx_object_number(&o, "replica", i->replica);
    krx_object_known(&o, "restarts", i->restarts);
    krx_object_known(&o, "exitCode", i->exit_code);
    krx_object_instant(&o, "createdAt", i->created_ns);
    krx_object_instant(&o, "startedAt", i->started_ns);
    krx_object_labels(&o, "labels", i->labels);
    krx_object_strings(&o, "ports", i->ports);
    krx_object_optional(&o, "owner", i->owner);
    krx_object_foreign(&o, "raw", i->raw);
    return krx_object_end(&o);
}

static void instances(krx_object *o, const krx_instance *const *list)
{
    cJSON *full = cJSON_CreateArray(), *names = cJSON_CreateArray();
    bool fine = full && names;
    for (; fine && *list; list++)
        fine = krx_object_append(full, krx_instance_to_json(*list)) &&
               krx_object_append(names, cJSON_CreateString((*list)->name ? (*list)->name : ""));
    krx_object_add(o, "pods", names);
    krx_object_add(o, "instances", full);
    o->failed = o->failed || !fine;
}

static void events(krx_object *o, const krx_event *const *list)
{
    cJSON *array = cJSON_CreateArray();
    for (; array && *list; list++)
        o->failed = !krx_object_append(array, krx_event_to_json(*list)) || o->failed;
    krx_object_add(o, "events", array);
}

cJSON *krx_status_to_json(const krx_status *s)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "id", s->id);
    krx_object_text(&o, "name", s->name);
    krx_object_optional(&o, "namespace", s->namespace_);
    krx_object_optional(&o, "backend", s->backend);
    krx_object_boolean(&o, "managed", s->managed);
    krx_object_text(&o, "state", s->state);
    krx_object_text(&o, "phase", s->phase);
    krx_object_optional(&o, "image", s->image);
    krx_object_known(&o, "replicas", s->replicas);
    krx_object_known(&o, "readyReplicas", s->ready_replicas);
    krx_object_optional(&o, "host", s->host);
    krx_object_optional(&o, "message", s->message);
    krx_object_instant(&o, "createdAt", s->created_ns);
    krx_object_instant(&o, "lastUpdated", s->last_updated_ns);
    krx_object_labels(&o, "labels", s->labels);
    if (s->instances)
        instances(&o, s->instances);
    if (s->events && *s->events)
        events(&o, s->events);
    if (s->last_schedule_ns != KRX_UNSET && s->last_schedule_ns != 0) {
        krx_object cron = krx_object_begin();
        krx_object_instant(&cron, "lastScheduleTime", s->last_schedule_ns);
        krx_object_add(&o, "cron", krx_object_end(&cron));
    }
    if (s->error_code)
        krx_object_text(&o, "error", krx_error_name(s->error_code));
    krx_object_foreign(&o, "spec", s->spec_json);
    return krx_object_end(&o);
}

cJSON *krx_stats_to_json(const krx_stats *s)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "instance", s->instance);
    krx_object_optional(&o, "workload", s->workload);
    krx_object_optional(&o, "namespace", s->namespace_);
    krx_object_optional(&o, "source", s->source);
    krx_object_instant(&o, "timestamp", s->time_ns);
    krx_object_known(&o, "cpuTotalNanoseconds", s->cpu_total_ns);
    krx_object_fraction(&o, "cpuCores", s->cpu_cores);
    krx_object_known(&o, "cpuLimitMilli", s->cpu_limit_milli);
    krx_object_known(&o, "memoryBytes", s->memory_bytes);
    krx_object_known(&o, "memoryCacheBytes", s->memory_cache_bytes);
    krx_object_known(&o, "memoryLimitBytes", s->memory_limit_bytes);
    krx_object_known(&o, "networkReceiveBytes", s->network_rx_bytes);
    krx_object_known(&o, "networkTransmitBytes", s->network_tx_bytes);
    krx_object_known(&o, "blockReadBytes", s->block_read_bytes);
    krx_object_known(&o, "blockWriteBytes", s->block_write_bytes);
    krx_object_known(&o, "pids", s->pids);
    return krx_object_end(&o);
}

cJSON *krx_capability_to_json(const krx_capability *c)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "kind", c->kind == KRX_CAP_OP ? "operation" : "field");
    krx_object_text(&o, "name", c->name);
    krx_object_text(&o, "level", krx_capability_name(c->level));
    krx_object_optional(&o, "reason", c->reason);
    return krx_object_end(&o);
}

cJSON *krx_backend_info_to_json(const krx_backend_info *b)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "name", b->name);
    krx_object_optional(&o, "version", b->version);
    krx_object_optional(&o, "apiVersion", b->api_version);
    krx_object_optional(&o, "endpoint", b->endpoint);
    krx_object_optional(&o, "os", b->os);
    krx_object_optional(&o, "architecture", b->architecture);
    krx_object_strings(&o, "warnings", b->warnings);
    return krx_object_end(&o);
}

cJSON *krx_change_to_json(const krx_change *c)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "action", krx_change_name(c->action));
    krx_object_text(&o, "kind", c->kind);
    krx_object_text(&o, "object", c->object);
    krx_object_optional(&o, "field", c->field);
    if (c->old_value)
        krx_object_text(&o, "oldValue", c->old_value);
    if (c->new_value)
        krx_object_text(&o, "newValue", c->new_value);
    return krx_object_end(&o);
}

cJSON *krx_image_to_json(const krx_image *i)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "id", i->id);
    krx_object_strings(&o, "tags", i->tags);
    krx_object_strings(&o, "digests", i->digests);
    krx_object_known(&o, "sizeBytes", i->size_bytes);
    krx_object_instant(&o, "createdAt", i->created_ns);
    krx_object_optional(&o, "os", i->os);
    krx_object_optional(&o, "architecture", i->architecture);
    krx_object_boolean(&o, "inUse", i->in_use);
    return krx_object_end(&o);
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
