/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a kubeconfig, and finding what is in them: the first that has something wins. */
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include "lib/kube/config/read.h"

#define FILES_MAX 100u
#define NAMES_SHOWN 20u

static const struct {
    const char *list;
    const char *value;
} lists[] = {{"clusters", "cluster"}, {"users", "user"}, {"contexts", "context"}};

static void check_constant(krx_kube_reader *r, const krx_kube_file *file, const char *key,
                           const char *wanted)
{
    const krx_node *node = krx_node_get(file->root, key);
    if (node && node->type != KRX_NODE_NULL &&
        (node->type != KRX_NODE_SCALAR || (*node->text && !krx_streq(node->text, wanted))))
        krx_diags_add(&r->diags, file->name, node, key, NULL, "must be %s in a kubeconfig", wanted);
}

static void check_entry(krx_kube_reader *r, const krx_kube_file *file, const krx_node *entry,
                        const char *list, size_t i, const char *value)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s[%zu]", list, i);
    if (entry->type != KRX_NODE_MAP) {
        krx_diags_add(&r->diags, file->name, entry, path, NULL, "must be a map with name and %s",
                      value);
        return;
    }
    const krx_node *name = krx_node_get(entry, "name"), *body = krx_node_get(entry, value);
    if (!name || name->type != KRX_NODE_SCALAR)
        krx_diags_add(&r->diags, file->name, name ? name : entry, path, NULL,
                      "the entry's name is missing");
    if (body && body->type != KRX_NODE_MAP && body->type != KRX_NODE_NULL)
        krx_diags_add(&r->diags, file->name, body, path, NULL, "%s must be a map", value);
}

static int32_t check_file(krx_kube_reader *r, const krx_kube_file *file)
{
    if (file->root->type != KRX_NODE_MAP) {
        krx_diags_add(&r->diags, file->name, file->root, "", NULL,
                      "is no kubeconfig: a map with clusters, users and contexts is expected");
        return krx_diags_fail(r->call, &r->diags, file->name);
    }
    check_constant(r, file, "apiVersion", "v1");
    check_constant(r, file, "kind", "Config");
    for (size_t k = 0; k < KRX_COUNT(lists); k++) {
        const krx_node *list = krx_node_get(file->root, lists[k].list);
        if (list && list->type != KRX_NODE_LIST && list->type != KRX_NODE_NULL)
            krx_diags_add(&r->diags, file->name, list, lists[k].list, NULL, "must be a list");
        for (size_t i = 0; list && list->type == KRX_NODE_LIST && i < list->count; i++)
            check_entry(r, file, list->items[i], lists[k].list, i, lists[k].value);
    }
    return krx_diags_fail(r->call, &r->diags, file->name);
}

static void check_mode(krx_kube_reader *r, const char *name)
{
    struct stat st;
    if (stat(name, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 044))
        return;
    krx_kube_warn(r, "the kubeconfig %s can be read by %s (mode %03o): chmod 600 it", name,
                  st.st_mode & 04 ? "everybody" : "its group", (unsigned)(st.st_mode & 0777));
}

/* The folder of a file, with a slash at the end; a program in it must not be looked up in PATH. */
static const char *folder_of(krx_arena *arena, const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? krx_arena_strndup(arena, name, (size_t)(slash - name) + 1)
                 : krx_arena_strdup(arena, "./");
}

static bool add_source(krx_kube_config *c, const char *name)
{
    c->source = c->source ? krx_arena_printf(c->arena, "%s:%s", c->source, name)
                          : krx_arena_strdup(c->arena, name);
    return c->source != NULL;
}

