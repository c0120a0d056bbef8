/* SPDX-License-Identifier: Apache-2.0 */
/* A container of podman as a workload of ours. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/checkpoint/podman.h"

#define NAME_MAX_ 63u
#define MADE_UP 64u /* digits of the name of a volume that nobody named */
#define MADE_UP_KEPT 12
#define PORT_MAX 65535
#define GRACE_MAX 86400
#define SHARES_OF_ONE 1024

char *krx_oci_podman_name(krx_arena *arena, const char *name)
{
    krx_auto_str krx_str text = {0};
    for (; *name && text.length < NAME_MAX_; name++) {
        char c = (char)tolower((unsigned char)*name);
        if (!isalnum((unsigned char)c))
            c = '-';
        if (c != '-' || text.length)
            krx_str_addc(&text, c);
    }
    while (text.length && text.data[text.length - 1] == '-')
        text.data[--text.length] = '\0';
    if (!text.length)
        krx_str_add(&text, "podman");
    return krx_str_failed(&text) ? NULL : krx_arena_strdup(arena, krx_str_get(&text));
}

char *krx_oci_podman_volume(krx_arena *arena, const char *name)
{
    return strlen(name) == MADE_UP && strspn(name, "0123456789abcdef") == MADE_UP
               ? krx_arena_printf(arena, "v%.*s", MADE_UP_KEPT, name)
               : krx_oci_podman_name(arena, name);
}

bool krx_oci_mount_binds(const cJSON *mount)
{
    const cJSON *option;
    if (strcmp(krx_json_text(mount, "type"), "bind") == 0)
        return true;
    cJSON_ArrayForEach (option, krx_json_array(mount, "options"))
        if (cJSON_IsString(option) &&
            (strcmp(option->valuestring, "bind") == 0 || strcmp(option->valuestring, "rbind") == 0))
            return true;
    return false;
}

const cJSON *krx_oci_mount_at(const cJSON *mounts, const char *destination)
{
    const cJSON *mount;
    cJSON_ArrayForEach (mount, mounts)
        if (strcmp(krx_json_text(mount, "destination"), destination) == 0)
            return mount;
    return NULL;
}

static bool has_option(const cJSON *mount, const char *wanted)
{
    const cJSON *option;
    cJSON_ArrayForEach (option, krx_json_array(mount, "options"))
        if (cJSON_IsString(option) && strcmp(option->valuestring, wanted) == 0)
            return true;
    return false;
}

/* ----------------------------------------------------------------------------------- its program
 */

/* What our own containers are given anyway, or what says that podman made it. */
static bool is_ours(const char *variable)
{
    static const char *const names[] = {"HOME=", "HOSTNAME=", "container="};
    for (size_t i = 0; i < KRX_COUNT(names); i++)
        if (krx_has_prefix(variable, names[i]))
            return true;
    return false;
}

static void add_program(const krx_oci_podman *p, krx_json_maker *maker, cJSON *json)
{
    const cJSON *process = krx_json_object(p->spec, "process"), *item;
    krx_json_add_item(maker, json, "command",
                      cJSON_Duplicate(krx_json_array(process, "args"), true));
    cJSON *env = krx_json_add_array(maker, json, "env");
    cJSON_ArrayForEach (item, krx_json_array(process, "env"))
        if (cJSON_IsString(item) && !is_ours(item->valuestring))
            krx_json_add_text(maker, env, NULL, item->valuestring);
    const char *folder = krx_json_text(process, "cwd"), *user = krx_json_text(p->config, "user");
    const char *host = krx_json_text(krx_json_object(p->config, "spec"), "hostname");
    krx_json_add_text(maker, json, "workingDir", krx_blank(folder) ? NULL : folder);
    krx_json_add_text(maker, json, "user", krx_blank(user) ? NULL : user);
    krx_json_add_text(maker, json, "hostname",
                      krx_blank(host) ? NULL : krx_oci_podman_name(p->arena, host));
}

