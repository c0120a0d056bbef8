/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/bundle/cdi.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "modules/oci/bundle/cdi_edits.h"

#define FILE_MAX KRX_DOC_BYTES_MAX
#define FILES_MAX 64u

const char *const krx_oci_cdi_folders[] = {"/etc/cdi", "/var/run/cdi", "/run/cdi", NULL};

typedef struct reading {
    krx_call *call;
    krx_arena *arena;
    krx_ptrs roots; /* krx_node of each description */
} reading;

static bool described(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

static int32_t load_file(reading *r, const char *path)
{
    krx_auto_str krx_str content = {0};
    krx_side_call side;
    krx_diags diags;
    krx_node **roots = NULL;
    int32_t code = krx_read_file(r->call, path, FILE_MAX, &content);
    if (code == KRX_E_NOT_FOUND)
        return 0; /* taken away meanwhile */
    if (code < 0)
        return code;
    krx_diags_init(&diags);
    code = krx_doc_parse(krx_side_call_init(&side, r->call), r->arena, path, krx_str_get(&content),
                         content.length, &roots, &diags);
    if (code < 0) /* one that nobody asked for does not stand in the way */
        krx_log(r->call, KRX_LOG_WARN, "CDI: %s is no description: it can't be read", path);
    for (size_t i = 0; code == 0 && roots && roots[i]; i++)
        if (krx_oci_cdi_text(roots[i], "kind"))
            (void)krx_ptrs_add(r->arena, &r->roots, roots[i]);
    krx_diags_free(&diags);
    return code == KRX_E_RESOURCE_EXHAUSTED ? krx_fail(r->call, code, "%s", side.error.message) : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int32_t load_folder(reading *r, const char *folder)
{
    krx_autodir DIR *dir = opendir(folder);
    krx_ptrs names = {0};
    int32_t code = 0;
    for (struct dirent *e; dir && (e = readdir(dir)) && names.count < FILES_MAX;)
        if (described(e->d_name))
            (void)krx_ptrs_add(r->arena, &names, krx_arena_strdup(r->arena, e->d_name));
    if (names.count)
        qsort(names.items, names.count, sizeof names.items[0], by_name);
    for (size_t i = 0; code == 0 && i < names.count; i++) {
        char *path = krx_arena_printf(r->arena, "%s/%s", folder, (char *)names.items[i]);
        code = path ? load_file(r, path)
                    : krx_fail(r->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    }
    return code;
}

/* Folders may be links to each other, as /var/run is. */
static int32_t load_all(reading *r, const char *const *folders)
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
        code = load_folder(r, folders[i]);
    }
    return code;
}

/* "all" and the second names of a device are not counted: those are its number or its UUID. */
static bool counts(const char *name)
{
    return name && strspn(name, "0123456789") == strlen(name);
}

static int32_t take(krx_oci_cdi_making *m, const krx_oci_cdi_want *want, const krx_node *root,
                    int64_t *got)
{
    const krx_node *devices = krx_node_get(root, "devices");
    bool used = false, numbered = false;
    int32_t code = 0;
    for (size_t i = 0; i < krx_oci_cdi_count(devices); i++)
        numbered |= counts(krx_oci_cdi_text(devices->items[i], "name"));
    for (size_t i = 0; code == 0 && *got < want->count && i < krx_oci_cdi_count(devices); i++) {
        const char *name = krx_oci_cdi_text(devices->items[i], "name");
        bool fits = want->name ? name && strcmp(name, want->name) == 0
                               : name && (numbered ? counts(name) : strcmp(name, "all") != 0);
        if (!fits)
            continue;
        if (!used)
            code = krx_oci_cdi_add(m, krx_node_get(root, "containerEdits"));
        used = true;
        if (code == 0)
            code = krx_oci_cdi_add(m, krx_node_get(devices->items[i], "containerEdits"));
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

static int32_t find_one(krx_oci_cdi_making *m, const krx_ptrs *roots, const krx_oci_cdi_want *want)
{
    int64_t got = 0;
    bool known = false;
    int32_t code = 0;
    for (size_t i = roots->count; code == 0 && i-- > 0;) {
        const krx_node *root = roots->items[i];
        if (strcmp(krx_oci_cdi_text(root, "kind"), want->kind) != 0)
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
    reading r = {.call = call, .arena = arena};
    krx_oci_cdi_making m = {.call = call, .arena = arena, .out = out};
    *out = (krx_oci_edits){0};
    int32_t code = wants->kind ? load_all(&r, folders) : 0;
    for (; code == 0 && wants->kind; wants++)
        code = find_one(&m, &r.roots, wants);
    int32_t ended = krx_oci_cdi_end(&m);
    return code < 0 ? code : ended;
}
