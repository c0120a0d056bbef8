/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that concern several fields. They also run on specs that are wrong elsewhere. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/model/parse.h"
#include "lib/model/wanted.h"

/* The node of "ports[1].hostPort", or the nearest one above it. */
static const krx_node *node_of(const krx_node *root, const char *path)
{
    const krx_node *node = root;
    while (*path) {
        char key[64];
        const krx_node *next = NULL;
        size_t n = strcspn(path, ".[");
        unsigned long index = *path == '[' ? strtoul(path + 1, NULL, 10) : 0;
        if (*path == '[') {
            n = strcspn(path, "]") + 1;
            if (node->type == KRX_NODE_LIST && index < node->count)
                next = node->items[index];
        } else {
            (void)snprintf(key, sizeof key, "%.*s", (int)n, path);
            next = krx_node_get(node, key);
        }
        if (!next)
            return node;
        node = next;
        path += n;
        path += *path == '.';
    }
    return node;
}

KRX_PRINTF(4, 5)
static void complain(krx_parser *p, const char *path, const char *hint, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_diags_add(p->diags, p->file, node_of(p->root, path), path, hint, "%s", text);
}

/* Texts that must be different, each with its path; order of adding is kept. */
typedef struct unique {
    krx_parser *p;
    krx_ptrs entries;
} unique;

typedef struct entry {
    const char *text;
    const char *path;
    size_t index;
} entry;

static void unique_add(unique *u, const char *text, const char *path)
{
    entry *e = krx_arena_new_of(u->p->arena, entry);
    if (e && text && path) {
        *e = (entry){text, path, u->entries.count};
        if (krx_ptrs_add(u->p->arena, &u->entries, e) == 0)
            return;
    }
    u->p->no_memory = true;
}