/* The bounding set is all that it could ever have. */
static void add_capabilities(const krx_oci_podman *p, krx_json_maker *maker, cJSON *json)
{
    const cJSON *item;
    cJSON *capabilities = krx_json_add_object(maker, json, "capabilities");
    cJSON *drop = krx_json_add_array(maker, capabilities, "drop");
    krx_json_add_text(maker, drop, NULL, "ALL");
    cJSON *add = krx_json_add_array(maker, capabilities, "add");
    cJSON_ArrayForEach (item,
                        krx_json_array(krx_json_dig(p->spec, "process/capabilities"), "bounding"))
        if (cJSON_IsString(item))
            krx_json_add_text(maker, add, NULL, item->valuestring);
}

static void add_policy(const krx_oci_podman *p, krx_json_maker *maker, cJSON *json)
{
    const char *policy = krx_json_text(p->config, "restart_policy");
    int64_t grace = krx_json_int(p->config, "stopTimeout", -1);
    int64_t stop = krx_json_int(p->config, "stopSignal", 0);
    int64_t retries = krx_json_int(p->config, "restart_retries", 0);
    krx_json_add_text(maker, json, "restartPolicy", krx_blank(policy) ? "no" : policy);
    if (strcmp(policy, "on-failure") == 0 && retries > 0)
        krx_json_add_int(maker, json, "restartRetries", retries);
    if (grace >= 0 && grace <= GRACE_MAX)
        krx_json_add_text(maker, json, "stopGracePeriod",
                          krx_arena_printf(p->arena, "%" PRId64 "s", grace));
    if (stop > 0)
        krx_json_add_text(maker, json, "stopSignal", krx_arena_printf(p->arena, "%" PRId64, stop));
}

static void add_resources(const krx_oci_podman *p, krx_json_maker *maker, cJSON *json)
{
    const cJSON *limits = krx_json_dig(p->spec, "linux/resources");
    const cJSON *memory = krx_json_object(limits, "memory"), *cpu = krx_json_object(limits, "cpu");
    int64_t most = krx_json_int(memory, "limit", 0), soft = krx_json_int(memory, "reservation", 0);
    int64_t quota = krx_json_int(cpu, "quota", 0), period = krx_json_int(cpu, "period", 0);
    int64_t shares = krx_json_int(cpu, "shares", 0);
    cJSON *o = krx_json_add_object(maker, json, "resources");
    if (most > 0)
        krx_json_add_int(maker, o, "memoryLimit", most);
    if (soft > 0)
        krx_json_add_int(maker, o, "memoryRequest", soft);
    if (quota > 0 && period > 0 && quota < INT64_MAX / 1000)
        krx_json_add_text(maker, o, "cpuLimit",
                          krx_arena_printf(p->arena, "%" PRId64 "m", quota * 1000 / period));
    if (shares > 0 && shares < INT64_MAX / 1000)
        krx_json_add_text(
            maker, o, "cpuRequest",
            krx_arena_printf(p->arena, "%" PRId64 "m", shares * 1000 / SHARES_OF_ONE));
}

/* --------------------------------------------------------------------------- what is around it */

/* podman 4 writes the one spelling, older ones the other. */
static int64_t either_int(const cJSON *o, const char *one, const char *other, int64_t absent)
{
    return krx_json_int(o, one, krx_json_int(o, other, absent));
}

static void add_ports(const krx_oci_podman *p, krx_json_maker *maker, cJSON *json)
{
    const cJSON *item, *from = krx_json_array(p->config, "newPortMappings");
    cJSON *list = krx_json_add_array(maker, json, "ports");
    if (!from)
        from = krx_json_array(p->config, "portMappings");
    cJSON_ArrayForEach (item, from) {
        int64_t inside = either_int(item, "container_port", "containerPort", 0);
        int64_t outside = either_int(item, "host_port", "hostPort", 0);
        int64_t count = krx_json_int(item, "range", 1);
        const char *ip = krx_json_text(item, "host_ip");
        if (!*ip)
            ip = krx_json_text(item, "hostIP");
        for (int64_t i = 0; i < (count < 1 ? 1 : count) && i <= PORT_MAX; i++) {
            cJSON *port = krx_json_add_object(maker, list, NULL);
            krx_json_add_int(maker, port, "containerPort", inside + i);
            krx_json_add_int(maker, port, "hostPort", outside ? outside + i : 0);
            krx_json_add_text(maker, port, "protocol",
                              *krx_json_text(item, "protocol") ? krx_json_text(item, "protocol")
                                                               : NULL);
            krx_json_add_text(maker, port, "hostIp", *ip ? ip : NULL);
        }
    }
}

