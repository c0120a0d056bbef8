/* SPDX-License-Identifier: Apache-2.0 */
#include "core/loader.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/descriptor.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"

/* One module that this process has tried to load. Never freed: its code may be mapped for ever. */
struct krx_loaded {
    krx_loaded *next;
    char *name;
    char *path;
    bool busy; /* a thread works on it without holding the lock */
    unsigned refs;
    krx_module_state state;
    void *handle;         /* of dlopen; kept for ever */
    struct link_map *map; /* NULL until it is sure that the checked file was mapped */
    dev_t device;         /* of that file */
    ino_t inode;
    const krx_host *host;
    krx_descriptor descriptor;
    char message[KRX_ERROR_MESSAGE_MAX];
};

static struct {
    pthread_mutex_t lock;
    krx_loaded *first;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int32_t out_of_memory(krx_call *call, const char *name)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory loading module '%s'", name);
}

/* ----------------------------------------------------------------------------------- the steps */

typedef struct attempt {
    krx_call *call;
    krx_loaded *entry;
    const krx_allow *allow;
    const krx_host *host;
    krx_noted noted;
    int fd;
} attempt;

static void undo_note(attempt *a)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
}

static int32_t check_identity(attempt *a)
{
    krx_loaded *entry = a->entry;
    struct stat st;
    if (fstat(a->fd, &st) < 0)
        return krx_fail(a->call, KRX_E_UNAVAILABLE, "reading %s failed", entry->path);
    if (entry->handle && (!entry->map || st.st_dev != entry->device || st.st_ino != entry->inode)) {
        krx_fail(a->call, KRX_E_FAILED_PRECONDITION,
                 "%s was replaced after this process had mapped it", entry->path);
        return krx_hint(a->call, "restart the program to use the new one");
    }
    entry->device = st.st_dev;
    entry->inode = st.st_ino;
    return 0;
}

static int32_t step_note(attempt *a)
{
    int32_t rc = krx_loader_check_file(a->call, a->entry->path, a->allow, false, &a->fd, &a->noted);
    if (rc == 0)
        rc = check_identity(a);
    if (rc < 0)
        undo_note(a);
    return rc;
}

static bool is_same_file(const attempt *a, const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && st.st_dev == a->entry->device && st.st_ino == a->entry->inode;
}

static int32_t fail_open(attempt *a)
{
    const char *why = dlerror();
    krx_fail(a->call, KRX_E_FAILED_PRECONDITION, "%s can't be loaded: %s", a->entry->path,
             why ? why : "the dynamic linker gives no reason");
    return krx_hint(a->call, "if a library is missing install it; `ldd -r %s` shows what it needs",
                    a->entry->path);
}

/*
 * Every symbol of a module is bound when it is loaded, never in the middle of a call. A module
 * linked with -z now sees to that itself, whatever dlopen() is told; RTLD_NOW would also bind the
 * thousands of symbols of the libraries below it, a third of the time of a short command.
 */
static bool is_bound(const struct link_map *map)
{
    for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_BIND_NOW || (d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_BIND_NOW)) ||
            (d->d_tag == DT_FLAGS_1 && (d->d_un.d_val & DF_1_NOW)))
            return true;
    return false;
}

/*
 * The file is mapped by its absolute path, and the path must lead to the checked descriptor's
 * device and inode before and after. /proc/self/fd/N would close the gap between, but the dynamic
 * linker knows its objects by name: a second module that happens to get the same N would be
 * answered with the first one's code, and debuggers, dladdr() and $ORIGIN would see a name that
 * means nothing. The numbers in /proc/self/maps are no help either, they differ from stat()'s on
 * btrfs and overlayfs. Who could use the gap may write to a folder that only root and we may write
 * to. NODELETE because threads, TLS destructors and atexit handlers may outlive any dlclose().
 */
static int32_t map_file(attempt *a)
{
    krx_loaded *entry = a->entry;
    if (!is_same_file(a, entry->path))
        return krx_fail(a->call, KRX_E_PERMISSION_DENIED, "%s was replaced while it was checked",
                        entry->path);
    void *handle = dlopen(entry->path, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return fail_open(a);
    struct link_map *map = NULL;
    entry->handle = handle;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map->l_name || !is_same_file(a, map->l_name))
        return krx_fail(a->call, KRX_E_PERMISSION_DENIED, "%s was replaced while it was loaded",
                        entry->path);
    if (!is_bound(map) && !dlopen(entry->path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD))
        return fail_open(a);
    entry->map = map;
    return 0;
}

