/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/store/container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/parallel.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/store/fields.h"

#define FIELD(key_, member, kind_, absent_)                                                        \
    {                                                                                              \
        .key = key_, .offset = offsetof(krx_oci_container, member), .kind = KRX_OCI_##kind_,       \
        .absent = absent_                                                                          \
    }

static const krx_oci_field fields[] = {
    FIELD("id", id, TEXT, 0),
    FIELD("name", name, TEXT, 0),
    FIELD("workload", workload, TEXT, 0),
    FIELD("namespace", namespace_, TEXT, 0),
    FIELD("image", image, TEXT, 0),
    FIELD("imageId", image_id, TEXT, 0),
    FIELD("hash", hash, TEXT, 0),
    FIELD("runtime", runtime, TEXT, 0),
    FIELD("network", network, TEXT, 0),
    FIELD("replica", replica, INT, 0),
    FIELD("generation", generation, INT, 0),
    FIELD("created", created_ns, INT, 0),
    FIELD("labels", labels, PAIRS, 0),
    FIELD("restart", restart_policy, TEXT, 0),
    FIELD("restartRetries", restart_retries, INT, KRX_UNSET),
    FIELD("stopSignal", stop_signal, INT, 0),
    FIELD("stopGrace", stop_grace_ns, INT, 0),
    FIELD("phase", phase, PHASE, 0),
    FIELD("init", init, PROCESS, 0),
    FIELD("conmon", conmon, PROCESS, 0),
    FIELD("prober", prober, PROCESS, 0),
    FIELD("pasta", pasta, PROCESS, 0),
    FIELD("boot", boot, TEXT, 0),
    FIELD("ip", ip, TEXT, 0),
    FIELD("health", health, TEXT, 0),
    FIELD("ports", ports, PORTS, 0),
    FIELD("started", started_ns, INT, KRX_UNSET),
    FIELD("finished", finished_ns, INT, KRX_UNSET),
    FIELD("exitCode", exit_code, INT, KRX_UNSET),
    FIELD("restarts", restarts, INT, 0),
    FIELD("pause", pause_ns, INT, 0),
    FIELD("oomKilled", oom_killed, BOOL, 0),
    FIELD("stopAsked", stop_asked, BOOL, 0),
    FIELD("restartAsked", restart_asked, BOOL, 0),
    FIELD("starting", starting, BOOL, 0),
    FIELD("error", error, TEXT, 0),
};

char *krx_oci_container_text(const krx_oci_container *container)
{
    return krx_oci_fields_text(fields, KRX_COUNT(fields), container);
}

int32_t krx_oci_container_parse(krx_call *call, krx_arena *arena, const char *text,
                                krx_oci_container *out)
{
    krx_auto_json cJSON *json = cJSON_Parse(text);
    *out = (krx_oci_container){0};
    if (krx_oci_fields_read(arena, fields, KRX_COUNT(fields), json, out) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!out->id || !krx_oci_id_valid(out->id) || !out->name || !out->workload || !out->runtime)
        return krx_fail(call, KRX_E_DATA_LOSS, "it is not that of a container");
    return 0;
}

static int32_t read_at(krx_call *call, krx_arena *arena, const krx_oci_store *store, int folder,
                       const char *id, krx_oci_container *out)
{
    static const krx_oci_process none;
    char path[192];
    krx_auto_json cJSON *json = NULL;
    *out = (krx_oci_container){0};
    (void)snprintf(path, sizeof path, "%s/container.json", id);
    int32_t code = krx_oci_json_at(call, folder, path, &json);
    if (code == KRX_E_NOT_FOUND)
        return krx_fail(call, KRX_E_NOT_FOUND, "container '%s' does not exist", id);
    if (code < 0)
        return code;
    if (krx_oci_fields_read(arena, fields, KRX_COUNT(fields), json, out) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading container '%s'", id);
    if (!krx_streq(out->id, id) || !out->name || !out->workload || !out->phase)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: it is not that of container '%s'",
                        path, id);
    if (!krx_streq(out->boot, store->boot))
        out->init = out->conmon = out->prober = out->pasta = none;
    return 0;
}

static int open_folder(krx_call *call, const krx_oci_store *store)
{
    krx_autofree char *path = krx_format("%s/containers", store->root);
    if (!path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    return krx_fail(call, errno == ENOENT ? KRX_E_NOT_FOUND : KRX_E_PERMISSION_DENIED,
                    "opening folder %s: %s", path, strerror(errno));
}

int32_t krx_oci_container_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                               const char *id, krx_oci_container *out)
{
    *out = (krx_oci_container){0};
    if (!krx_oci_id_valid(id))
        return krx_fail(call, KRX_E_NOT_FOUND, "container '%s' does not exist", id);
    krx_autoclose int folder = open_folder(call, store);
    if (folder == KRX_E_NOT_FOUND)
        return krx_fail(call, KRX_E_NOT_FOUND, "container '%s' does not exist", id);
    return folder < 0 ? folder : read_at(call, arena, store, folder, id, out);
}

