/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted inside. */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "modules/oci/bundle/parts.h"

enum {
    NOT_SANDBOX = 1, /* runsc makes its own */
    GROUPED = 2,     /* only with control groups */
    OWN_NET = 4,     /* only with a network namespace of its own */
    HOST_NET = 8     /* only without */
};

typedef struct mount_row {
    const char *target;
    const char *type;
    const char *source;
    const char *options[9];
    int when;
} mount_row;

static const mount_row defaults[] = {
    {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}, 0},
    {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}, 0},
    {"/dev/pts",
     "devpts",
     "devpts",
     {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"},
     0},
    {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}, 0},
    {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}, 0},
    {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}, OWN_NET},
    /* whose network namespace it is not may not mount it anew */
    {"/sys", "bind", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro", "rprivate"}, HOST_NET},
    {"/sys/fs/cgroup",
     "cgroup",
     "cgroup",
     {"nosuid", "noexec", "nodev", "relatime", "ro"},
     NOT_SANDBOX | GROUPED},
};

/* Files of the container's folder that the network fills in. */
static const char *const files[][2] = {
    {"/etc/hosts", "hosts"}, {"/etc/hostname", "hostname"}, {"/etc/resolv.conf", "resolv.conf"}};

/* One mount to be written; lists are sorted before that. */
typedef struct mount {
    const char *target;
    const char *type;
    const char *source;
    const char *const *options;
    size_t depth;
} mount;

typedef struct mount_list {
    krx_oci_config *m;
    krx_ptrs mounts;
} mount_list;

/* "/data/" and "//data" are "/data". */
static char *tidy(krx_arena *arena, const char *path)
{
    char *out = krx_arena_alloc(arena, strlen(path) + 2), *to = out;
    if (!out)
        return NULL;
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (n && !(n == 1 && *p == '.')) {
            *to++ = '/';
            memcpy(to, p, n);
            to += n;
        }
        p += n + (p[n] == '/');
    }
    if (to == out)
        *to = '/';
    return out;
}

static size_t depth_of(const char *path)
{
    size_t n = 0;
    for (; *path; path++)
        n += *path == '/';
    return n;
}

/* The last word on a place wins, as a default gives way to what the user mounts there. */
static void add(mount_list *list, const char *target, const char *type, const char *source,
                const char *const *options)
{
    krx_arena *arena = list->m->arena;
    mount *new_mount = krx_arena_new_of(arena, mount);
    char *place = tidy(arena, target);
    if (!new_mount || !place)
        return;
    *new_mount = (mount){place, type, source, options, depth_of(place)};
    for (size_t i = 0; i < list->mounts.count; i++)
        if (strcmp(((mount *)list->mounts.items[i])->target, place) == 0) {
            list->mounts.items[i] = new_mount;
            return;
        }
    (void)krx_ptrs_add(arena, &list->mounts, new_mount);
}

static const char *const *options(krx_arena *arena, const char *const *first, const char *second,
                                  const char *third)
{
    krx_ptrs all = {0};
    for (size_t i = 0; first && first[i]; i++)
        (void)krx_ptrs_add(arena, &all, first[i]);
    if (second)
        (void)krx_ptrs_add(arena, &all, second);
    if (third)
        (void)krx_ptrs_add(arena, &all, third);
    return (const char *const *)krx_ptrs_end(arena, &all);
}

static void add_bind(mount_list *list, const char *source, const char *target, bool read_only)
{
    static const char *const writable[] = {"rbind", "rprivate", "rw", NULL};
    static const char *const fixed[] = {"rbind", "rprivate", "ro", NULL};
    add(list, target, "bind", source, read_only ? fixed : writable);
}

static void add_tmpfs(mount_list *list, const char *target, int64_t size, bool read_only)
{
    static const char *const base[] = {"nosuid", "nodev", "noexec", "mode=1777", NULL};
    krx_arena *arena = list->m->arena;
    add(list, target, "tmpfs", "tmpfs",
        options(arena, base,
                size > 0 ? krx_arena_printf(arena, "size=%lld", (long long)size) : NULL,
                read_only ? "ro" : "rw"));
}

/* Is a range of groups mapped for this user? Without one only one group is known inside. */
static bool has_groups(void)
{
    krx_autofile FILE *f = fopen("/etc/subgid", "re");
    struct passwd entry, *found = NULL;
    char line[1024], names[4096], id[32];
    (void)getpwuid_r(geteuid(), &entry, names, sizeof names, &found);
    (void)snprintf(id, sizeof id, "%u", (unsigned)geteuid());
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, ":")] = '\0';
        if (strcmp(line, id) == 0 || (found && strcmp(line, found->pw_name) == 0))
            return true;
    }
    return false;
}