static char *symbol_of(const char *name)
{
    char *symbol = krx_format(KRX_MODULE_SYMBOL_PREFIX "%s", name);
    for (char *p = symbol; p && *p; p++)
        if (*p == '-')
            *p = '_';
    return symbol;
}

/* dlsym() also searches the module's dependencies: what it finds must be in the module itself. */
static int32_t find_descriptor(attempt *a, const krx_module **out)
{
    const krx_loaded *entry = a->entry;
    Dl_info where;
    krx_autofree char *symbol = symbol_of(entry->name);
    if (!symbol)
        return out_of_memory(a->call, entry->name);
    (void)dlerror();
    const void *found = dlsym(entry->handle, symbol);
    if (!found) {
        const char *why = dlerror();
        return krx_fail(a->call, KRX_E_FAILED_PRECONDITION, "%s has no descriptor '%s': %s",
                        entry->path, symbol, why ? why : "the symbol is nothing");
    }
    if (!dladdr(found, &where) || !krx_streq(where.dli_fname, entry->map->l_name))
        return krx_fail(a->call, KRX_E_FAILED_PRECONDITION,
                        "%s has no descriptor '%s' of its own; there is one in %s", entry->path,
                        symbol, where.dli_fname ? where.dli_fname : "another library");
    *out = found;
    return 0;
}

static int32_t step_map(attempt *a)
{
    const krx_module *theirs = NULL;
    int32_t rc = a->entry->map ? 0 : map_file(a);
    if (rc == 0)
        rc = find_descriptor(a, &theirs);
    if (rc == 0)
        rc = krx_descriptor_copy(a->call, theirs, &a->noted.note, a->entry->path,
                                 &a->entry->descriptor);
    return rc;
}

static int32_t step_load(attempt *a)
{
    const krx_module *module = &a->entry->descriptor.module;
    krx_error *error = a->call->error;
    if (!module->load)
        return 0;
    error->code = 0;
    error->message[0] = error->hint[0] = '\0';
    int32_t rc = module->load(a->call, a->host);
    if (rc > 0)
        return krx_fail(a->call, KRX_E_INTERNAL, "module '%s' answered %d to load()",
                        a->entry->name, rc);
    if (rc == 0)
        return 0;
    if (error->message[0] == '\0')
        krx_fail(a->call, rc, "it gives no reason (%s)", krx_error_name(rc));
    error->code = rc;
    return krx_wrap(a->call, "module '%s' can't start", a->entry->name);
}

static void undo_load(attempt *a)
{
    const krx_module *module = &a->entry->descriptor.module;
    if (module->unload)
        module->unload();
}

/* Every state that a load goes through, how it is reached, and the only way back from it. */
static const struct {
    krx_module_state state;
    int32_t (*enter)(attempt *a);
    void (*leave)(attempt *a); /* NULL: stays as it is, mapped code is never unmapped */
} steps[] = {
    {KRX_MODULE_NOTED, step_note, undo_note},
    {KRX_MODULE_MAPPED, step_map, NULL},
    {KRX_MODULE_LOADED, step_load, undo_load},
};

static void leave_steps(attempt *a, size_t entered)
{
    while (entered-- > 0)
        if (steps[entered].leave)
            steps[entered].leave(a);
}

/* All steps or none. Answers the state reached in *state. */
static int32_t run_steps(attempt *a, krx_module_state *state)
{
    for (size_t i = 0; i < KRX_COUNT(steps); i++) {
        int32_t rc = steps[i].enter(a);
        if (rc < 0) {
            leave_steps(a, i);
            *state = KRX_MODULE_FAILED;
            return rc;
        }
        *state = steps[i].state;
    }
    return 0;
}

/* ----------------------------------------------------------------------------------- the table */

static krx_loaded *find_path(const char *path)
{
    for (krx_loaded *entry = table.first; entry; entry = entry->next)
        if (strcmp(entry->path, path) == 0)
            return entry;
    return NULL;
}

