/* SPDX-License-Identifier: Apache-2.0 */
/* config.json as a whole. */
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include "lib/replicas/names.h"
#include "modules/oci/bundle/parts.h"
#include "modules/oci/runtime/filter.h"
#include "modules/oci/store/fields.h"

#define HOSTNAME_LENGTH_MAX 63
#define WANTS_MAX 17

/* What tells of the machine and its keys, and what would change it. */
static const char *const masked[] = {"/proc/acpi",
                                     "/proc/asound",
                                     "/proc/interrupts",
                                     "/proc/kcore",
                                     "/proc/keys",
                                     "/proc/latency_stats",
                                     "/proc/sched_debug",
                                     "/proc/scsi",
                                     "/proc/timer_list",
                                     "/proc/timer_stats",
                                     "/sys/firmware",
                                     "/sys/devices/virtual/powercap",
                                     NULL};
static const char *const read_only[] = {"/proc/bus",           "/proc/fs", "/proc/irq", "/proc/sys",
                                        "/proc/sysrq-trigger", NULL};

/* Annotations that runtimes obey, so that a spec would reach past what it may say. */
static const char *const obeyed[] = {"dev.gvisor.", "org.criu.", "run.oci.", "kranix.io/"};

/* ---------------------------------------------------------------------------------- devices */

/* cdi.k8s.io/<any>: vendor.com/class=name,vendor.com/class=name */
static size_t annotated(krx_oci_config *m, krx_oci_cdi_want *wants, size_t count)
{
    const krx_kv *const *notes = m->spec->annotations;
    for (size_t i = 0; notes && notes[i]; i++) {
        char *rest = krx_has_prefix(notes[i]->key, KRX_OCI_ANNOTATION_CDI)
                         ? krx_arena_strdup(m->arena, notes[i]->value)
                         : NULL;
        for (char *one; rest && count < WANTS_MAX - 1 && (one = strsep(&rest, ","));) {
            char *equals = strchr(one, '=');
            if (!equals)
                continue;
            *equals = '\0';
            wants[count++] = (krx_oci_cdi_want){one, equals + 1, 1};
        }
    }
    return count;
}

static int32_t find_devices(krx_oci_config *m)
{
    const krx_gpu *gpu = m->spec->resources ? m->spec->resources->gpu : NULL;
    krx_oci_cdi_want wants[WANTS_MAX] = {0};
    size_t count = 0;
    if (gpu)
        wants[count++] =
            (krx_oci_cdi_want){krx_strcaseeq(gpu->vendor, "amd") ? "amd.com/gpu" : "nvidia.com/gpu",
                               NULL, gpu->count > 0 ? gpu->count : 1};
    count = annotated(m, wants, count);
    if (count && m->sandbox && !(m->bundle->runtime->can & KRX_OCI_CAN_GPU)) {
        krx_fail(m->call, KRX_E_UNSUPPORTED, "%s %s has no way to devices of the host",
                 m->bundle->runtime->name, m->bundle->runtime->version);
        return krx_hint(m->call, "set runtime to crun or runc");
    }
    return krx_oci_cdi_find(m->call, m->arena, krx_oci_cdi_folders, wants, &m->edits);
}

static void put_device_rule(krx_oci_config *m, const krx_oci_edit_device *device)
{
    cJSON *resources = cJSON_GetObjectItemCaseSensitive(m->linux_, "resources");
    cJSON *rules = cJSON_GetObjectItemCaseSensitive(resources, "devices");
    if (!rules)
        return;
    cJSON *rule = krx_json_add_object(&m->maker, rules, NULL);
    krx_json_add_bool(&m->maker, rule, "allow", true);
    krx_json_add_text(&m->maker, rule, "type", device->type);
    krx_json_add_int(&m->maker, rule, "major", device->major);
    krx_json_add_int(&m->maker, rule, "minor", device->minor);
    krx_json_add_text(&m->maker, rule, "access", device->access);
}

void krx_oci_put_devices(krx_oci_config *m)
{
    if (!m->edits.devices || !m->edits.devices[0])
        return;
    cJSON *list = krx_json_add_array(&m->maker, m->linux_, "devices");
    for (size_t i = 0; m->edits.devices[i]; i++) {
        const krx_oci_edit_device *device = m->edits.devices[i];
        cJSON *object = krx_json_add_object(&m->maker, list, NULL);
        krx_json_add_text(&m->maker, object, "path", device->path);
        krx_json_add_text(&m->maker, object, "type", device->type);
        krx_json_add_int(&m->maker, object, "major", device->major);
        krx_json_add_int(&m->maker, object, "minor", device->minor);
        krx_json_add_int(&m->maker, object, "fileMode", device->mode);
        krx_json_add_int(&m->maker, object, "uid", device->uid);
        krx_json_add_int(&m->maker, object, "gid", device->gid);
        put_device_rule(m, device);
    }
}

