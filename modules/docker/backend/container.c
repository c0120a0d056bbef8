/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/backend/container.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/engine/engine.h"
#include "modules/docker/backend/names.h"

#define EXIT_ON_KILL 137
#define EXIT_ON_TERM 143

static int phase_of(const char *state)
{
    static const struct {
        const char *name;
        int phase;
    } phases[] = {{"created", KRX_DK_CREATED},   {"running", KRX_DK_RUNNING},
                  {"paused", KRX_DK_PAUSED},     {"restarting", KRX_DK_RESTARTING},
                  {"removing", KRX_DK_REMOVING}, {"exited", KRX_DK_EXITED},
                  {"dead", KRX_DK_DEAD}};
    for (size_t i = 0; i < KRX_COUNT(phases); i++)
        if (krx_strcaseeq(state, phases[i].name))
            return phases[i].phase;
    return KRX_DK_OTHER;
}

static int64_t number(const char *text)
{
    return text ? strtoll(text, NULL, 10) : 0;
}

static void read_label(krx_dk_container *c, const char *key, const char *value, bool *managed)
{
    if (strcmp(key, KRX_DK_MANAGED_BY) == 0)
        *managed = strcmp(value, KRX_DK_KRANIX) == 0;
    if (strncmp(key, "kranix.io/", 10) != 0)
        return;
    if (strcmp(key, KRX_DK_WORKLOAD) == 0)
        c->workload = value;
    else if (strcmp(key, KRX_DK_NAMESPACE) == 0)
        c->namespace_ = value;
    else if (strcmp(key, KRX_DK_SPEC) == 0)
        c->spec_json = value;
    else if (strcmp(key, KRX_DK_SPEC_HASH) == 0)
        c->hash = value;
    else if (strcmp(key, KRX_DK_REPLICA) == 0)
        c->replica = number(value);
    else if (strcmp(key, KRX_DK_GENERATION) == 0)
        c->generation = number(value);
    else if (strcmp(key, KRX_DK_RECORD) == 0)
        c->record = strcmp(value, "true") == 0;
}

static void read_labels(krx_dk_container *c, const cJSON *labels)
{
    const cJSON *label;
    bool managed = false;
    c->labels = labels;
    cJSON_ArrayForEach (label, labels) {
        if (label->string && cJSON_IsString(label))
            read_label(c, label->string, label->valuestring, &managed);
    }
    c->ours = managed && !krx_blank(c->workload);
    if (!c->ours)
        c->workload = NULL;
    else if (krx_blank(c->namespace_))
        c->namespace_ = "default";
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

static bool ended(int phase)
{
    return phase == KRX_DK_EXITED || phase == KRX_DK_RESTARTING || phase == KRX_DK_DEAD;
}

static void start_blank(krx_dk_container *out)
{
    *out = (krx_dk_container){.restarts = KRX_UNSET,
                              .exit_code = KRX_UNSET,
                              .started_ns = KRX_UNSET,
                              .created_ns = KRX_UNSET};
}

bool krx_dk_container_listed(krx_arena *arena, const cJSON *item, krx_dk_container *out)
{
    int64_t created = krx_json_int(item, "Created", 0);
    (void)arena;
    start_blank(out);
    out->id = krx_json_text(item, "Id");
    out->name = own_name(krx_json_array(item, "Names"));
    if (!*out->id || krx_blank(out->name))
        return false;
    out->image = krx_json_text(item, "Image");
    out->image_id = krx_json_text(item, "ImageID");
    out->status = krx_json_text(item, "Status");
    out->phase = phase_of(krx_json_text(item, "State"));
    out->health = out->phase == KRX_DK_RUNNING ? health_in_status(out->status) : NULL;
    out->ip = first_address(krx_json_object(item, "NetworkSettings"));
    out->ports = krx_json_array(item, "Ports");
    if (created > 0 && created < INT64_MAX / KRX_NS_PER_S)
        out->created_ns = created * KRX_NS_PER_S;
    if (ended(out->phase))
        out->exit_code = code_in_status(out->status);
    read_labels(out, krx_json_object(item, "Labels"));
    return true;
}

static void read_state(krx_dk_container *out, const cJSON *state)
{
    const cJSON *health = krx_json_object(state, "Health");
    const char *started = krx_json_text(state, "StartedAt");
    out->status = krx_json_text(state, "Status");
    out->phase = phase_of(out->status);
    if (krx_json_bool(state, "Paused", false))
        out->phase = KRX_DK_PAUSED;
    if (health && *krx_json_text(health, "Status") &&
        !krx_streq(krx_json_text(health, "Status"), "none"))
        out->health = krx_json_text(health, "Status");
    if (out->phase != KRX_DK_RUNNING)
        out->health = NULL;
    if (!krx_time_parse(started, &out->started_ns) || out->started_ns <= 0)
        out->started_ns = KRX_UNSET;
    out->oom_killed = krx_json_bool(state, "OOMKilled", false);
    if (ended(out->phase))
        out->exit_code = krx_json_int(state, "ExitCode", 0);
}

bool krx_dk_container_inspected(krx_arena *arena, const cJSON *object, krx_dk_container *out)
{
    const cJSON *config = krx_json_object(object, "Config");
    const char *name = krx_json_text(object, "Name");
    (void)arena;
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
    read_labels(out, krx_json_object(config, "Labels"));
    return true;
}

krx_dk_container **krx_dk_containers_listed(krx_arena *arena, const cJSON *list)
{
    krx_ptrs found = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        krx_dk_container *c = krx_arena_new_of(arena, krx_dk_container);
        if (!c)
            return NULL;
        if (krx_dk_container_listed(arena, item, c) && krx_ptrs_add(arena, &found, c) < 0)
            return NULL;
    }
    return (krx_dk_container **)krx_ptrs_end(arena, &found);
}

