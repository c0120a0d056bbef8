/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that a runtime has and our files have lost, and those whose container.json is damaged:
 * it is made anew from what config.json was told when the container was made. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/json/json.h"
#include "modules/oci/backend/backend.h"
#include "modules/oci/store/fields.h"
#include "modules/oci/store/lock.h"

#define LOCK_TIME (2 * KRX_NS_PER_S)
#define STAT_MAX 4096u
#define CMDLINE_MAX ((size_t)256 * 1024)

typedef struct rebuilding {
    krx_call *call;
    krx_arena *arena;
    krx_oci_backend *backend;
    const char **known; /* sorted */
    size_t count;
    krx_ptrs met; /* ids that a runtime has and we do not know */
    bool any;
} rebuilding;

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_known(const rebuilding *r, const char *id)
{
    return r->count && bsearch(&id, r->known, r->count, sizeof *r->known, compare);
}

/* --------------------------------------------------------------------------- what is left of it */

static cJSON *state_of(rebuilding *r, const char *id, const char *runtime_name)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    krx_oci_runtime runtime;
    krx_oci_container asked = {.runtime = runtime_name};
    krx_oci_command command = {.keeper = r->backend->choice.keeper, .name = "state", .id = id};
    krx_call *own = krx_side_call_init(&side, r->call);
    if (krx_oci_runtime_of(own, r->arena, r->backend, &asked, &runtime) < 0 ||
        krx_oci_runtime_run(own, &runtime, &command, &text) < 0)
        return NULL;
    return cJSON_ParseWithLength(krx_str_get(&text), text.length);
}

static int64_t parent_of(krx_call *call, int64_t pid)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    char path[48];
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    if (krx_read_file(krx_side_call_init(&side, call), path, STAT_MAX, &text) < 0)
        return 0;
    const char *rest = strrchr(krx_str_get(&text), ')');
    return rest && strlen(rest) > 4 ? strtoll(rest + 4, NULL, 10) : 0;
}

/* As the room `net` keeps it below run_root. */
static void put_network(rebuilding *r, krx_oci_container *c)
{
    static const krx_oci_field fields[] = {
        {.key = "ip", .offset = offsetof(krx_oci_container, ip), .kind = KRX_OCI_TEXT},
        {.key = "ports", .offset = offsetof(krx_oci_container, ports), .kind = KRX_OCI_PORTS},
        {.key = "helper", .offset = offsetof(krx_oci_container, pasta), .kind = KRX_OCI_PROCESS},
    };
    krx_side_call side;
    krx_auto_json cJSON *json = NULL;
    const char *file = krx_arena_printf(r->arena, "%s.json", c->id);
    const char *path =
        file ? krx_oci_run_path(r->arena, &r->backend->store, "networks", file, NULL) : NULL;
    if (path && krx_oci_json_at(krx_side_call_init(&side, r->call), AT_FDCWD, path, &json) == 0)
        (void)krx_oci_fields_read(r->arena, fields, KRX_COUNT(fields), json, c);
}

/* Its parent, if that is its conmon: it may have been killed, and then somebody else is the parent,
 * whom nobody may take for ours. */
static void find_conmon(rebuilding *r, krx_oci_container *c)
{
    krx_side_call side;
    krx_auto_str krx_str line = {0}, option = {0};
    char path[48];
    int64_t pid = parent_of(r->call, c->init.pid);
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/cmdline", pid);
    krx_str_addn(&option, "--cid", sizeof "--cid");
    krx_str_addn(&option, c->id, strlen(c->id) + 1);
    if (pid > 1 && !krx_str_failed(&option) &&
        krx_read_file(krx_side_call_init(&side, r->call), path, CMDLINE_MAX, &line) == 0 &&
        line.length && memmem(line.data, line.length, option.data, option.length))
        (void)krx_oci_process_of(pid, &c->conmon);
}

/* One that has ended is looked after like any other whose end nobody noted. Without a state it has
 * ended before, and nobody starts it unasked. */