static void put_hooks(krx_oci_config *m)
{
    if (!m->edits.hooks || !m->edits.hooks[0])
        return;
    cJSON *hooks = krx_json_add_object(&m->maker, m->config, "hooks");
    for (size_t i = 0; m->edits.hooks[i]; i++) {
        const krx_oci_edit_hook *hook = m->edits.hooks[i];
        cJSON *list = cJSON_GetObjectItemCaseSensitive(hooks, hook->name);
        if (!list)
            list = krx_json_add_array(&m->maker, hooks, hook->name);
        cJSON *object = krx_json_add_object(&m->maker, list, NULL);
        krx_json_add_text(&m->maker, object, "path", hook->path);
        krx_json_add_texts(&m->maker, object, "args", hook->args);
        krx_json_add_texts(&m->maker, object, "env", hook->env);
        krx_json_add_int(&m->maker, object, "timeout", hook->timeout);
    }
}

/* ------------------------------------------------------------------------------- the rest */

static void put_namespaces(krx_oci_config *m)
{
    static const char *const always[] = {"mount", "uts", "pid", "ipc"};
    cJSON *list = krx_json_add_array(&m->maker, m->linux_, "namespaces");
    for (size_t i = 0; i < KRX_COUNT(always); i++)
        krx_json_add_text(&m->maker, krx_json_add_object(&m->maker, list, NULL), "type", always[i]);
    if (m->grouped && m->cgroup_mode == KRX_OCI_CGROUP_V2)
        krx_json_add_text(&m->maker, krx_json_add_object(&m->maker, list, NULL), "type", "cgroup");
    if (krx_streq(m->bundle->container->network, "host"))
        return;
    cJSON *net = krx_json_add_object(&m->maker, list, NULL);
    krx_json_add_text(&m->maker, net, "type", "network");
    krx_json_add_text(&m->maker, net, "path", m->bundle->netns);
}

/* As engines have it: who is not root may listen on any port of its own network, and ping. */
static void put_sysctls(krx_oci_config *m)
{
    const char *network = m->bundle->container->network;
    if (m->sandbox || krx_blank(network) || strcmp(network, "host") == 0 ||
        krx_has_prefix(network, "ns:"))
        return;
    cJSON *map = krx_json_add_object(&m->maker, m->linux_, "sysctl");
    krx_json_add_text(&m->maker, map, "net.ipv4.ip_unprivileged_port_start", "0");
    if (!m->rootless) /* its groups are not all known there */
        krx_json_add_text(&m->maker, map, "net.ipv4.ping_group_range", "0 2147483647");
}

static void put_paths(krx_oci_config *m)
{
    krx_json_add_texts(&m->maker, m->linux_, "maskedPaths", masked);
    krx_json_add_texts(&m->maker, m->linux_, "readonlyPaths", read_only);
    /* the host's tree of control groups, which comes with the host's /sys */
    if (m->rootless && krx_streq(m->bundle->container->network, "host"))
        krx_json_add_text(&m->maker, cJSON_GetObjectItemCaseSensitive(m->linux_, "maskedPaths"),
                          NULL, "/sys/fs/cgroup");
}

/* The profile stays beside it, for a crun that does not know the annotation. */
static int32_t put_filter(krx_oci_config *m)
{
    const krx_oci_bundle *b = m->bundle;
    const cJSON *profile = cJSON_GetObjectItemCaseSensitive(m->linux_, "seccomp");
    krx_autofree char *text = profile && b->run_root ? cJSON_PrintUnformatted(profile) : NULL;
    const char *key = text ? krx_oci_filter_key(m->arena, b->runtime, text) : NULL;
    if (!key)
        return 0;
    const char *filter = krx_oci_filter_find(m->call, m->arena, b->run_root, key);
    krx_json_add_text(&m->maker, cJSON_GetObjectItemCaseSensitive(m->config, "annotations"),
                      KRX_OCI_FILTER_ANNOTATION, filter);
    return filter ? 0 : krx_oci_filter_want(m->call, b->folder, key);
}

static void put_linux(krx_oci_config *m)
{
    struct utsname system = {0};
    m->linux_ = krx_json_add_object(&m->maker, m->config, "linux");
    put_namespaces(m);
    krx_oci_put_resources(m);
    krx_oci_put_devices(m);
    put_sysctls(m);
    put_paths(m);
    if (m->bundle->runtime->can & KRX_OCI_CAN_SECCOMP && uname(&system) == 0)
        krx_oci_put_seccomp(&m->maker, m->linux_, &m->caps, system.machine);
}

static void put_number(krx_oci_config *m, cJSON *map, const char *key, int64_t value)
{
    krx_json_add_text(&m->maker, map, key, krx_arena_printf(m->arena, "%" PRId64, value));
}

/* So that what the runtime knows is enough to make our files anew. */
static void put_record(krx_oci_config *m, cJSON *map)
{
    const krx_oci_bundle *b = m->bundle;
    krx_autofree char *record = krx_oci_container_text(b->container);
    krx_autofree char *launch = krx_oci_launch_text(b->launch, b->run_root);
    m->maker.failed |= !record || !launch;
    krx_json_add_text(&m->maker, map, KRX_OCI_ANNOTATION_RECORD, record);
    krx_json_add_text(&m->maker, map, KRX_OCI_ANNOTATION_LAUNCH, launch);
}