static void add_volumes(const krx_oci_podman *p, krx_json_maker *maker, cJSON *json)
{
    const cJSON *item;
    cJSON *list = krx_json_add_array(maker, json, "volumes");
    cJSON_ArrayForEach (item, krx_json_array(p->config, "namedVolumes")) {
        cJSON *volume = krx_json_add_object(maker, list, NULL);
        krx_json_add_text(maker, volume, "name",
                          krx_oci_podman_volume(p->arena, krx_json_text(item, "volumeName")));
        krx_json_add_text(maker, volume, "mountPath", krx_json_text(item, "dest"));
        if (has_option(item, "ro"))
            krx_json_add_text(maker, volume, "accessMode", "ReadOnlyMany");
    }
}

/* Memory file systems that every container has. */
static bool is_usual(const char *destination)
{
    return strcmp(destination, "/dev") == 0 || strcmp(destination, "/dev/shm") == 0;
}

/* Those that the user asked for; podman adds its own only to what the runtime gets. */
static void add_mounts(const krx_oci_podman *p, krx_json_maker *maker, cJSON *json)
{
    const cJSON *item;
    cJSON *list = krx_json_add_array(maker, json, "mounts");
    cJSON_ArrayForEach (item, krx_json_array(krx_json_object(p->config, "spec"), "mounts")) {
        const char *target = krx_json_text(item, "destination");
        bool memory = strcmp(krx_json_text(item, "type"), "tmpfs") == 0 && !is_usual(target);
        if (!memory && !krx_oci_mount_binds(item))
            continue;
        cJSON *mount = krx_json_add_object(maker, list, NULL);
        krx_json_add_text(maker, mount, "type", memory ? "tmpfs" : "bind");
        krx_json_add_text(maker, mount, "target", target);
        if (!memory)
            krx_json_add_text(maker, mount, "source", krx_json_text(item, "source"));
        if (has_option(item, "ro"))
            krx_json_add_bool(maker, mount, "readOnly", true);
    }
}

char *krx_oci_podman_spec(const krx_oci_podman *p, const char *name)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *json = cJSON_CreateObject();
    const cJSON *labels = krx_json_object(p->config, "labels");
    const cJSON *hosts = krx_json_array(p->config, "hostsAdd");
    krx_json_add_text(&maker, json, "name", name);
    krx_json_add_text(&maker, json, "image", p->image);
    krx_json_add_text(&maker, json, "runtime", p->runtime);
    krx_json_add_text(&maker, json, "network", p->network);
    add_program(p, &maker, json);
    add_capabilities(p, &maker, json);
    add_policy(p, &maker, json);
    add_resources(p, &maker, json);
    add_ports(p, &maker, json);
    add_volumes(p, &maker, json);
    add_mounts(p, &maker, json);
    if (labels)
        krx_json_add_item(&maker, json, "labels", cJSON_Duplicate(labels, true));
    if (hosts)
        krx_json_add_item(&maker, json, "extraHosts", cJSON_Duplicate(hosts, true));
    if (krx_json_bool(krx_json_object(p->spec, "root"), "readonly", false))
        krx_json_add_bool(&maker, json, "readOnlyRootFilesystem", true);
    krx_autofree char *text =
        json && !maker.failed && !krx_arena_failed(p->arena) ? cJSON_PrintUnformatted(json) : NULL;
    return text ? krx_arena_strdup(p->arena, text) : NULL;
}