static krx_loaded *add_entry(const char *name, const char *path)
{
    krx_loaded *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->name = strdup(name);
    entry->path = strdup(path);
    if (!entry->name || !entry->path) {
        free(entry->name);
        free(entry->path);
        free(entry);
        return NULL;
    }
    entry->next = table.first;
    table.first = entry;
    return entry;
}

static int32_t join_loaded(krx_call *call, const krx_host *host, krx_loaded *entry)
{
    if (entry->host != host)
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "module '%s' is in use by another runtime of this process", entry->name);
    entry->refs++;
    return 0;
}

/*
 * The entry: with one more reference when it is loaded already, else marked busy for this thread
 * alone (*mine). Waits for another thread's attempt within the call's time.
 */
static int32_t claim(krx_call *call, const krx_host *host, const char *name, const char *path,
                     krx_loaded **out, bool *mine)
{
    for (;;) {
        {
            KRX_LOCK_SCOPE(&table.lock);
            krx_loaded *entry = find_path(path);
            if (!entry)
                entry = add_entry(name, path);
            if (!entry)
                return out_of_memory(call, name);
            *out = entry;
            *mine = !entry->busy && entry->state != KRX_MODULE_LOADED;
            if (*mine)
                entry->busy = true;
            if (!entry->busy)
                return join_loaded(call, host, entry);
            if (*mine)
                return 0;
        }
        int32_t rc = krx_sleep(call, 2 * KRX_NS_PER_MS);
        if (rc < 0)
            return rc;
    }
}

static void settle(krx_loaded *entry, krx_module_state state, const krx_host *host,
                   const char *message)
{
    KRX_LOCK_SCOPE(&table.lock);
    entry->state = state;
    entry->host = host;
    entry->refs = state == KRX_MODULE_LOADED;
    entry->busy = false;
    (void)snprintf(entry->message, sizeof entry->message, "%s", message);
}

int32_t krx_loader_load(krx_call *call, const krx_host *host, const char *module_dir,
                        const krx_allow *allow, krx_loaded **out)
{
    krx_loaded *entry = NULL;
    bool mine = false;
    krx_autofree char *path = krx_loader_path(module_dir, allow->name);
    if (!path)
        return out_of_memory(call, allow->name);
    int32_t rc = krx_allow_check(call, allow);
    if (rc == 0)
        rc = claim(call, host, allow->name, path, &entry, &mine);
    if (rc < 0)
        return rc;
    if (mine) {
        attempt a = {.call = call, .entry = entry, .allow = allow, .host = host, .fd = -1};
        krx_module_state state = KRX_MODULE_ABSENT;
        rc = run_steps(&a, &state);
        undo_note(&a);
        settle(entry, state, rc == 0 ? host : NULL, rc == 0 ? "" : call->error->message);
    }
    if (rc == 0)
        *out = entry;
    return rc;
}

void krx_loader_unload(krx_loaded *loaded)
{
    if (!loaded)
        return;
    {
        KRX_LOCK_SCOPE(&table.lock);
        if (loaded->state != KRX_MODULE_LOADED || loaded->busy || --loaded->refs > 0)
            return;
        loaded->busy = true;
    }
    attempt a = {.entry = loaded, .fd = -1};
    undo_load(&a);
    settle(loaded, KRX_MODULE_STOPPED, NULL, "");
}

const krx_module *krx_loaded_module(const krx_loaded *loaded)
{
    return &loaded->descriptor.module;
}

const char *krx_loaded_path(const krx_loaded *loaded)
{
    return loaded->path;
}

krx_module_state krx_loader_state(const char *path, char *message, size_t size)
{
    KRX_LOCK_SCOPE(&table.lock);
    const krx_loaded *entry = find_path(path);
    if (message && size)
        (void)snprintf(message, size, "%s", entry ? entry->message : "");
    return entry ? entry->state : KRX_MODULE_ABSENT;
}

const char *krx_module_state_name(krx_module_state state)
{
    static const char *const names[] = {"absent", "noted", "mapped", "loaded", "failed", "stopped"};
    return (unsigned)state < KRX_COUNT(names) ? names[state] : "unknown";
}
