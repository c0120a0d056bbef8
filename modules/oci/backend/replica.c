/* SPDX-License-Identifier: Apache-2.0 */
/* A container as lib/replicas sees it. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "modules/oci/backend/backend.h"

#define EXIT_UNKNOWN 255

static int phase_of(const krx_oci_container *c)
{
    static const int phases[] = {
        [KRX_OCI_CREATED] = KRX_REPLICA_CREATED, [KRX_OCI_RUNNING] = KRX_REPLICA_RUNNING,
        [KRX_OCI_PAUSED] = KRX_REPLICA_PAUSED,   [KRX_OCI_WAITING] = KRX_REPLICA_RESTARTING,
        [KRX_OCI_EXITED] = KRX_REPLICA_EXITED,   [KRX_OCI_REMOVING] = KRX_REPLICA_REMOVING};
    int phase = c->phase_now ? c->phase_now : krx_oci_container_phase(c);
    bool known = phase > 0 && (size_t)phase < KRX_COUNT(phases);
    return known ? phases[phase] : KRX_REPLICA_OTHER;
}

/* "5 seconds", "3 minutes", "2 days" */
static const char *ago(krx_arena *arena, int64_t since_ns)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    int64_t seconds = (krx_now_unix() - since_ns) / KRX_NS_PER_S;
    for (size_t i = 0; i < KRX_COUNT(units); i++) {
        int64_t count = seconds / units[i].seconds;
        if (count > 0)
            return krx_arena_printf(arena, "%" PRId64 " %s%s", count, units[i].name,
                                    count == 1 ? "" : "s");
    }
    return "less than a second";
}

static const char *up_text(krx_arena *arena, const krx_oci_container *c, const char *more)
{
    const char *since = c->started_ns == KRX_UNSET ? "" : ago(arena, c->started_ns);
    return krx_arena_printf(arena, "Up%s%s%s", *since ? " " : "", since, more);
}

static const char *ended_text(krx_arena *arena, const krx_oci_container *c, const char *word,
                              int64_t code)
{
    if (c->error)
        return krx_arena_printf(arena, "%s: %s", word, c->error);
    if (c->finished_ns == KRX_UNSET)
        return krx_arena_printf(arena, "%s (%" PRId64 ")", word, code);
    return krx_arena_printf(arena, "%s (%" PRId64 ") %s ago", word, code,
                            ago(arena, c->finished_ns));
}

static const char *status_text(krx_arena *arena, const krx_oci_container *c, const krx_replica *r)
{
    switch (r->phase) {
    case KRX_REPLICA_CREATED:
        return c->error ? krx_arena_printf(arena, "Created: %s", c->error) : "Created";
    case KRX_REPLICA_RUNNING:
        return up_text(arena, c,
                       !r->health                         ? ""
                       : krx_streq(r->health, "starting") ? " (health: starting)"
                       : krx_streq(r->health, "healthy")  ? " (healthy)"
                                                          : " (unhealthy)");
    case KRX_REPLICA_PAUSED:
        return up_text(arena, c, " (Paused)");
    case KRX_REPLICA_RESTARTING:
        return ended_text(arena, c, "Restarting", r->exit_code);
    case KRX_REPLICA_REMOVING:
        return "Removing";
    default:
        return ended_text(arena, c, "Exited", r->exit_code);
    }
}

static const char *port_text(krx_arena *arena, const krx_oci_port *port)
{
    const char *ip = krx_blank(port->host_ip) ? "0.0.0.0" : port->host_ip;
    const char *protocol = krx_blank(port->protocol) ? "tcp" : port->protocol;
    bool six = strchr(ip, ':') != NULL;
    if (port->host_port <= 0)
        return krx_arena_printf(arena, "%" PRId64 "/%s", port->container_port, protocol);
    return krx_arena_printf(arena, "%s%s%s:%" PRId64 "->%" PRId64 "/%s", six ? "[" : "", ip,
                            six ? "]" : "", port->host_port, port->container_port, protocol);
}

static const char *const *port_texts(krx_arena *arena, const krx_oci_port *const *ports)
{
    krx_ptrs texts = {0};
    for (; ports && *ports; ports++) {
        const char *text = port_text(arena, *ports);
        if (!text || krx_ptrs_add(arena, &texts, text) < 0)
            return NULL;
    }
    return (const char *const *)krx_ptrs_end(arena, &texts);
}

krx_replica *krx_oci_replica(krx_arena *arena, const krx_oci_container *container,
                             const char *spec_json)
{
    static const krx_kv *const no_labels[] = {NULL};
    const krx_oci_container *c = container;
    krx_replica *out = krx_arena_new_of(arena, krx_replica);
    if (!out)
        return NULL;
    *out = (krx_replica){.id = c->id,
                         .name = c->name,
                         .image = c->image,
                         .image_id = c->image_id,
                         .workload = c->workload,
                         .namespace_ = krx_blank(c->namespace_) ? "default" : c->namespace_,
                         .spec_json = spec_json,
                         .hash = c->hash,
                         .phase = phase_of(c),
                         .ours = true,
                         .oom_killed = c->oom_killed,
                         .replica = c->replica,
                         .generation = c->generation,
                         .created_ns = c->created_ns,
                         .started_ns = c->started_ns,
                         .restarts = c->restarts,
                         .exit_code = KRX_UNSET,
                         .labels = c->labels ? c->labels : no_labels,
                         .ports = port_texts(arena, c->ports)};
    bool up = out->phase == KRX_REPLICA_RUNNING || out->phase == KRX_REPLICA_PAUSED;
    if (up) {
        out->ip = c->ip;
        out->health = out->phase == KRX_REPLICA_RUNNING ? c->health : NULL;
    } else if (out->phase != KRX_REPLICA_CREATED) {
        out->exit_code =
            c->exit_code == KRX_UNSET || c->exit_code < 0 ? EXIT_UNKNOWN : c->exit_code;
    }
    out->status = status_text(arena, c, out);
    return out->status && out->ports ? out : NULL;
}
