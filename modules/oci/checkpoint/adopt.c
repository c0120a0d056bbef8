/* SPDX-License-Identifier: Apache-2.0 */
/* A container goes on with what another program had given it from outside. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/json/json.h"
#include "lib/model/wanted.h"
#include "lib/replicas/names.h"
#include "modules/oci/bundle/layers.h"
#include "modules/oci/checkpoint/podman.h"

#define JSON_MAX ((size_t)4 * 1024 * 1024)
#define ENTRIES_MAX 10000000
#define DELETED "deleted.files"
#define SHM "devshm-checkpoint.tar"

typedef struct adopter {
    krx_call *call;
    krx_arena *arena;
    krx_oci_backend *backend;
    const krx_workload *spec;
    const char *folder; /* of the checkpoint */
    const char *home;   /* containers/<id> */
    const char *taken;  /* in it */
    krx_oci_launch launch;
    cJSON *config; /* config.dump of podman, or NULL */
    cJSON *theirs; /* spec.dump */
    cJSON *ours;   /* bundle/config.json */
} adopter;

static void free_adopter(adopter *a)
{
    cJSON_Delete(a->config);
    cJSON_Delete(a->theirs);
    cJSON_Delete(a->ours);
}
#define auto_adopter KRX_CLEANUP(free_adopter)

static int32_t read_json(adopter *a, const char *path, cJSON **out)
{
    krx_auto_str krx_str text = {0};
    if (!path)
        return krx_no_memory(a->call);
    int32_t code = krx_read_file(a->call, path, JSON_MAX, &text);
    if (code == 0)
        code = krx_json_parse(a->call, path, krx_str_get(&text), text.length, out);
    return code == 0 && !*out ? krx_fail(a->call, KRX_E_DATA_LOSS, "%s is empty", path) : code;
}

static const char *in_folder(adopter *a, const char *name)
{
    return krx_arena_printf(a->arena, "%s/%s", a->folder, name);
}

/* ------------------------------------------------------------------------------------ its files */

/* The tar into that folder; `mounted`: inside the container's root file system, which is mounted
 * for it, so that what the image has keeps its owners. */
static int32_t unpack(adopter *a, const char *file, const char *to, bool mounted)
{
    struct stat st;
    krx_autoclose int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0)
        return krx_fail(a->call, KRX_E_DATA_LOSS, "can't read %s: %s", file, strerror(errno));
    if (st.st_size == 0)
        return 0;
    const char *most = krx_arena_printf(a->arena, "%" PRId64, (int64_t)st.st_size + 1);
    const char *entries = krx_arena_printf(a->arena, "%d", ENTRIES_MAX);
    const char *keeper = a->backend->choice.keeper;
    const char *plain[] = {to, "any", most, entries, NULL};
    const char *inside[] = {"--rootfs", a->home, "--", keeper,  "unpack",
                            to,         "any",   most, entries, NULL};
    krx_oci_keeper_job job = {.keeper = keeper,
                              .verb = mounted ? "run" : "unpack",
                              .args = mounted ? inside : plain,
                              .stdin_fd = fd};
    if (!most || !entries)
        return krx_no_memory(a->call);
    int32_t code = krx_oci_keeper_run(a->call, a->arena, &job, NULL);
    return code < 0 ? krx_wrap(a->call, "%s of the checkpoint", strrchr(file, '/') + 1) : 0;
}

static int32_t put_changes(adopter *a, const krx_oci_saved *saved)
{
    const char *root = krx_arena_printf(a->arena, "%s/bundle/rootfs", a->home);
    const char *changes = in_folder(a, KRX_OCI_SAVED_CHANGES), *deleted = in_folder(a, DELETED);
    if (!root || !changes || !deleted)
        return krx_no_memory(a->call);
    int32_t code = saved->changes ? unpack(a, changes, root, true) : 0;
    if (code < 0 || access(deleted, F_OK) != 0)
        return code;
    const char *args[] = {"--rootfs", a->home, "--",    a->backend->choice.keeper,
                          "erase",    root,    deleted, NULL};
    krx_oci_keeper_job job = {
        .keeper = a->backend->choice.keeper, .verb = "run", .args = args, .stdin_fd = -1};
    code = krx_oci_keeper_run(a->call, a->arena, &job, NULL);
    return code < 0 ? krx_wrap(a->call, DELETED " of the checkpoint") : 0;
}

/* -------------------------------------------------------------------------------------- volumes */

static bool is_empty(const char *path)
{
    krx_autodir DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            return false;
    return dir != NULL;
}

static const char *name_at(const adopter *a, const char *path)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(a->config, "namedVolumes"))
        if (path && strcmp(krx_json_text(item, "dest"), path) == 0)
            return krx_json_text(item, "volumeName");
    return NULL;
}