static void put_state(rebuilding *r, const cJSON *state, krx_oci_container *c)
{
    if (!state) {
        c->phase = KRX_OCI_EXITED;
        c->exit_code = -1;
        c->stop_asked = true;
        return;
    }
    c->phase =
        krx_streq(krx_json_text(state, "status"), "paused") ? KRX_OCI_PAUSED : KRX_OCI_RUNNING;
    put_network(r, c);
    if (!krx_oci_process_of(krx_json_int(state, "pid", 0), &c->init))
        return;
    find_conmon(r, c);
    if (!krx_time_parse(krx_json_text(state, "created"), &c->started_ns))
        c->started_ns = c->created_ns;
}

/* -------------------------------------------------------------------------------------- writing */

static int32_t make_folders(rebuilding *r, const char *id)
{
    static const char *const folders[] = {NULL, "bundle", "exit", "persist"};
    for (size_t i = 0; i < KRX_COUNT(folders); i++) {
        const char *path = krx_oci_path(r->arena, &r->backend->store, "containers", id, folders[i]);
        if (!path)
            return krx_no_memory(r->call);
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return krx_fail(r->call, KRX_E_PERMISSION_DENIED, "creating %s: %s", path,
                            strerror(errno));
    }
    return 0;
}

/* Where control groups are to be looked for when config.json is lost, too. */
static void keep_groups(rebuilding *r, const krx_oci_container *c)
{
    krx_side_call side;
    krx_call *own = krx_side_call_init(&side, r->call);
    krx_auto_str krx_str text = {0};
    char from[48];
    const char *to = krx_oci_path(r->arena, &r->backend->store, "containers", c->id, "cgroup");
    (void)snprintf(from, sizeof from, "/proc/%" PRId64 "/cgroup", c->init.pid);
    if (c->init.pid && to && access(to, F_OK) < 0 &&
        krx_read_file(own, from, STAT_MAX * 4, &text) == 0)
        (void)krx_oci_replace(own, to, krx_str_get(&text));
}

static int32_t write_files(rebuilding *r, const krx_oci_container *c, const char *launch)
{
    krx_oci_store *store = &r->backend->store;
    krx_side_call side;
    krx_oci_launch known;
    const char *path = krx_oci_path(r->arena, store, "containers", c->id, "launch.json");
    int32_t code = path ? 0 : krx_no_memory(r->call);
    if (code == 0 &&
        krx_oci_launch_read(krx_side_call_init(&side, r->call), r->arena, store, c->id, &known) < 0)
        code = krx_oci_replace(r->call, path, launch);
    if (code == 0)
        keep_groups(r, c);
    return code < 0 ? code : krx_oci_container_write(r->call, store, c);
}

static int32_t lock_soon(rebuilding *r, const char *id)
{
    krx_side_call side;
    krx_call *own = krx_side_call_init(&side, r->call);
    int64_t until = krx_now_monotonic() + LOCK_TIME;
    if (own->deadline_ns == KRX_NO_DEADLINE || own->deadline_ns > until)
        own->deadline_ns = until;
    return krx_oci_lock_container(own, &r->backend->store, id);
}

static bool can_be_read(rebuilding *r, const char *id)
{
    krx_side_call side;
    krx_oci_container c;
    return krx_oci_container_read(krx_side_call_init(&side, r->call), r->arena, &r->backend->store,
                                  id, &c) == 0;
}

/* Under the lock, as others may be at it. */
static int32_t write_anew(rebuilding *r, const char *id, const cJSON *notes, const cJSON *state)
{
    const char *record = krx_json_text(notes, KRX_OCI_ANNOTATION_RECORD);
    const char *launch = krx_json_text(notes, KRX_OCI_ANNOTATION_LAUNCH);
    krx_oci_container c;
    if (!*record || !*launch)
        return 0; /* not ours */
    int32_t code = krx_oci_container_parse(r->call, r->arena, record, &c);
    if (code == 0 && !krx_streq(c.id, id))
        code = krx_fail(r->call, KRX_E_DATA_LOSS, "it is that of container '%s'", c.id);
    if (code == 0)
        code = make_folders(r, id);
    krx_autoclose int lock = code == 0 ? lock_soon(r, id) : -1;
    if (code < 0 || lock < 0 || can_be_read(r, id))
        return code;
    put_state(r, state, &c);
    code = write_files(r, &c, launch);
    if (code < 0)
        return code;
    krx_log(r->call, KRX_LOG_WARN, "the record of container '%s' was lost: it is made anew from %s",
            id, state ? "what its runtime knows" : "its config.json");
    r->any = true;
    return 0;
}

