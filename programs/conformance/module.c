/* SPDX-License-Identifier: Apache-2.0 */
/* The module file: its note, its descriptor, and the steps of its life. */
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/base/local_host.h"
#include "lib/base/units.h"
#include "programs/conformance/kit.h"

/* ---------------------------------------------------------------------------------- the note */

static bool note_at(const char *data, size_t size, krx_note *note)
{
    while (size >= 12) {
        uint32_t head[3]; /* owner size, contents size, type */
        memcpy(head, data, sizeof head);
        size_t owner = ((size_t)head[0] + 3) & ~(size_t)3,
               body = ((size_t)head[1] + 3) & ~(size_t)3;
        if (owner > size - 12 || body > size - 12 - owner)
            return false;
        if (head[2] == KRX_NOTE_TYPE && head[0] == sizeof KRX_NOTE_OWNER &&
            memcmp(data + 12, KRX_NOTE_OWNER, sizeof KRX_NOTE_OWNER) == 0 &&
            head[1] >= sizeof *note) {
            memcpy(note, data + 12 + owner, sizeof *note);
            return true;
        }
        data += 12 + owner + body;
        size -= 12 + owner + body;
    }
    return false;
}

static bool find_note(const char *file, size_t size, krx_note *note)
{
    ElfW(Ehdr) head;
    if (size < sizeof head)
        return false;
    memcpy(&head, file, sizeof head);
    if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(ElfW(Phdr)))
        return false;
    for (size_t i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) part;
        size_t at = head.e_phoff + i * sizeof part;
        if (at > size || size - at < sizeof part)
            return false;
        memcpy(&part, file + at, sizeof part);
        if (part.p_type == PT_NOTE && part.p_offset <= size &&
            part.p_filesz <= size - part.p_offset &&
            note_at(file + part.p_offset, part.p_filesz, note))
            return true;
    }
    return false;
}

bool krx_kit_read_note(const char *path, krx_note *note, const char **why)
{
    struct stat st;
    krx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) {
        *why = "it is no file that can be read";
        return false;
    }
    size_t size = (size_t)st.st_size;
    char *file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file == MAP_FAILED) {
        *why = "it can't be mapped";
        return false;
    }
    bool found = find_note(file, size, note);
    munmap(file, size);
    *why = found ? NULL : "it has no kranix note: not a module, or KRX_MODULE() is missing";
    return found;
}

/* ------------------------------------------------------------------------------ the life cycle */

static void copy_table(void *to, size_t to_size, const void *from)
{
    uint32_t size = 0;
    memset(to, 0, to_size);
    if (!from)
        return;
    memcpy(&size, from, sizeof size);
    memcpy(to, from, size < to_size ? size : to_size);
}