/* It does not begin with what the image has there: the archive has all of it. */
static int32_t fill_volume(adopter *a, const char *file, const char *data, const char *mark)
{
    int32_t code = unpack(a, file, data, false);
    if (code == 0 && unlink(mark) != 0 && errno != ENOENT)
        code = krx_fail(a->call, KRX_E_RESOURCE_EXHAUSTED, "can't remove %s: %s", mark,
                        strerror(errno));
    return code;
}

/* What is in a volume already counts for more than what it was once. */
static int32_t put_volumes(adopter *a)
{
    int32_t code = 0;
    for (const krx_volume *const *v = a->spec->volumes; code == 0 && v && *v; v++) {
        const char *name = name_at(a, krx_volume_path(a->arena, *v));
        const char *file =
            name ? krx_arena_printf(a->arena, "%s/volumes/%s.tar", a->folder, name) : NULL;
        const char *own =
            krx_replica_volume_name(a->arena, a->spec->namespace_, a->spec->name, (*v)->name);
        const char *data =
            own ? krx_oci_path(a->arena, &a->backend->store, "volumes", own, "data") : NULL;
        const char *mark =
            own ? krx_oci_path(a->arena, &a->backend->store, "volumes", own, KRX_OCI_VOLUME_NEW)
                : NULL;
        if (!data || !mark || krx_arena_failed(a->arena))
            return krx_no_memory(a->call);
        if (!file || access(file, F_OK) != 0)
            continue;
        if (access(mark, F_OK) == 0 || is_empty(data))
            code = fill_volume(a, file, data, mark);
        else
            krx_log(a->call, KRX_LOG_WARN,
                    "volume '%s' stays as it is: what the checkpoint has of it is not used",
                    (*v)->name);
    }
    return code;
}

/* --------------------------------------------------------------------- what podman mounts by
 * itself */

static char *place_of(adopter *a, const char *destination)
{
    char *name = krx_arena_strdup(a->arena, destination);
    for (char *c = name; c && *c; c++)
        if (*c == '/')
            *c = '_';
    return name ? krx_arena_printf(a->arena, "%s/%s", a->taken, name) : NULL;
}

static int32_t put_shm(adopter *a, const char *place)
{
    const char *file = in_folder(a, SHM);
    if (!file)
        return krx_no_memory(a->call);
    if (mkdir(place, 0700) != 0 || chmod(place, 01777) != 0)
        return krx_fail(a->call, KRX_E_RESOURCE_EXHAUSTED, "can't make %s: %s", place,
                        strerror(errno));
    return access(file, F_OK) == 0 ? unpack(a, file, place, false) : 0;
}

/* podman adds whom the image does not know. */
static int32_t put_people(adopter *a, const char *place, const char *path, const char *line)
{
    krx_auto_str krx_str text = {.limit = JSON_MAX};
    int32_t code = a->launch.layers
                       ? krx_oci_layers_read(a->call, a->launch.layers, path, JSON_MAX / 2, &text)
                       : 0;
    if (code == KRX_E_NOT_FOUND)
        code = krx_forgive(a->call);
    if (code < 0)
        return code;
    if (text.length && text.data[text.length - 1] != '\n')
        krx_str_addc(&text, '\n');
    krx_str_add(&text, line);
    return krx_str_failed(&text)
               ? krx_no_memory(a->call)
               : krx_replace_file(a->call, place, krx_str_get(&text), text.length, 0644);
}

static int32_t put_own(adopter *a, const char *place, const char *destination)
{
    const cJSON *process = krx_json_object(a->theirs, "process");
    const cJSON *user = krx_json_object(process, "user");
    long long uid = krx_json_int(user, "uid", 0), gid = krx_json_int(user, "gid", 0);
    const char *home = krx_json_text(process, "cwd");
    if (strpbrk(home, ":\n"))
        home = "/";
    const char *passwd = krx_arena_printf(a->arena, "%lld:*:%lld:%lld:container user:%s:/bin/sh\n",
                                          uid, uid, gid, home);
    const char *group = krx_arena_printf(a->arena, "%lld:x:%lld:%lld\n", gid, gid, uid);
    if (!passwd || !group)
        return krx_no_memory(a->call);
    if (strcmp(destination, "/dev/shm") == 0)
        return put_shm(a, place);
    if (strcmp(destination, "/run/.containerenv") == 0)
        return krx_replace_file(a->call, place, "", 0, 0644);
    if (strcmp(destination, "/etc/passwd") == 0)
        return put_people(a, place, destination, passwd);
    if (strcmp(destination, "/etc/group") == 0)
        return put_people(a, place, destination, group);
    return krx_fail(a->call, KRX_E_UNSUPPORTED, "the checkpoint does not have what was at %s",
                    destination);
}

/* ------------------------------------------------------------------------------- how it is mounted
 */

static cJSON *make_bind(krx_json_maker *maker, const char *destination, const char *source)
{
    static const char *const options[] = {"bind", "rprivate", "nosuid", "nodev", NULL};
    cJSON *mount = cJSON_CreateObject();
    krx_json_add_text(maker, mount, "destination", destination);
    krx_json_add_text(maker, mount, "type", "bind");
    krx_json_add_text(maker, mount, "source", source);
    krx_json_add_texts(maker, mount, "options", options);
    return mount;
}