static void rebuild(rebuilding *r, const char *id, const char *runtime)
{
    krx_side_call side;
    krx_auto_json cJSON *config = NULL, *state = NULL;
    krx_call *own = r->call;
    const char *path =
        krx_oci_path(r->arena, &r->backend->store, "containers", id, "bundle/config.json");
    if (!path || can_be_read(r, id))
        return;
    r->call = krx_side_call_init(&side, own);
    if (runtime && krx_oci_backend_ready(r->call, r->backend, NULL) < 0) {
        r->call = own;
        return; /* whoever needs it says so */
    }
    (void)krx_oci_json_at(r->call, AT_FDCWD, path, &config);
    state = runtime ? state_of(r, id, runtime) : NULL;
    const cJSON *notes = krx_json_object(config, "annotations");
    if (!krx_json_get(notes, KRX_OCI_ANNOTATION_RECORD))
        notes = krx_json_object(state, "annotations");
    int32_t code = runtime && !state ? 0 : write_anew(r, id, notes, state);
    r->call = own;
    if (code < 0)
        krx_log(own, KRX_LOG_WARN,
                "the record of container '%s' is lost and can't be made anew: %s", id,
                side.error.message);
}

/* -------------------------------------------------------------------------------------- looking */

/* runsc keeps a file for each, ID_sandbox:ID.state. */
static char *id_of_entry(krx_arena *arena, const char *name)
{
    const char *sandbox = strstr(name, "_sandbox:");
    if (sandbox && !krx_streq(strrchr(sandbox, '.'), ".state"))
        return NULL;
    char *id = sandbox ? krx_arena_strndup(arena, name, (size_t)(sandbox - name))
                       : krx_arena_strdup(arena, name);
    return id && krx_oci_id_valid(id) ? id : NULL;
}

static void look_at_runtime(rebuilding *r, const char *runtime)
{
    const char *path = krx_oci_run_path(r->arena, &r->backend->store, "runtime", runtime, NULL);
    krx_autodir DIR *listing = path ? opendir(path) : NULL;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        const char *id = entry->d_name[0] == '.' ? NULL : id_of_entry(r->arena, entry->d_name);
        if (!id || is_known(r, id))
            continue;
        (void)krx_ptrs_add(r->arena, &r->met, id);
        rebuild(r, id, runtime);
    }
}

static bool was_met(const rebuilding *r, const char *id)
{
    for (size_t i = 0; i < r->met.count; i++)
        if (krx_streq(r->met.items[i], id))
            return true;
    return false;
}

/* A folder without the file is one that is being made or removed. */
static void look_at_folders(rebuilding *r)
{
    const char *path = krx_oci_path(r->arena, &r->backend->store, "containers", NULL, NULL);
    krx_autodir DIR *listing = path ? opendir(path) : NULL;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        krx_autofree char *file = NULL;
        const char *id = entry->d_name;
        if (!krx_oci_id_valid(id) || is_known(r, id) || was_met(r, id))
            continue;
        file = krx_format("%s/%s/container.json", path, id);
        if (file && access(file, F_OK) == 0)
            rebuild(r, id, NULL);
    }
}

bool krx_oci_rebuild(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                     krx_oci_container *const *known)
{
    rebuilding r = {.call = call, .arena = arena, .backend = backend};
    krx_ptrs ids = {0};
    for (; *known; known++)
        (void)krx_ptrs_add(arena, &ids, (*known)->id);
    r.known = (const char **)krx_ptrs_end(arena, &ids);
    if (!r.known)
        return false;
    r.count = ids.count;
    qsort(r.known, r.count, sizeof *r.known, compare);
    for (size_t i = 0; krx_oci_runtime_name(i); i++)
        look_at_runtime(&r, krx_oci_runtime_name(i));
    look_at_folders(&r);
    return r.any;
}