void krx_kit_map(krx_kit *kit)
{
    char symbol[sizeof KRX_MODULE_SYMBOL_PREFIX + KRX_NOTE_NAME_MAX];
    const char *why = NULL;
    REQUIRE(kit, krx_kit_read_note(kit->options->module, &kit->note, &why), "%s: %s",
            kit->options->module, why);
    REQUIRE(kit, memchr(kit->note.name, 0, sizeof kit->note.name), "the note's name has no end");
    (void)snprintf(symbol, sizeof symbol, KRX_MODULE_SYMBOL_PREFIX "%s", kit->note.name);
    for (char *c = symbol; *c; c++)
        if (*c == '-')
            *c = '_';
    kit->handle = dlopen(kit->options->module, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(kit, kit->handle, "loading: %s", dlerror());
    kit->module = dlsym(kit->handle, symbol);
    REQUIRE(kit, kit->module, "the symbol %s is missing", symbol);
    REQUIRE(kit, kit->module->magic == KRX_MODULE_MAGIC, "%s has the wrong magic", symbol);
    REQUIRE(kit, kit->module->struct_size >= sizeof(krx_module), "%s is too small", symbol);
    REQUIRE(kit, kit->module->driver, "%s has no driver table", symbol);
    copy_table(&kit->tables.driver, sizeof kit->tables.driver, kit->module->driver);
    copy_table(&kit->tables.node, sizeof kit->tables.node, kit->module->node);
    copy_table(&kit->tables.extended, sizeof kit->tables.extended, kit->module->extended);
    copy_table(&kit->tables.container, sizeof kit->tables.container, kit->module->container);
    copy_table(&kit->tables.image, sizeof kit->tables.image, kit->module->image);
}

void krx_kit_load(krx_kit *kit)
{
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    call.host = &kit->host;
    call.prefix = "kit/load";
    if (!kit->handle)
        krx_kit_map(kit);
    if (kit->module->load) {
        int32_t code = kit->module->load(&call, &kit->host);
        REQUIRE(kit, code == 0, "load answered %s: %s", krx_error_name(code), error.message);
    }
    kit->loaded = true;
}

void krx_kit_unload(krx_kit *kit)
{
    if (kit->loaded && kit->module->unload)
        kit->module->unload();
    kit->loaded = false;
}

/* As the host does: the kind of a setting says in which unit it reaches open(). */
static const char *setting_value(krx_kit *kit, const char *name, const char *value)
{
    int64_t number;
    const char *wrong = NULL;
    for (const krx_setting *const *s = kit->module->settings; s && *s; s++) {
        if (!krx_streq((*s)->name, name))
            continue;
        if ((*s)->type == KRX_SETTING_DURATION)
            wrong = krx_parse_duration(value, &number);
        else if ((*s)->type == KRX_SETTING_BYTES)
            wrong = krx_parse_bytes(value, &number);
        else
            return value;
        REQUIRE(kit, !wrong, "setting %s: '%s': %s", name, value, wrong);
        return krx_arena_printf(kit->arena, "%lld", (long long)number);
    }
    return value;
}

static void add_setting(krx_kit *kit, krx_ptrs *list, const char *text)
{
    const char *eq = strchr(text, '=');
    krx_kv *kv = krx_arena_new_of(kit->arena, krx_kv);
    REQUIRE(kit, eq && kv, "setting '%s' is not of the form KEY=VALUE", text);
    *kv = (krx_kv){.struct_size = sizeof *kv,
                   .key = krx_arena_strndup(kit->arena, text, (size_t)(eq - text))};
    kv->value = setting_value(kit, kv->key, eq + 1);
    for (size_t i = 0; i < list->count; i++)
        if (krx_streq(((krx_kv *)list->items[i])->key, kv->key)) {
            list->items[i] = kv;
            return;
        }
    (void)krx_ptrs_add(kit->arena, list, kv);
}

static const krx_kv *const *settings_of(krx_kit *kit, krx_box *box, const char *extra)
{
    krx_ptrs list = {0};
    for (const char *const *s = kit->options->settings; s && *s; s++)
        add_setting(kit, &list, *s);
    if (extra)
        add_setting(kit, &list, extra);
    const void *all = krx_ptrs_end(kit->arena, &list);
    return krx_box_kvs(box, all);
}

int32_t krx_kit_open(krx_kit *kit, const char *extra, void **backend, krx_error *error)
{
    krx_call call;
    krx_box box;
    REQUIRE(kit, krx_box_init(&box, 64 * 1024), "out of memory");
    krx_call_init(&call, error);
    call.host = &kit->host;
    call.prefix = "kit/open";
    krx_open_req *req = krx_box_take(&box, sizeof *req);
    *req = (krx_open_req){.struct_size = sizeof *req,
                          .instance = krx_box_str(&box, kit->module->name),
                          .settings = settings_of(kit, &box, extra)};
    krx_box_seal(&box);
    (void)snprintf(kit->shared->op, sizeof kit->shared->op, "open");
    *backend = NULL;
    int32_t code = kit->module->open(&call, req, backend);
    kit->shared->op[0] = '\0';
    krx_box_drop(&box);
    return code;
}

/* ---------------------------------------------------------------------------------- leftovers */

static size_t count_entries(const char *path)
{
    size_t n = 0;
    krx_autodir DIR *dir = opendir(path);
    while (dir && readdir(dir))
        n++;
    return n;
}

size_t krx_kit_count_fds(void)
{
    return count_entries("/proc/self/fd");
}

size_t krx_kit_count_threads(void)
{
    return count_entries("/proc/self/task");
}

void krx_kit_show_fds(krx_kit *kit)
{
    krx_autodir DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    (void)kit;
    while (dir && (entry = readdir(dir))) {
        char target[512];
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        if (n > 0)
            fprintf(stderr, "open descriptor %s: %.*s\n", entry->d_name, (int)n, target);
    }
}