static void replace_mount(krx_json_maker *maker, cJSON *mounts, const char *destination,
                          cJSON *with)
{
    int at = 0;
    cJSON *mount;
    cJSON_ArrayForEach (mount, mounts) {
        if (strcmp(krx_json_text(mount, "destination"), destination) == 0)
            break;
        at++;
    }
    if (!mount)
        krx_json_add_item(maker, mounts, NULL, with);
    else if (!cJSON_ReplaceItemInArray(mounts, at, with))
        maker->failed = true;
}

/* CRIU asks for each mount from outside where it is now. */
static int32_t add_mounts(adopter *a, krx_json_maker *maker)
{
    const cJSON *mount;
    cJSON *mounts = cJSON_GetObjectItemCaseSensitive(a->ours, "mounts");
    cJSON_ArrayForEach (mount, krx_json_array(a->theirs, "mounts")) {
        const char *destination = krx_json_text(mount, "destination");
        const cJSON *own = krx_oci_mount_at(mounts, destination);
        if (!krx_oci_mount_binds(mount) || (own && krx_oci_mount_binds(own)))
            continue;
        char *place = place_of(a, destination);
        if (!place)
            return krx_no_memory(a->call);
        int32_t code = access(place, F_OK) == 0 ? 0 : put_own(a, place, destination);
        if (code < 0)
            return code;
        replace_mount(maker, mounts, destination, make_bind(maker, destination, place));
    }
    return 0;
}

/* What was hidden or read-only stays so, and so does what ours would hide. */
static void join_paths(adopter *a, krx_json_maker *maker, const char *key)
{
    const cJSON *path, *have;
    cJSON *linux_ = cJSON_GetObjectItemCaseSensitive(a->ours, "linux");
    cJSON *list = cJSON_GetObjectItemCaseSensitive(linux_, key);
    if (!list)
        list = krx_json_add_array(maker, linux_, key);
    cJSON_ArrayForEach (path, krx_json_array(krx_json_object(a->theirs, "linux"), key)) {
        bool there = !cJSON_IsString(path);
        cJSON_ArrayForEach (have, list)
            there = there ||
                    (cJSON_IsString(have) && strcmp(have->valuestring, path->valuestring) == 0);
        if (!there)
            krx_json_add_text(maker, list, NULL, path->valuestring);
    }
}

static int32_t change_bundle(adopter *a)
{
    krx_json_maker maker = {0};
    const char *path = krx_arena_printf(a->arena, "%s/bundle/config.json", a->home);
    const char *theirs = in_folder(a, KRX_OCI_PODMAN_SPEC);
    int32_t code = read_json(a, path, &a->ours);
    if (code == 0)
        code = add_mounts(a, &maker);
    if (code < 0)
        return code;
    join_paths(a, &maker, "maskedPaths");
    join_paths(a, &maker, "readonlyPaths");
    krx_autofree char *text = maker.failed ? NULL : cJSON_PrintUnformatted(a->ours);
    return text && theirs ? krx_replace_file(a->call, path, text, strlen(text), 0600)
                          : krx_no_memory(a->call);
}

/* ----------------------------------------------------------------------------------------- all of
 * it */

static int32_t adopt(adopter *a, const krx_oci_saved *saved)
{
    const char *again = in_folder(a, KRX_OCI_SAVED_TAKEN);
    const char *spec = in_folder(a, KRX_OCI_PODMAN_SPEC);
    const char *config = in_folder(a, KRX_OCI_PODMAN_CONFIG);
    if (!again || !spec || !config || !a->taken)
        return krx_no_memory(a->call);
    if (!saved->podman && access(again, F_OK) != 0)
        return 0;
    int32_t code = krx_make_dirs(a->call, a->taken, 0700);
    if (code == 0)
        code = read_json(a, spec, &a->theirs);
    if (code == 0 && saved->podman)
        code = read_json(a, config, &a->config);
    if (code == 0)
        code = put_volumes(a); /* before the keeper fills them from the image */
    if (code == 0)
        code = saved->podman ? put_changes(a, saved) : unpack(a, again, a->taken, false);
    return code < 0 ? code : change_bundle(a);
}

int32_t krx_oci_adopt_files(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                            const krx_workload *spec, const char *id, const char *folder,
                            const krx_oci_saved *saved)
{
    krx_oci_store store = backend->store;
    auto_adopter adopter a = {.call = call,
                              .arena = arena,
                              .backend = backend,
                              .spec = spec,
                              .folder = folder,
                              .home = krx_oci_path(arena, &store, "containers", id, NULL),
                              .taken =
                                  krx_oci_path(arena, &store, "containers", id, KRX_OCI_TAKEN)};
    int32_t code = krx_oci_launch_read(call, arena, &store, id, &a.launch);
    return code < 0 ? code : adopt(&a, saved);
}