/* Who it is, for everybody who asks the runtime. */
static void put_annotations(krx_oci_config *m)
{
    const krx_oci_container *c = m->bundle->container;
    const krx_kv *const *notes = m->spec->annotations;
    cJSON *map = krx_json_add_object(&m->maker, m->config, "annotations");
    krx_json_add_text(&m->maker, map, KRX_LABEL_MANAGED_BY, KRX_LABEL_KRANIX);
    krx_json_add_text(&m->maker, map, KRX_LABEL_WORKLOAD, c->workload);
    krx_json_add_text(&m->maker, map, KRX_LABEL_NAMESPACE, c->namespace_);
    put_number(m, map, KRX_LABEL_REPLICA, c->replica);
    put_number(m, map, KRX_LABEL_GENERATION, c->generation);
    krx_json_add_text(&m->maker, map, KRX_LABEL_SPEC_HASH, c->hash);
    krx_json_add_text(&m->maker, map, "kranix.io/image", c->image);
    krx_json_add_text(&m->maker, map, "kranix.io/image-id", c->image_id);
    krx_json_add_text(&m->maker, map, "kranix.io/name", c->name);
    put_record(m, map);
    if (!m->sandbox) /* read by CRIU when there is such a file; written for each checkpoint */
        krx_json_add_text(&m->maker, map, "org.criu.config",
                          krx_arena_printf(m->arena, "%s/criu.conf", m->bundle->folder));
    for (size_t i = 0; notes && notes[i]; i++) {
        bool taken = false;
        for (size_t k = 0; k < KRX_COUNT(obeyed); k++)
            taken |= krx_has_prefix(notes[i]->key, obeyed[k]);
        if (!taken)
            krx_json_add_text(&m->maker, map, notes[i]->key, notes[i]->value);
    }
}

/* Where the keeper mounts it, above the layers or the folder that it comes from. */
static void put_root(krx_oci_config *m)
{
    cJSON *root = krx_json_add_object(&m->maker, m->config, "root");
    krx_json_add_text(&m->maker, root, "path",
                      krx_arena_printf(m->arena, "%s/bundle/rootfs", m->bundle->folder));
    krx_json_add_bool(&m->maker, root, "readonly", m->spec->read_only_root_filesystem == 1);
}

/* The host's own name with the host's network, as engines have it. */
static const char *hostname(krx_oci_config *m)
{
    const krx_oci_bundle *b = m->bundle;
    const char *name = b->launch->hostname;
    char own[256] = "";
    if (krx_blank(name) && krx_streq(b->container->network, "host") &&
        gethostname(own, sizeof own - 1) == 0 && own[0])
        name = own;
    if (krx_blank(name))
        name = b->container->name;
    return krx_arena_strndup(m->arena, name, strnlen(name, HOSTNAME_LENGTH_MAX));
}

static int32_t make(krx_oci_config *m)
{
    int32_t code = find_devices(m);
    if (code < 0)
        return code;
    krx_json_add_text(&m->maker, m->config, "ociVersion", "1.0.2");
    put_root(m);
    code = krx_oci_put_process(m);
    if (code == 0)
        code = krx_oci_put_mounts(m);
    if (code < 0)
        return code;
    krx_json_add_text(&m->maker, m->config, "hostname", m->hostname);
    put_annotations(m);
    put_hooks(m);
    put_linux(m);
    return put_filter(m);
}

int32_t krx_oci_bundle_write(krx_call *call, const krx_oci_bundle *bundle)
{
    krx_auto_secret_arena krx_arena *arena = krx_arena_new();
    krx_auto_secret_json cJSON *config = cJSON_CreateObject();
    krx_oci_config m = {.call = call,
                        .arena = arena,
                        .bundle = bundle,
                        .spec = bundle->spec,
                        .maker = {.failed = !config},
                        .config = config,
                        .sandbox = !(bundle->runtime->can & KRX_OCI_CAN_SEE_INIT),
                        .rootless = bundle->runtime->rootless,
                        .grouped = krx_oci_cgroup_usable(),
                        .cgroup_mode = krx_oci_cgroup_mode()};
    m.hostname = arena ? hostname(&m) : NULL;
    if (!m.hostname || !config)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    char *folder = krx_arena_printf(arena, "%s/bundle", bundle->folder);
    char *path = krx_arena_printf(arena, "%s/bundle/config.json", bundle->folder);
    int32_t code = folder && path ? krx_make_dirs(call, folder, 0700)
                                  : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (code == 0)
        code = make(&m);
    if (code < 0)
        return code;
    krx_auto_secret krx_str text = {0};
    text.data = m.maker.failed || krx_arena_failed(arena) ? NULL : cJSON_PrintUnformatted(config);
    text.length = text.data ? strlen(text.data) : 0;
    text.capacity = text.length;
    return text.data ? krx_oci_replace(call, path, text.data)
                     : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}