static int compare_entries(const void *a, const void *b)
{
    const entry *x = *(const entry *const *)a, *y = *(const entry *const *)b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void unique_end(unique *u, const char *what)
{
    if (u->entries.count < 2)
        return;
    qsort(u->entries.items, u->entries.count, sizeof(void *), compare_entries);
    for (size_t i = 1; i < u->entries.count; i++) {
        const entry *first = u->entries.items[i - 1], *again = u->entries.items[i];
        if (strcmp(first->text, again->text) == 0)
            complain(u->p, again->path, NULL, "the %s %.80s is taken by %s already", what,
                     again->text, first->path);
    }
}

static void check_ports(krx_parser *p, const krx_workload *w)
{
    unique ports = {.p = p}, names = {.p = p};
    for (size_t i = 0; w->ports && w->ports[i]; i++) {
        const krx_port *port = w->ports[i];
        if (port->container_port != KRX_UNSET && port->protocol) {
            const char *text =
                krx_arena_printf(p->arena, "%" PRId64 "/%s", port->container_port, port->protocol);
            if (port->host_port > 0 || port->host_ip)
                text = krx_arena_printf(p->arena, "%s on %s:%" PRId64, text ? text : "",
                                        port->host_ip ? port->host_ip : "",
                                        port->host_port == KRX_UNSET ? 0 : port->host_port);
            unique_add(&ports, text, krx_arena_printf(p->arena, "ports[%zu].containerPort", i));
        }
        if (port->name)
            unique_add(&names, port->name, krx_arena_printf(p->arena, "ports[%zu].name", i));
    }
    unique_end(&ports, "port");
    unique_end(&names, "name");
}

static bool same_host_ip(const char *a, const char *b)
{
    static const char *const any[] = {"0.0.0.0", "::"};
    for (size_t i = 0; i < KRX_COUNT(any); i++)
        if (krx_streq(a, any[i]) || krx_streq(b, any[i]))
            return true;
    return !a || !b || strcmp(a, b) == 0;
}

static void check_host_ports(krx_parser *p, const krx_workload *w)
{
    size_t taken[512], count = 0; /* more ports than that are compared with these only */
    for (size_t i = 0; w->ports && w->ports[i]; i++) {
        const krx_port *port = w->ports[i];
        if (port->host_port <= 0)
            continue;
        for (size_t k = 0; k < count; k++) {
            const krx_port *other = w->ports[taken[k]];
            if (other->host_port != port->host_port ||
                !krx_streq(other->protocol, port->protocol) ||
                !same_host_ip(other->host_ip, port->host_ip) ||
                (other->container_port == port->container_port &&
                 krx_streq(other->host_ip, port->host_ip)))
                continue;
            const char *path = krx_arena_printf(p->arena, "ports[%zu].hostPort", i);
            complain(p, path ? path : "", NULL,
                     "the host port %" PRId64 "/%s is taken by ports[%zu] already", port->host_port,
                     port->protocol ? port->protocol : "tcp", taken[k]);
            break;
        }
        if (count < KRX_COUNT(taken))
            taken[count++] = i;
    }
}

static const char *volume_path(krx_parser *p, const krx_volume *volume)
{
    return volume->name ? krx_volume_path(p->arena, volume) : volume->mount_path;
}

static void check_storage(krx_parser *p, const krx_workload *w)
{
    unique names = {.p = p}, targets = {.p = p};
    for (size_t i = 0; w->volumes && w->volumes[i]; i++) {
        const krx_volume *volume = w->volumes[i];
        const char *path = volume_path(p, volume);
        if (volume->name)
            unique_add(&names, volume->name, krx_arena_printf(p->arena, "volumes[%zu].name", i));
        if (path)
            unique_add(&targets, path, krx_arena_printf(p->arena, "volumes[%zu].mountPath", i));
    }
    for (size_t i = 0; w->mounts && w->mounts[i]; i++)
        if (w->mounts[i]->target)
            unique_add(&targets, w->mounts[i]->target,
                       krx_arena_printf(p->arena, "mounts[%zu].target", i));
    for (size_t i = 0; w->tmpfs && w->tmpfs[i]; i++)
        unique_add(&targets, w->tmpfs[i], krx_arena_printf(p->arena, "tmpfs[%zu]", i));
    unique_end(&names, "name");
    unique_end(&targets, "path");
}

static void check_mounts(krx_parser *p, const krx_workload *w)
{
    for (size_t i = 0; w->mounts && w->mounts[i]; i++) {
        const krx_mount *mount = w->mounts[i];
        char path[64];
        bool tmpfs = krx_streq(mount->type, "tmpfs");
        (void)snprintf(path, sizeof path, "mounts[%zu].source", i);
        bool given = !krx_blank(node_of(p->root, path)->text);
        if (!tmpfs && !mount->source && !given)
            complain(p, path, "name the folder on the host, or use 'type: tmpfs'",
                     "is required for a bind mount");
        if (tmpfs && mount->source)
            complain(p, path, "take it away, or use 'type: bind'", "does not belong to a tmpfs");
        (void)snprintf(path, sizeof path, "mounts[%zu].size", i);
        if (!tmpfs && mount->size_bytes != KRX_UNSET)
            complain(p, path, "take it away, or use 'type: tmpfs'",
                     "does not belong to a bind mount");
    }
}

static void check_resources(krx_parser *p, const krx_workload *w)
{
    char request[KRX_UNIT_TEXT_MAX], limit[KRX_UNIT_TEXT_MAX];
    const krx_resources *r = w->resources;
    if (!r)
        return;
    if (r->cpu_limit_milli != KRX_UNSET && r->cpu_request_milli > r->cpu_limit_milli)
        complain(p, "resources.cpuRequest", NULL, "%s is more than the cpuLimit of %s",
                 krx_cpu_text(r->cpu_request_milli, request),
                 krx_cpu_text(r->cpu_limit_milli, limit));
    if (r->memory_limit_bytes != KRX_UNSET && r->memory_request_bytes > r->memory_limit_bytes)
        complain(p, "resources.memoryRequest", NULL, "%s is more than the memoryLimit of %s",
                 krx_bytes_text(r->memory_request_bytes, request),
                 krx_bytes_text(r->memory_limit_bytes, limit));
}

static void check_scaling(krx_parser *p, const krx_workload *w)
{
    const krx_autoscaling *a = w->auto_scaling;
    if (a && a->max_replicas != KRX_UNSET && a->min_replicas > a->max_replicas)
        complain(p, "autoScaling.minReplicas", NULL,
                 "%" PRId64 " is more than the maxReplicas of %" PRId64, a->min_replicas,
                 a->max_replicas);
}

static void check_probe(krx_parser *p, const krx_probe *probe, const char *path)
{
    if (probe && krx_streq(probe->type, "exec") && !probe->command)
        complain(p, path, NULL, "is required for a check of type exec");
}

static void check_probes(krx_parser *p, const krx_workload *w)
{
    if (!w->probes)
        return;
    check_probe(p, w->probes->startup, "probes.startup.command");
    check_probe(p, w->probes->liveness, "probes.liveness.command");
    check_probe(p, w->probes->readiness, "probes.readiness.command");
}

static void check_restart(krx_parser *p, const krx_workload *w)
{
    if (w->restart_retries > 0 && w->restart_policy && strcmp(w->restart_policy, "on-failure") != 0)
        complain(p, "restartRetries", "use 'restartPolicy: on-failure'",
                 "does not belong to restartPolicy %s", w->restart_policy);
}

/* Only a network of the container's own has a way in from the host. */
static void check_network(krx_parser *p, const krx_workload *w)
{
    bool host = krx_streq(w->network, "host");
    if (!w->network || krx_streq(w->network, "bridge"))
        return;
    for (size_t i = 0; w->ports && w->ports[i]; i++) {
        const krx_port *port = w->ports[i];
        char path[64];
        (void)snprintf(path, sizeof path, "ports[%zu].hostPort", i);
        if (port->host_port == KRX_UNSET || (host && port->host_port == port->container_port))
            continue;
        complain(p, path, "take it away, or use 'network: bridge'",
                 host ? "on network host a port can't have another number than inside"
                      : "on network %.40s no port is published",
                 w->network);
    }
}

void krx_checks_run(krx_parser *p, const krx_workload *workload)
{
    static void (*const checks[])(krx_parser *, const krx_workload *) = {
        check_ports,   check_host_ports, check_storage, check_mounts,  check_resources,
        check_scaling, check_probes,     check_restart, check_network,
    };
    for (size_t i = 0; i < KRX_COUNT(checks); i++)
        checks[i](p, workload);
}
