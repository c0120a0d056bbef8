/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/bundle/cdi.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "lib/model/doc.h"

#define FILE_MAX KRX_DOC_BYTES_MAX
#define FILES_MAX 64u

const char *const krx_oci_cdi_folders[] = {"/etc/cdi", "/var/run/cdi", "/run/cdi", NULL};

/* Lists that grow while descriptions are read. */
typedef struct making {
    krx_call *call;
    krx_arena *arena;
    krx_oci_edits *out;
    krx_ptrs env, mounts, devices, hooks;
    krx_ptrs roots;    /* krx_node of each description */
    const char *wrong; /* a key of the last one used that is missing or makes no sense */
} making;

static const char *text(const krx_node *map, const char *key)
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
static int64_t number(making *m, const krx_node *map, const char *key)
{
    const krx_node *node = krx_node_get(map, key);
    int64_t value;
    if (!node)
        return KRX_UNSET;
    if (!read_number(node, &value))
        m->wrong = key;
    return value;
}

static const char *needed(making *m, const krx_node *map, const char *key)
{
    const char *value = text(map, key);
    if (krx_blank(value))
        m->wrong = key;
    return value;
}

static const char *needed_path(making *m, const krx_node *map, const char *key)
{
    const char *value = needed(m, map, key);
    if (value && *value != '/')
        m->wrong = key;
    return value;
}

static const char *one_of(making *m, const krx_node *map, const char *key,
                          const char *const *allowed)
{
    const char *value = text(map, key);
    for (size_t i = 0; value && allowed[i]; i++)
        if (strcmp(value, allowed[i]) == 0)
            return value;
    if (krx_node_get(map, key))
        m->wrong = key;
    return NULL;
}

static size_t count_of(const krx_node *list)
{
    return list && list->type == KRX_NODE_LIST ? list->count : 0;
}

static const char *const *texts(krx_arena *arena, const krx_node *map, const char *key)
{
    const krx_node *list = krx_node_get(map, key);
    krx_ptrs out = {0};
    for (size_t i = 0; i < count_of(list); i++)
        if (list->items[i]->type == KRX_NODE_SCALAR)
            (void)krx_ptrs_add(arena, &out, list->items[i]->text);
    return (const char *const *)krx_ptrs_end(arena, &out);
}

/* ------------------------------------------------------------------------- one set of edits */