int32_t krx_oci_container_write(krx_call *call, const krx_oci_store *store,
                                const krx_oci_container *container)
{
    krx_oci_container copy = *container;
    copy.boot = store->boot;
    krx_autofree char *text = krx_oci_container_text(&copy);
    krx_autofree char *path =
        krx_format("%s/containers/%s/container.json", store->root, container->id);
    if (!text || !path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return krx_oci_replace(call, path, text);
}

/* Hundreds of small files, and some questions to the kernel for each: several threads share them.
 */
#define EACH 64u
#define PARTS_MAX 4u

typedef struct reading {
    const krx_oci_store *store;
    size_t parts;
    krx_arena *arenas[PARTS_MAX];
    krx_ptrs lists[PARTS_MAX];
} reading;

static int32_t read_one(krx_call *call, krx_arena *arena, const krx_oci_store *store, int folder,
                        const char *id, krx_ptrs *list)
{
    krx_oci_container *item = krx_arena_new_of(arena, krx_oci_container);
    int32_t code = !item ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory")
                         : read_at(call, arena, store, folder, id, item);
    if (code == 0) {
        item->phase_now = krx_oci_container_phase(item);
        if (krx_ptrs_add(arena, list, item) < 0)
            code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    }
    if (code < 0 && code != KRX_E_RESOURCE_EXHAUSTED && code != KRX_E_NOT_FOUND)
        krx_log(call, KRX_LOG_WARN, "%s", call->error->message);
    return code == KRX_E_RESOURCE_EXHAUSTED ? code : 0; /* one is being made or removed */
}

/* By its name, so that what comes and goes meanwhile puts no other one out of its part. */
static size_t part_of(const char *id, size_t parts)
{
    uint32_t hash = 2166136261u;
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return hash % parts;
}

static int32_t read_part(krx_call *call, void *ctx, size_t index)
{
    reading *r = ctx;
    krx_autoclose int folder = open_folder(call, r->store);
    krx_autodir DIR *listing = folder >= 0 ? fdopendir(folder) : NULL;
    if (listing)
        folder = -1;
    if (!listing)
        return folder == KRX_E_NOT_FOUND ? 0
               : folder < -1             ? folder
                             : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (!krx_oci_id_valid(entry->d_name) || part_of(entry->d_name, r->parts) != index)
            continue;
        int32_t code = read_one(call, r->arenas[index], r->store, dirfd(listing), entry->d_name,
                                &r->lists[index]);
        if (code < 0)
            return code;
    }
    return 0;
}

static size_t parts_for(const krx_oci_store *store)
{
    struct stat st;
    krx_autofree char *path = krx_format("%s/containers", store->root);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = path && stat(path, &st) == 0 ? (size_t)st.st_nlink / EACH : 0;
    size_t most = processors < 1                 ? 1
                  : processors < (long)PARTS_MAX ? (size_t)processors
                                                 : PARTS_MAX;
    return wanted < 1 ? 1 : wanted < most ? wanted : most;
}

static int32_t join(krx_call *call, krx_arena *arena, reading *r, krx_oci_container ***out)
{
    krx_ptrs all = {0};
    for (size_t i = 0; i < r->parts; i++)
        for (size_t k = 0; k < r->lists[i].count; k++)
            (void)krx_ptrs_add(arena, &all, r->lists[i].items[k]);
    *out = (krx_oci_container **)(void *)krx_ptrs_end(arena, &all);
    return *out && !krx_arena_failed(arena)
               ? 0
               : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

int32_t krx_oci_containers_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                                krx_oci_container ***out)
{
    reading r = {.store = store, .parts = parts_for(store), .arenas = {arena}};
    krx_error kept = *call->error;
    int32_t code = krx_check(call);
    for (size_t i = 1; i < r.parts; i++)
        if (!(r.arenas[i] = krx_arena_new()))
            r.parts = i;
    if (code == 0)
        code = krx_parallel(call, r.parts, read_part, &r);
    for (size_t i = 1; i < r.parts; i++)
        krx_arena_adopt(arena, r.arenas[i]);
    if (code < 0)
        return code;
    *call->error = kept;
    return join(call, arena, &r, out);
}

int krx_oci_container_phase(const krx_oci_container *container)
{
    switch (container->phase) {
    case KRX_OCI_RUNNING:
    case KRX_OCI_PAUSED:
        return krx_oci_process_alive(&container->init) ? container->phase : KRX_OCI_EXITED;
    case KRX_OCI_WAITING:
        return krx_oci_process_alive(&container->conmon) ? container->phase : KRX_OCI_EXITED;
    default:
        return container->phase;
    }
}

bool krx_oci_container_lost(const krx_oci_container *container, int phase)
{
    if (container->phase == KRX_OCI_REMOVING)
        return false;
    bool unsettled = container->phase != KRX_OCI_EXITED || container->restart_asked;
    return container->starting ||
           (phase == KRX_OCI_EXITED && unsettled && !krx_oci_process_alive(&container->conmon));
}
