/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/backend/container.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/docker/backend/names.h"

static int phase_of(const char *state)
{
    static const struct {
        const char *name;
        int phase;
    } phases[] = {{"created", KRX_REPLICA_CREATED},   {"running", KRX_REPLICA_RUNNING},
                  {"paused", KRX_REPLICA_PAUSED},     {"restarting", KRX_REPLICA_RESTARTING},
                  {"removing", KRX_REPLICA_REMOVING}, {"exited", KRX_REPLICA_EXITED},
                  {"dead", KRX_REPLICA_DEAD}};
    for (size_t i = 0; i < KRX_COUNT(phases); i++)
        if (krx_strcaseeq(state, phases[i].name))
            return phases[i].phase;
    return KRX_REPLICA_OTHER;
}

static int64_t number(const char *text)
{
    return text ? strtoll(text, NULL, 10) : 0;
}

static void read_label(krx_replica *c, const char *key, const char *value, bool *managed)
{
    if (strcmp(key, KRX_LABEL_MANAGED_BY) == 0)
        *managed = strcmp(value, KRX_LABEL_KRANIX) == 0;
    if (strncmp(key, "kranix.io/", 10) != 0)
        return;
    if (strcmp(key, KRX_LABEL_WORKLOAD) == 0)
        c->workload = value;
    else if (strcmp(key, KRX_LABEL_NAMESPACE) == 0)
        c->namespace_ = value;
    else if (strcmp(key, KRX_LABEL_SPEC) == 0)
        c->spec_json = value;
    else if (strcmp(key, KRX_LABEL_SPEC_HASH) == 0)
        c->hash = value;
    else if (strcmp(key, KRX_LABEL_REPLICA) == 0)
        c->replica = number(value);
    else if (strcmp(key, KRX_LABEL_GENERATION) == 0)
        c->generation = number(value);
    else if (strcmp(key, KRX_LABEL_RECORD) == 0)
        c->record = strcmp(value, "true") == 0;
}

/* As the user gave them: without those that only we need. */
static const krx_kv *const *user_labels(krx_arena *arena, const cJSON *labels)
{
    krx_ptrs kept = {0};
    const cJSON *label;
    cJSON_ArrayForEach (label, labels) {
        if (!label->string || !cJSON_IsString(label) || krx_label_reserved(label->string))
            continue;
        krx_kv *pair = krx_arena_new_of(arena, krx_kv);
        if (!pair)
            return NULL;
        *pair = (krx_kv){
            .struct_size = sizeof *pair, .key = label->string, .value = label->valuestring};
        if (krx_ptrs_add(arena, &kept, pair) < 0)
            return NULL;
    }
    return (const krx_kv *const *)krx_ptrs_end(arena, &kept);
}

static bool read_labels(krx_arena *arena, krx_replica *c, const cJSON *labels)
{
    const cJSON *label;
    bool managed = false;
    c->labels = user_labels(arena, labels);
    cJSON_ArrayForEach (label, labels) {
        if (label->string && cJSON_IsString(label))
            read_label(c, label->string, label->valuestring, &managed);
    }
    c->ours = managed && !krx_blank(c->workload);
    if (!c->ours)
        c->workload = NULL;
    else if (krx_blank(c->namespace_))
        c->namespace_ = "default";
    return c->labels != NULL;
}

/* "Exited (137) 5 minutes ago", "Restarting (1) 2 seconds ago" */
static int64_t code_in_status(const char *status)
{
    const char *open = strchr(status, '(');
    return open ? number(open + 1) : 0;
}

static const char *health_in_status(const char *status)
{
    if (strstr(status, "(healthy)"))
        return "healthy";
    if (strstr(status, "(unhealthy)"))
        return "unhealthy";
    return strstr(status, "(health: starting)") ? "starting" : NULL;
}

static const char *first_address(const cJSON *settings)
{
    const cJSON *network;
    cJSON_ArrayForEach (network, krx_json_object(settings, "Networks")) {
        const char *address = krx_json_text(network, "IPAddress");
        if (*address)
            return address;
    }
    return NULL;
}

/* A container may have further names through links: its own is the one with a single slash. */
static const char *own_name(const cJSON *names)
{
    const cJSON *name;
    const char *found = NULL;
    cJSON_ArrayForEach (name, names) {
        if (!cJSON_IsString(name))
            continue;
        const char *text = name->valuestring + (name->valuestring[0] == '/');
        if (!found || !strchr(text, '/'))
            found = text;
    }
    return found;
}

