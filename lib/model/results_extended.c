/* SPDX-License-Identifier: Apache-2.0 */
/* Results of the node and extended ops, and events. */
#include "lib/model/result_object.h"
#include "lib/model/results.h"

#define NS_PER_MS 1e6

static void milliseconds(krx_object *o, const char *key, int64_t ns)
{
    if (ns != KRX_UNSET && ns >= 0)
        krx_object_fraction(o, key, (double)ns / NS_PER_MS);
}

cJSON *krx_event_to_json(const krx_event *e)
{
    krx_object o = krx_object_begin();
    krx_object_instant(&o, "timestamp", e->time_ns);
    krx_object_text(&o, "type", e->type);
    krx_object_optional(&o, "instance", e->instance);
    krx_object_optional(&o, "workload", e->workload);
    krx_object_optional(&o, "namespace", e->namespace_);
    krx_object_known(&o, "exitCode", e->exit_code);
    krx_object_optional(&o, "message", e->message);
    return krx_object_end(&o);
}

cJSON *krx_node_health_to_json(const krx_node_health *n, const char *backend)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "name", n->name);
    krx_object_optional(&o, "backend", backend);
    krx_object_number(&o, "score", n->score);
    krx_object_optional(&o, "architecture", n->architecture);
    krx_object_boolean(&o, "ready", n->ready != 0);
    krx_object_boolean(&o, "draining", n->draining != 0);
    krx_object_boolean(&o, "unschedulable", n->unschedulable != 0);
    milliseconds(&o, "latencyMs", n->latency_ns);
    krx_object_fraction(&o, "errorRate", n->error_rate);
    krx_object_strings(&o, "conditions", n->conditions);
    krx_object_instant(&o, "checkedAt", n->checked_ns);
    krx_object_optional(&o, "roles", n->roles);
    krx_object_optional(&o, "version", n->version);
    krx_object_optional(&o, "ip", n->ip);
    krx_object_instant(&o, "createdAt", n->created_ns);
    return krx_object_end(&o);
}

cJSON *krx_backend_health_to_json(const krx_backend_health *b, const char *backend)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "backend", b->backend ? b->backend : backend);
    krx_object_number(&o, "score", b->score);
    milliseconds(&o, "latencyMs", b->latency_ns);
    krx_object_fraction(&o, "errorRate", b->error_rate);
    krx_object_boolean(&o, "healthy", b->healthy != 0);
    krx_object_instant(&o, "checkedAt", b->checked_ns);
    return krx_object_end(&o);
}

cJSON *krx_drain_result_to_json(const krx_drain_result *d)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "nodeName", d->node);
    krx_object_text(&o, "phase", d->phase);
    krx_object_number(&o, "podsEvicted", d->evicted);
    krx_object_number(&o, "podsRemaining", d->remaining);
    krx_object_optional(&o, "message", d->message);
    return krx_object_end(&o);
}

cJSON *krx_checkpoint_to_json(const krx_checkpoint *c)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "workloadId", c->workload);
    krx_object_optional(&o, "namespace", c->namespace_);
    krx_object_text(&o, "checkpointId", c->id);
    krx_object_text(&o, "state", c->state);
    krx_object_instant(&o, "createdAt", c->created_ns);
    krx_object_known(&o, "sizeBytes", c->size_bytes);
    krx_object_optional(&o, "comment", c->comment);
    krx_object_optional(&o, "message", c->message);
    return krx_object_end(&o);
}

cJSON *krx_volume_result_to_json(const krx_volume_result *v)
{
    krx_object o = krx_object_begin();
    krx_object_text(&o, "name", v->name);
    krx_object_optional(&o, "workloadId", v->workload);
    krx_object_optional(&o, "namespace", v->namespace_);
    krx_object_optional(&o, "volumeId", v->volume_id);
    krx_object_optional(&o, "mountPath", v->mount_path);
    krx_object_text(&o, "status", v->state);
    krx_object_known(&o, "sizeBytes", v->size_bytes);
    krx_object_instant(&o, "createdAt", v->created_ns);
    return krx_object_end(&o);
}

cJSON *krx_revision_to_json(const krx_revision *r)
{
    krx_object o = krx_object_begin();
    krx_object_number(&o, "revision", r->revision);
    krx_object_boolean(&o, "current", r->current != 0);
    krx_object_instant(&o, "createdAt", r->created_ns);
    krx_object_optional(&o, "image", r->image);
    krx_object_optional(&o, "message", r->message);
    krx_object_foreign(&o, "spec", r->spec_json);
    return krx_object_end(&o);
}
