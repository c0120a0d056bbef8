/* SPDX-License-Identifier: Apache-2.0 */
/* What of a container of podman can't be one of ours, and what is lost on the way. */
#include <string.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/checkpoint/podman.h"

static int32_t refuse(const krx_oci_podman *p, const char *why, const char *hint)
{
    krx_fail(p->call, KRX_E_UNSUPPORTED,
             "archive %s can't be taken over from podman: its container %s", p->file, why);
    return krx_hint(p->call, "%s", hint);
}

/* Keys of config.dump: a text or a list that is not empty, or true. */
static const struct {
    const char *key;
    const char *why;
    const char *hint;
} impossible[] = {
    {"pod", "is part of a pod", "run it outside of pods for the checkpoint"},
    {"Dependencies", "needs other containers", "run it alone for the checkpoint"},
    {"mountNsCtr", "shares namespaces with another one", "run it alone for the checkpoint"},
    {"pidNsCtr", "shares namespaces with another one", "run it alone for the checkpoint"},
    {"netNsCtr", "shares namespaces with another one", "run it alone for the checkpoint"},
    {"ipcNsCtr", "shares namespaces with another one", "run it alone for the checkpoint"},
    {"utsNsCtr", "shares namespaces with another one", "run it alone for the checkpoint"},
    {"cgroupNsCtr", "shares namespaces with another one", "run it alone for the checkpoint"},
    {"userNsCtr", "shares namespaces with another one", "run it alone for the checkpoint"},
    {"privileged", "is privileged", "run it with --cap-add instead of --privileged"},
    {"rootfs", "has no image but a folder", "make an image of the folder: podman import"},
    {"secrets", "has secrets of podman", "run it without --secret; files can be mounted with -v"},
    {"overlayVolumes", "has overlay volumes", "run it with plain volumes: -v without :O"},
    {"ctrImageVolumes", "has volumes that are images", "run it without --mount type=image"},
};

static bool is_set(const cJSON *value)
{
    if (cJSON_IsString(value))
        return *value->valuestring != '\0';
    return cJSON_IsTrue(value) || ((cJSON_IsArray(value) || cJSON_IsObject(value)) && value->child);
}

/* Of the namespaces of spec.dump; NULL: it is in the machine's. */
static const cJSON *namespace_of(const krx_oci_podman *p, const char *type)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(krx_json_object(p->spec, "linux"), "namespaces"))
        if (strcmp(krx_json_text(item, "type"), type) == 0)
            return item;
    return NULL;
}

static int32_t check_namespaces(const krx_oci_podman *p)
{
    static const char *const own[] = {"pid", "ipc", "uts", "mount"};
    for (size_t i = 0; i < KRX_COUNT(own); i++) {
        const cJSON *found = namespace_of(p, own[i]);
        if (!found || *krx_json_text(found, "path"))
            return refuse(p, krx_arena_printf(p->arena, "has no %s namespace of its own", own[i]),
                          "run it without --pid, --ipc and --uts for the checkpoint");
    }
    if (namespace_of(p, "user"))
        return refuse(p, "is in a user namespace",
                      "run it as root without --userns, --uidmap and --gidmap");
    return 0;
}

static int32_t check_runtime(krx_oci_podman *p)
{
    const char *given = krx_json_text(p->config, "runtime"), *slash = strrchr(given, '/');
    const char *name = slash ? slash + 1 : given;
    if (strcmp(name, "crun") != 0 && strcmp(name, "runc") != 0)
        return refuse(p, krx_arena_printf(p->arena, "was run by '%.60s'", name),
                      "only checkpoints of crun and runc can be");
    p->runtime = name;
    return 0;
}

/* Binds of podman's own that are in no archive: it makes them anew, and we can't. */
static int32_t check_mounts(const krx_oci_podman *p)
{
    static const char *const known[] = {"/dev/shm",        "/run/.containerenv", "/etc/passwd",
                                        "/etc/group",      "/etc/hosts",         "/etc/hostname",
                                        "/etc/resolv.conf"};
    const cJSON *item, *volume;
    const cJSON *asked = krx_json_array(krx_json_object(p->config, "spec"), "mounts");
    cJSON_ArrayForEach (item, krx_json_array(p->spec, "mounts")) {
        const char *at = krx_json_text(item, "destination");
        bool fine = !krx_oci_mount_binds(item) || krx_oci_mount_at(asked, at);
        for (size_t i = 0; !fine && i < KRX_COUNT(known); i++)
            fine = strcmp(known[i], at) == 0;
        cJSON_ArrayForEach (volume, krx_json_array(p->config, "namedVolumes"))
            fine = fine || strcmp(krx_json_text(volume, "dest"), at) == 0;
        if (!fine)
            return refuse(
                p, krx_arena_printf(p->arena, "has %.200s from podman, which is not in it", at),
                "run it without what puts that there, such as --tz");
    }
    cJSON_ArrayForEach (volume, krx_json_array(p->config, "namedVolumes"))
        if (*krx_json_text(volume, "subPath") || *krx_json_text(volume, "SubPath"))
            return refuse(p, "has a part of a volume", "run it with whole volumes");
    return 0;
}

static void warn(const krx_oci_podman *p, const char *what)
{
    krx_log(p->call, KRX_LOG_WARN, "of podman's container '%.100s' is not taken over: %s",
            krx_json_text(p->config, "name"), what);
}

static void check_network(krx_oci_podman *p)
{
    const cJSON *net = namespace_of(p, "network"), *item;
    const char *path = krx_json_text(net, "path");
    if (krx_json_bool(p->config, "createNetNS", false))
        p->network = "bridge";
    else if (!net)
        p->network = "host";
    else
        p->network = *path ? krx_arena_printf(p->arena, "ns:%s", path) : "none";
    cJSON_ArrayForEach (item, krx_json_object(p->config, "newNetworks")) {
        if (item->string && strcmp(item->string, "podman") != 0)
            warn(p, krx_arena_printf(p->arena, "network '%.100s'; it is in the usual bridge now",
                                     item->string));
        if (is_set(krx_json_get(item, "static_ips")) || is_set(krx_json_get(item, "static_mac")))
            warn(p, "its fixed address");
    }
}

int32_t krx_oci_podman_check(krx_oci_podman *p)
{
    for (size_t i = 0; i < KRX_COUNT(impossible); i++)
        if (is_set(krx_json_get(p->config, impossible[i].key)))
            return refuse(p, impossible[i].why, impossible[i].hint);
    if (krx_json_bool(krx_json_object(p->spec, "process"), "terminal", false))
        return refuse(p, "has a terminal", "run it without --tty");
    if (!*krx_json_text(p->config, "rootfsImageName"))
        return refuse(p, "has no image with a name", "give the image one: podman tag");
    int32_t code = check_namespaces(p);
    if (code == 0)
        code = check_runtime(p);
    if (code == 0)
        code = check_mounts(p);
    if (code < 0)
        return code;
    check_network(p);
    if (is_set(krx_json_get(p->config, "healthcheck")))
        warn(p, "its health check; add probes with `kranix deploy`");
    if (is_set(krx_json_get(krx_json_object(p->spec, "linux"), "devices")))
        warn(p, "its devices");
    return krx_arena_failed(p->arena) ? krx_no_memory(p->call) : 0;
}