const krx_kv *const *krx_dk_labels_of(krx_arena *arena, const krx_dk_container *container)
{
    krx_ptrs kept = {0};
    const cJSON *label;
    cJSON_ArrayForEach (label, container->labels) {
        if (!label->string || !cJSON_IsString(label) || krx_dk_label_reserved(label->string))
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

static bool stays_up(const char *policy)
{
    return krx_streq(policy, "always") || krx_streq(policy, "unless-stopped");
}

/*
 * The engine starts again what ends under `always` and `unless-stopped`, so one that stays ended
 * was stopped on purpose. Otherwise the code decides; the two signals of stop mean that it was
 * told.
 */
static const char *ended_state(const krx_dk_container *c, const char *policy)
{
    if (c->oom_killed && c->exit_code != 0)
        return "Failed";
    if (stays_up(policy))
        return "Stopped";
    if (c->exit_code == 0)
        return krx_streq(policy, "no") || krx_streq(policy, "on-failure") ? "Succeeded" : "Stopped";
    if (c->exit_code == EXIT_ON_TERM || c->exit_code == EXIT_ON_KILL)
        return "Stopped";
    return "Failed";
}

const char *krx_dk_container_state(const krx_dk_container *container, const char *policy)
{
    switch (container->phase) {
    case KRX_DK_RUNNING:
        return "Running";
    case KRX_DK_PAUSED:
        return "Paused";
    case KRX_DK_CREATED:
        return "Pending";
    case KRX_DK_RESTARTING:
        return container->exit_code > 0 ? "Failed" : "Pending";
    case KRX_DK_EXITED:
        return ended_state(container, policy);
    case KRX_DK_DEAD:
        return "Failed";
    default:
        return "Unknown";
    }
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

krx_instance *krx_dk_instance(krx_arena *arena, const krx_dk_container *container,
                              const char *policy)
{
    krx_instance *out = krx_arena_new_of(arena, krx_instance);
    const krx_kv *const *labels = krx_dk_labels_of(arena, container);
    const char *const *ports = port_texts(arena, container->ports);
    if (!out || !labels || !ports)
        return NULL;
    *out = (krx_instance){.struct_size = sizeof *out,
                          .managed = container->ours,
                          .id = container->id,
                          .name = container->name,
                          .workload = container->workload,
                          .namespace_ = container->ours ? container->namespace_ : NULL,
                          .image = container->image,
                          .state = krx_dk_container_state(container, policy),
                          .status = container->status,
                          .health = container->health,
                          .ip = container->ip,
                          .message = container->oom_killed ? "killed: out of memory" : NULL,
                          .replica = container->ours ? container->replica : 0,
                          .restarts = container->restarts,
                          .exit_code = container->exit_code,
                          .created_ns = container->created_ns,
                          .started_ns = container->started_ns,
                          .labels = labels,
                          .ports = ports};
    return out;
}