static bool applies(const krx_oci_config *m, const mount_row *row)
{
    /* the host's network with a user namespace of our own */
    bool foreign = m->rootless && krx_streq(m->bundle->container->network, "host");
    return !((row->when & NOT_SANDBOX && m->sandbox) || (row->when & GROUPED && !m->grouped) ||
             (row->when & OWN_NET && foreign) || (row->when & HOST_NET && !foreign));
}

static void add_defaults(mount_list *list)
{
    krx_oci_config *m = list->m;
    bool grouped = !m->rootless || has_groups();
    bool nested = krx_streq(krx_oci_annotation(m->spec, KRX_OCI_ANNOTATION_DIND), "true");
    for (size_t i = 0; i < KRX_COUNT(defaults); i++) {
        const mount_row *row = &defaults[i];
        const char *words[KRX_COUNT(row->options) + 1] = {0};
        for (size_t k = 0, to = 0; row->options[k]; k++) {
            const char *option = row->options[k];
            if (!grouped && krx_has_prefix(option, "gid="))
                continue;
            /* containers inside make control groups of their own */
            bool open = nested && strcmp(row->type, "cgroup") == 0 && strcmp(option, "ro") == 0;
            words[to++] = open ? "rw" : option;
        }
        if (applies(m, row))
            add(list, row->target, row->type, row->source, options(m->arena, words, NULL, NULL));
    }
    for (size_t i = 0; i < KRX_COUNT(files); i++)
        add_bind(list, krx_arena_printf(m->arena, "%s/%s", m->bundle->folder, files[i][1]),
                 files[i][0], false);
}

static int32_t add_spec_mount(mount_list *list, const krx_mount *wanted)
{
    struct stat st;
    krx_oci_config *m = list->m;
    if (wanted->target[strspn(wanted->target, "/.")] == '\0')
        return krx_fail(m->call, KRX_E_INVALID_ARGUMENT, "a mount can't take the place of /");
    if (krx_strcaseeq(wanted->type, "tmpfs")) {
        add_tmpfs(list, wanted->target, wanted->size_bytes, wanted->read_only == 1);
        return 0;
    }
    if (krx_blank(wanted->source))
        return krx_fail(m->call, KRX_E_INVALID_ARGUMENT, "the mount at %s has no source",
                        wanted->target);
    if (stat(wanted->source, &st) < 0) {
        krx_fail(m->call, errno == ENOENT ? KRX_E_INVALID_ARGUMENT : KRX_E_PERMISSION_DENIED,
                 "the mount at %s: %s: %s", wanted->target, wanted->source, strerror(errno));
        return krx_hint(m->call, "make the folder %s first", wanted->source);
    }
    add_bind(list, wanted->source, wanted->target, wanted->read_only == 1);
    return 0;
}

static int by_depth(const void *a, const void *b)
{
    const mount *x = *(mount *const *)a, *y = *(mount *const *)b;
    return x->depth < y->depth ? -1 : x->depth > y->depth;
}

/* Stable: what is equally deep stays in its order. */
static void sort(void **items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k && by_depth(&items[k - 1], &items[k]) > 0; k--) {
            void *other = items[k];
            items[k] = items[k - 1];
            items[k - 1] = other;
        }
}

static void write_mounts(mount_list *list)
{
    krx_json_maker *maker = &list->m->maker;
    cJSON *array = krx_json_add_array(maker, list->m->config, "mounts");
    sort(list->mounts.items, list->mounts.count);
    for (size_t i = 0; i < list->mounts.count; i++) {
        const mount *one = list->mounts.items[i];
        cJSON *object = krx_json_add_object(maker, array, NULL);
        krx_json_add_text(maker, object, "destination", one->target);
        krx_json_add_text(maker, object, "type", one->type);
        krx_json_add_text(maker, object, "source", one->source);
        krx_json_add_texts(maker, object, "options", one->options);
    }
}

int32_t krx_oci_put_mounts(krx_oci_config *m)
{
    mount_list list = {.m = m};
    const krx_workload *spec = m->spec;
    int32_t code = 0;
    add_defaults(&list);
    for (size_t i = 0; m->bundle->volumes && m->bundle->volumes[i]; i++) {
        const krx_oci_bind *bind = m->bundle->volumes[i];
        add_bind(&list, bind->source, bind->target, bind->read_only);
    }
    for (size_t i = 0; m->edits.mounts && m->edits.mounts[i]; i++) {
        const krx_oci_edit_mount *edit = m->edits.mounts[i];
        add(&list, edit->target, edit->type, edit->source, edit->options);
    }
    for (size_t i = 0; spec->tmpfs && spec->tmpfs[i]; i++)
        add_tmpfs(&list, spec->tmpfs[i], 0, false);
    for (size_t i = 0; code == 0 && spec->mounts && spec->mounts[i]; i++)
        code = add_spec_mount(&list, spec->mounts[i]);
    if (code == 0)
        write_mounts(&list);
    return code;
}