/* "127.0.0.1:8080->80/tcp", "80/tcp" */
static const char *port_text(krx_arena *arena, const cJSON *port)
{
    const char *ip = krx_json_text(port, "IP");
    int64_t outside = krx_json_int(port, "PublicPort", 0);
    int64_t inside = krx_json_int(port, "PrivatePort", 0);
    const char *type = krx_json_text(port, "Type");
    bool six = strchr(ip, ':') != NULL;
    if (outside <= 0)
        return krx_arena_printf(arena, "%" PRId64 "/%s", inside, type);
    return krx_arena_printf(arena, "%s%s%s:%" PRId64 "->%" PRId64 "/%s", six ? "[" : "", ip,
                            six ? "]" : "", outside, inside, type);
}

static const char *const *port_texts(krx_arena *arena, const cJSON *ports)
{
    krx_ptrs texts = {0};
    const cJSON *port;
    cJSON_ArrayForEach (port, ports) {
        const char *text = port_text(arena, port);
        if (!text || krx_ptrs_add(arena, &texts, text) < 0)
            return NULL;
    }
    return (const char *const *)krx_ptrs_end(arena, &texts);
}

static bool ended(int phase)
{
    return phase == KRX_REPLICA_EXITED || phase == KRX_REPLICA_RESTARTING ||
           phase == KRX_REPLICA_DEAD;
}

static void start_blank(krx_replica *out)
{
    *out = (krx_replica){.restarts = KRX_UNSET,
                         .exit_code = KRX_UNSET,
                         .started_ns = KRX_UNSET,
                         .created_ns = KRX_UNSET};
}

bool krx_dk_container_listed(krx_arena *arena, const cJSON *item, krx_replica *out)
{
    int64_t created = krx_json_int(item, "Created", 0);
    start_blank(out);
    out->id = krx_json_text(item, "Id");
    out->name = own_name(krx_json_array(item, "Names"));
    if (!*out->id || krx_blank(out->name))
        return false;
    out->image = krx_json_text(item, "Image");
    out->image_id = krx_json_text(item, "ImageID");
    out->status = krx_json_text(item, "Status");
    out->phase = phase_of(krx_json_text(item, "State"));
    out->health = out->phase == KRX_REPLICA_RUNNING ? health_in_status(out->status) : NULL;
    out->ip = first_address(krx_json_object(item, "NetworkSettings"));
    out->ports = port_texts(arena, krx_json_array(item, "Ports"));
    if (created > 0 && created < INT64_MAX / KRX_NS_PER_S)
        out->created_ns = created * KRX_NS_PER_S;
    if (ended(out->phase))
        out->exit_code = code_in_status(out->status);
    return read_labels(arena, out, krx_json_object(item, "Labels")) && out->ports;
}

static void read_state(krx_replica *out, const cJSON *state)
{
    const cJSON *health = krx_json_object(state, "Health");
    const char *started = krx_json_text(state, "StartedAt");
    out->status = krx_json_text(state, "Status");
    out->phase = phase_of(out->status);
    if (krx_json_bool(state, "Paused", false))
        out->phase = KRX_REPLICA_PAUSED;
    if (health && *krx_json_text(health, "Status") &&
        !krx_streq(krx_json_text(health, "Status"), "none"))
        out->health = krx_json_text(health, "Status");
    if (out->phase != KRX_REPLICA_RUNNING)
        out->health = NULL;
    if (!krx_time_parse(started, &out->started_ns) || out->started_ns <= 0)
        out->started_ns = KRX_UNSET;
    out->oom_killed = krx_json_bool(state, "OOMKilled", false);
    if (ended(out->phase))
        out->exit_code = krx_json_int(state, "ExitCode", 0);
}

bool krx_dk_container_inspected(krx_arena *arena, const cJSON *object, krx_replica *out)
{
    const cJSON *config = krx_json_object(object, "Config");
    const char *name = krx_json_text(object, "Name");
    start_blank(out);
    out->id = krx_json_text(object, "Id");
    out->name = name + (name[0] == '/');
    if (!*out->id || krx_blank(out->name))
        return false;
    out->image = krx_json_text(config, "Image");
    out->image_id = krx_json_text(object, "Image");
    out->ip = first_address(krx_json_object(object, "NetworkSettings"));
    out->restarts = krx_json_int(object, "RestartCount", KRX_UNSET);
    if (!krx_time_parse(krx_json_text(object, "Created"), &out->created_ns))
        out->created_ns = KRX_UNSET;
    read_state(out, krx_json_object(object, "State"));
    return read_labels(arena, out, krx_json_object(config, "Labels"));
}

krx_replica **krx_dk_containers_listed(krx_arena *arena, const cJSON *list)
{
    krx_ptrs found = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        krx_replica *c = krx_arena_new_of(arena, krx_replica);
        if (!c)
            return NULL;
        if (krx_dk_container_listed(arena, item, c) && krx_ptrs_add(arena, &found, c) < 0)
            return NULL;
    }
    if (krx_arena_failed(arena))
        return NULL;
    return (krx_replica **)krx_ptrs_end(arena, &found);
}
