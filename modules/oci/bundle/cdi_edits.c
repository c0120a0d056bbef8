/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/bundle/cdi_edits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/str.h"

const char *krx_oci_cdi_text(const krx_node *map, const char *key)
{
    const krx_node *node = krx_node_get(map, key);
    return node && node->type == KRX_NODE_SCALAR ? node->text : NULL;
}

/* Of kernel ids, modes and seconds: nothing below 0, nothing large. */
static bool read_number(const krx_node *node, int64_t *out)
{
    const char *value = node->type == KRX_NODE_SCALAR ? node->text : "";
    char *end;
    *out = strtoll(value, &end, 0);
    return *value >= '0' && *value <= '9' && *end == '\0' && *out <= INT32_MAX;
}

/* What is left out is KRX_UNSET. */
static int64_t number(krx_oci_cdi_making *m, const krx_node *map, const char *key)
{
    const krx_node *node = krx_node_get(map, key);
    int64_t value;
    if (!node)
        return KRX_UNSET;
    if (!read_number(node, &value))
        m->wrong = key;
    return value;
}

static const char *needed(krx_oci_cdi_making *m, const krx_node *map, const char *key)
{
    const char *value = krx_oci_cdi_text(map, key);
    if (krx_blank(value))
        m->wrong = key;
    return value;
}

static const char *needed_path(krx_oci_cdi_making *m, const krx_node *map, const char *key)
{
    const char *value = needed(m, map, key);
    if (value && *value != '/')
        m->wrong = key;
    return value;
}

static const char *one_of(krx_oci_cdi_making *m, const krx_node *map, const char *key,
                          const char *const *allowed)
{
    const char *value = krx_oci_cdi_text(map, key);
    for (size_t i = 0; value && allowed[i]; i++)
        if (strcmp(value, allowed[i]) == 0)
            return value;
    if (krx_node_get(map, key))
        m->wrong = key;
    return NULL;
}

size_t krx_oci_cdi_count(const krx_node *list)
{
    return list && list->type == KRX_NODE_LIST ? list->count : 0;
}

static const char *const *texts(krx_arena *arena, const krx_node *map, const char *key)
{
    const krx_node *list = krx_node_get(map, key);
    krx_ptrs out = {0};
    for (size_t i = 0; i < krx_oci_cdi_count(list); i++)
        if (list->items[i]->type == KRX_NODE_SCALAR)
            (void)krx_ptrs_add(arena, &out, list->items[i]->text);
    return (const char *const *)krx_ptrs_end(arena, &out);
}

static void add_mount(krx_oci_cdi_making *m, const krx_node *node)
{
    static const char *const bound[] = {"rbind", "rprivate", NULL};
    krx_oci_edit_mount *mount = krx_arena_new_of(m->arena, krx_oci_edit_mount);
    const char *type = krx_oci_cdi_text(node, "type");
    const char *const *options = texts(m->arena, node, "options");
    if (!mount)
        return;
    *mount = (krx_oci_edit_mount){.source = needed(m, node, "hostPath"),
                                  .target = needed_path(m, node, "containerPath"),
                                  .type = type ? type : "bind",
                                  .options = options && options[0] ? options : bound};
    (void)krx_ptrs_add(m->arena, &m->mounts, mount);
}

/* What a description leaves out is as it is on this machine. */
static int32_t add_device(krx_oci_cdi_making *m, const krx_node *node)
{
    static const char *const types[] = {"b", "c", "u", "p", NULL};
    krx_oci_edit_device *device = krx_arena_new_of(m->arena, krx_oci_edit_device);
    const char *path = needed_path(m, node, "path"), *host = krx_oci_cdi_text(node, "hostPath");
    struct stat st;
    if (!device)
        return 0;
    *device = (krx_oci_edit_device){.path = path,
                                    .type = one_of(m, node, "type", types),
                                    .major = number(m, node, "major"),
                                    .minor = number(m, node, "minor"),
                                    .mode = number(m, node, "fileMode"),
                                    .uid = number(m, node, "uid"),
                                    .gid = number(m, node, "gid"),
                                    .access = krx_oci_cdi_text(node, "permissions")};
    if (m->wrong)
        return 0;
    if (!device->type || device->major == KRX_UNSET || device->minor == KRX_UNSET) {
        if (stat(host ? host : path, &st) < 0 || !(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
            return krx_fail(m->call, KRX_E_UNAVAILABLE, "CDI: there is no device %s here",
                            host ? host : path);
        device->type = S_ISBLK(st.st_mode) ? "b" : "c";
        device->major = (int64_t)major(st.st_rdev);
        device->minor = (int64_t)minor(st.st_rdev);
        if (device->mode == KRX_UNSET)
            device->mode = (int64_t)(st.st_mode & 0777);
    }
    if (!device->access)
        device->access = "rwm";
    (void)krx_ptrs_add(m->arena, &m->devices, device);
    return 0;
}

static void add_hook(krx_oci_cdi_making *m, const krx_node *node)
{
    static const char *const names[] = {
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
        NULL};
    krx_oci_edit_hook *hook = krx_arena_new_of(m->arena, krx_oci_edit_hook);
    if (!hook)
        return;
    (void)needed(m, node, "hookName");
    *hook = (krx_oci_edit_hook){.name = one_of(m, node, "hookName", names),
                                .path = needed_path(m, node, "path"),
                                .args = texts(m->arena, node, "args"),
                                .env = texts(m->arena, node, "env"),
                                .timeout = number(m, node, "timeout")};
    (void)krx_ptrs_add(m->arena, &m->hooks, hook);
}

static void add_gid(krx_oci_cdi_making *m, const krx_node *node)
{
    int64_t value;
    if (!read_number(node, &value))
        m->wrong = "additionalGids";
    else if (m->out->gid_count < KRX_COUNT(m->out->gids))
        m->out->gids[m->out->gid_count++] = value;
}

int32_t krx_oci_cdi_add(krx_oci_cdi_making *m, const krx_node *edits)
{
    const krx_node *devices = krx_node_get(edits, "deviceNodes");
    const krx_node *mounts = krx_node_get(edits, "mounts"), *hooks = krx_node_get(edits, "hooks");
    const krx_node *gids = krx_node_get(edits, "additionalGids");
    const char *const *env = texts(m->arena, edits, "env");
    int32_t code = 0;
    for (size_t i = 0; env && env[i]; i++)
        (void)krx_ptrs_add(m->arena, &m->env, env[i]);
    for (size_t i = 0; code == 0 && i < krx_oci_cdi_count(devices); i++)
        code = add_device(m, devices->items[i]);
    for (size_t i = 0; i < krx_oci_cdi_count(mounts); i++)
        add_mount(m, mounts->items[i]);
    for (size_t i = 0; i < krx_oci_cdi_count(hooks); i++)
        add_hook(m, hooks->items[i]);
    for (size_t i = 0; i < krx_oci_cdi_count(gids); i++)
        add_gid(m, gids->items[i]);
    return code;
}

int32_t krx_oci_cdi_end(krx_oci_cdi_making *m)
{
    m->out->env = (const char *const *)krx_ptrs_end(m->arena, &m->env);
    m->out->mounts = (const krx_oci_edit_mount *const *)krx_ptrs_end(m->arena, &m->mounts);
    m->out->devices = (const krx_oci_edit_device *const *)krx_ptrs_end(m->arena, &m->devices);
    m->out->hooks = (const krx_oci_edit_hook *const *)krx_ptrs_end(m->arena, &m->hooks);
    return krx_arena_failed(m->arena) ? krx_fail(m->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory")
                                      : 0;
}