/* For the whole file at once: growing would leave copies of secrets behind. */
static bool make_room(krx_str *text, const char *name)
{
    struct stat st;
    size_t room = stat(name, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size + 2 : 4096;
    if (room > KRX_DOC_BYTES_MAX)
        room = KRX_DOC_BYTES_MAX;
    *text = (krx_str){.data = calloc(1, room), .capacity = room};
    return text->data != NULL;
}

static int32_t read_one(krx_kube_reader *r, const char *name)
{
    krx_auto_secret krx_str text = {0};
    krx_node **roots = NULL;
    if (!make_room(&text, name))
        return krx_kube_config_no_memory(r->call);
    int32_t code = krx_read_file(r->call, name, KRX_DOC_BYTES_MAX, &text);
    if (code == KRX_E_NOT_FOUND) {
        *r->call->error = (krx_error){.struct_size = sizeof *r->call->error};
        return 0;
    }
    if (code < 0)
        return krx_wrap(r->call, "the kubeconfig");
    code = krx_doc_parse(r->call, r->trees, name, text.data, text.length, &roots, &r->diags);
    if (code < 0)
        return code;
    static const krx_node empty = {.type = KRX_NODE_MAP, .line = 1, .column = 1};
    krx_kube_file *file = krx_arena_new_of(r->trees, krx_kube_file);
    const char *kept = krx_arena_strdup(r->trees, name);
    if (!file || !kept || krx_ptrs_add(r->trees, &r->files, file) < 0)
        return krx_kube_config_no_memory(r->call);
    *file = (krx_kube_file){
        .name = kept, .folder = folder_of(r->trees, name), .root = roots[0] ? roots[0] : &empty};
    if (!file->folder || !add_source(r->config, name))
        return krx_kube_config_no_memory(r->call);
    check_mode(r, name);
    return check_file(r, file);
}

static bool has_file(const krx_kube_reader *r, const char *name)
{
    for (size_t i = 0; i < r->files.count; i++)
        if (krx_streq(((const krx_kube_file *)r->files.items[i])->name, name))
            return true;
    return false;
}

int32_t krx_kube_read_files(krx_kube_reader *reader, const char *list)
{
    krx_autofree char *copy = strdup(list);
    char *rest = NULL;
    if (!copy)
        return krx_kube_config_no_memory(reader->call);
    for (char *name = strtok_r(copy, ":", &rest); name; name = strtok_r(NULL, ":", &rest)) {
        if (has_file(reader, name))
            continue;
        if (reader->files.count == FILES_MAX)
            return krx_fail(reader->call, KRX_E_INVALID_ARGUMENT,
                            "a kubeconfig of more than %u files", FILES_MAX);
        int32_t code = read_one(reader, name);
        if (code < 0)
            return code;
    }
    return 0;
}

const char *krx_kube_scalar(const krx_kube_reader *reader, const char *key)
{
    for (size_t i = 0; i < reader->files.count; i++) {
        const krx_kube_file *file = reader->files.items[i];
        const krx_node *node = krx_node_get(file->root, key);
        if (node && node->type == KRX_NODE_SCALAR && *node->text)
            return node->text;
    }
    return NULL;
}

/* An entry without a body has an empty one, which stands where the entry does. */
static const krx_node *body_of(krx_kube_reader *r, const krx_node *entry, const char *value)
{
    const krx_node *body = krx_node_get(entry, value);
    if (body && body->type == KRX_NODE_MAP)
        return body;
    krx_node *empty = krx_arena_new_of(r->trees, krx_node);
    if (empty)
        *empty = (krx_node){.type = KRX_NODE_MAP, .line = entry->line, .column = entry->column};
    return empty;
}

bool krx_kube_entry(krx_kube_reader *reader, const char *list, const char *value, const char *name,
                    krx_kube_map *out)
{
    for (size_t i = 0; i < reader->files.count; i++) {
        const krx_kube_file *file = reader->files.items[i];
        const krx_node *entries = krx_node_get(file->root, list);
        for (size_t k = 0; entries && k < entries->count; k++) {
            const krx_node *node = krx_node_get(entries->items[k], "name");
            if (!node || !krx_streq(node->text, name))
                continue;
            const char *path = krx_arena_printf(reader->trees, "%s[%zu].%s", list, k, value);
            *out = (krx_kube_map){.reader = reader,
                                  .file = file,
                                  .node = body_of(reader, entries->items[k], value),
                                  .path = path ? path : list};
            return true;
        }
    }
    return false;
}

static void add_name(krx_str *text, const char *name)
{
    for (const char *p = name; *p; p++)
        krx_str_addc(text, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
}

const char *krx_kube_names(const krx_kube_reader *reader, const char *list, krx_str *text)
{
    size_t count = 0;
    for (size_t i = 0; i < reader->files.count; i++) {
        const krx_kube_file *file = reader->files.items[i];
        const krx_node *entries = krx_node_get(file->root, list);
        for (size_t k = 0; entries && k < entries->count; k++) {
            const krx_node *node = krx_node_get(entries->items[k], "name");
            if (!node || ++count > NAMES_SHOWN)
                continue;
            krx_str_add(text, count == 1 ? "are: " : ", ");
            add_name(text, node->text);
        }
    }
    if (count > NAMES_SHOWN)
        krx_str_addf(text, " and %zu more", count - NAMES_SHOWN);
    return count ? krx_str_get(text) : "are none";
}