static void add_mount(making *m, const krx_node *node)
{
    static const char *const bound[] = {"rbind", "rprivate", NULL};
    krx_oci_edit_mount *mount = krx_arena_new_of(m->arena, krx_oci_edit_mount);
    const char *type = text(node, "type");
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
static int32_t add_device(making *m, const krx_node *node)
{
    static const char *const types[] = {"b", "c", "u", "p", NULL};
    krx_oci_edit_device *device = krx_arena_new_of(m->arena, krx_oci_edit_device);
    const char *path = needed_path(m, node, "path"), *host = text(node, "hostPath");
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
                                    .access = text(node, "permissions")};
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

static void add_hook(making *m, const krx_node *node)
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

static void add_gid(making *m, const krx_node *node)
{
    int64_t value;
    if (!read_number(node, &value))
        m->wrong = "additionalGids";
    else if (m->out->gid_count < KRX_COUNT(m->out->gids))
        m->out->gids[m->out->gid_count++] = value;
}

static int32_t add_edits(making *m, const krx_node *edits)
{
    const krx_node *devices = krx_node_get(edits, "deviceNodes");
    const krx_node *mounts = krx_node_get(edits, "mounts"), *hooks = krx_node_get(edits, "hooks");
    const krx_node *gids = krx_node_get(edits, "additionalGids");
    const char *const *env = texts(m->arena, edits, "env");
    int32_t code = 0;
    for (size_t i = 0; env && env[i]; i++)
        (void)krx_ptrs_add(m->arena, &m->env, env[i]);
    for (size_t i = 0; code == 0 && i < count_of(devices); i++)
        code = add_device(m, devices->items[i]);
    for (size_t i = 0; i < count_of(mounts); i++)
        add_mount(m, mounts->items[i]);
    for (size_t i = 0; i < count_of(hooks); i++)
        add_hook(m, hooks->items[i]);
    for (size_t i = 0; i < count_of(gids); i++)
        add_gid(m, gids->items[i]);
    return code;
}

/* ----------------------------------------------------------------------------- descriptions */

static bool described(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

static int32_t load_file(making *m, const char *path)
{
    krx_auto_str krx_str content = {0};
    krx_side_call side;
    krx_diags diags;
    krx_node **roots = NULL;
    int32_t code = krx_read_file(m->call, path, FILE_MAX, &content);
    if (code == KRX_E_NOT_FOUND)
        return 0; /* taken away meanwhile */
    if (code < 0)
        return code;
    krx_diags_init(&diags);
    code = krx_doc_parse(krx_side_call_init(&side, m->call), m->arena, path, krx_str_get(&content),
                         content.length, &roots, &diags);
    if (code < 0) /* one that nobody asked for does not stand in the way */
        krx_log(m->call, KRX_LOG_WARN, "CDI: %s is no description: it can't be read", path);
    for (size_t i = 0; code == 0 && roots && roots[i]; i++)
        if (text(roots[i], "kind"))
            (void)krx_ptrs_add(m->arena, &m->roots, roots[i]);
    krx_diags_free(&diags);
    return code == KRX_E_RESOURCE_EXHAUSTED ? krx_fail(m->call, code, "%s", side.error.message) : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int32_t load_folder(making *m, const char *folder)
{
    krx_autodir DIR *dir = opendir(folder);
    krx_ptrs names = {0};
    int32_t code = 0;
    for (struct dirent *e; dir && (e = readdir(dir)) && names.count < FILES_MAX;)
        if (described(e->d_name))
            (void)krx_ptrs_add(m->arena, &names, krx_arena_strdup(m->arena, e->d_name));
    if (names.count)
        qsort(names.items, names.count, sizeof names.items[0], by_name);
    for (size_t i = 0; code == 0 && i < names.count; i++) {
        char *path = krx_arena_printf(m->arena, "%s/%s", folder, (char *)names.items[i]);
        code = path ? load_file(m, path)
                    : krx_fail(m->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    }
    return code;
}

/* Folders may be links to each other, as /var/run is. */
static int32_t load_all(making *m, const char *const *folders)
{
    struct stat seen[8], st;
    size_t count = 0;
    int32_t code = 0;
    for (size_t i = 0; code == 0 && folders[i] && count < KRX_COUNT(seen); i++) {
        bool again = stat(folders[i], &st) < 0;
        for (size_t k = 0; !again && k < count; k++)
            again = seen[k].st_dev == st.st_dev && seen[k].st_ino == st.st_ino;
        if (again)
            continue;
        seen[count++] = st;
        code = load_folder(m, folders[i]);
    }
    return code;
}

/* "all" and the second names of a device are not counted: those are its number or its UUID. */
static bool counts(const char *name)
{
    return name && strspn(name, "0123456789") == strlen(name);
}

static int32_t take(making *m, const krx_oci_cdi_want *want, const krx_node *root, int64_t *got)
{
    const krx_node *devices = krx_node_get(root, "devices");
    bool used = false, numbered = false;
    int32_t code = 0;
    for (size_t i = 0; i < count_of(devices); i++)
        numbered |= counts(text(devices->items[i], "name"));
    for (size_t i = 0; code == 0 && *got < want->count && i < count_of(devices); i++) {
        const char *name = text(devices->items[i], "name");
        bool fits = want->name ? name && strcmp(name, want->name) == 0
                               : name && (numbered ? counts(name) : strcmp(name, "all") != 0);
        if (!fits)
            continue;
        if (!used)
            code = add_edits(m, krx_node_get(root, "containerEdits"));
        used = true;
        if (code == 0)
            code = add_edits(m, krx_node_get(devices->items[i], "containerEdits"));
        ++*got;
    }
    return code;
}

static int32_t fail_missing(krx_call *call, const krx_oci_cdi_want *want, int64_t got, bool known)
{
    if (!known) {
        krx_fail(call, KRX_E_UNAVAILABLE, "no CDI description of %s on this machine", want->kind);
        return krx_hint(call,
                        strcmp(want->kind, "nvidia.com/gpu") == 0
                            ? "make one: nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
                            : "the maker's container toolkit writes it into /etc/cdi");
    }
    if (want->name)
        return krx_fail(call, KRX_E_UNAVAILABLE, "there is no device %s=%s", want->kind,
                        want->name);
    return krx_fail(call, KRX_E_UNAVAILABLE, "%lld of %s are wanted, %lld are there",
                    (long long)want->count, want->kind, (long long)got);
}

static int32_t find_one(making *m, const krx_oci_cdi_want *want)
{
    int64_t got = 0;
    bool known = false;
    int32_t code = 0;
    for (size_t i = m->roots.count; code == 0 && i-- > 0;) {
        const krx_node *root = m->roots.items[i];
        if (strcmp(text(root, "kind"), want->kind) != 0)
            continue;
        known = true;
        code = take(m, want, root, &got);
    }
    if (code < 0)
        return code;
    if (m->wrong)
        return krx_fail(m->call, KRX_E_INVALID_ARGUMENT,
                        "CDI: the description of %s is broken: '%s' is missing or makes no sense",
                        want->kind, m->wrong);
    return got >= want->count ? 0 : fail_missing(m->call, want, got, known);
}

int32_t krx_oci_cdi_find(krx_call *call, krx_arena *arena, const char *const *folders,
                         const krx_oci_cdi_want *wants, krx_oci_edits *out)
{
    making m = {.call = call, .arena = arena, .out = out};
    *out = (krx_oci_edits){0};
    int32_t code = wants->kind ? load_all(&m, folders) : 0;
    for (; code == 0 && wants->kind; wants++)
        code = find_one(&m, wants);
    out->env = (const char *const *)krx_ptrs_end(arena, &m.env);
    out->mounts = (const krx_oci_edit_mount *const *)krx_ptrs_end(arena, &m.mounts);
    out->devices = (const krx_oci_edit_device *const *)krx_ptrs_end(arena, &m.devices);
    out->hooks = (const krx_oci_edit_hook *const *)krx_ptrs_end(arena, &m.hooks);
    if (code == 0 && krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return code;
}
