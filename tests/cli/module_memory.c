/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backend for the tests of the command line: workloads are files of a folder, and their names
 * say how they behave. broken-*: Failed; never-*: Pending for ever; away-*: deploy can't reach the
 * backend; hang-*: ops wait until the call ends.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <kranix/module.h>

#define TEXT_MAX 65536

typedef struct memory {
    char dir[512];
} memory;

static const krx_setting dir_setting = {.struct_size = sizeof dir_setting,
                                        .type = KRX_SETTING_STRING,
                                        .name = "dir",
                                        .help = "Folder of the workloads"};
static const krx_setting *const settings[] = {&dir_setting, NULL};

static int32_t memory_open(krx_call *call, const krx_open_req *req, void **backend)
{
    const char *dir = krx_setting_get(req, "dir");
    memory *m = calloc(1, sizeof *m);
    if (!m || !dir)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "setting dir is missing");
    (void)snprintf(m->dir, sizeof m->dir, "%s", dir);
    *backend = m;
    return 0;
}

static void memory_close(void *backend)
{
    free(backend);
}

static int starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void path_of(const memory *m, const char *ns, const char *name, char out[1024])
{
    (void)snprintf(out, 1024, "%s/%s.%s", m->dir, ns, name);
}

/* First line: image, replicas, state. The rest: the spec. */
static int load(const memory *m, const char *ns, const char *name, char image[256],
                long long *replicas, char state[32], char spec[TEXT_MAX])
{
    char path[1024];
    path_of(m, ns, name, path);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    int fields = fscanf(file, "%255s %lld %31s ", image, replicas, state);
    size_t length = fread(spec, 1, TEXT_MAX - 1, file);
    spec[length] = '\0';
    (void)fclose(file);
    return fields == 3;
}

static int32_t store(krx_call *call, const memory *m, const char *ns, const char *name,
                     const char *image, long long replicas, const char *state, const char *spec)
{
    char path[1024];
    path_of(m, ns, name, path);
    FILE *file = fopen(path, "we");
    if (!file)
        return krx_fail(call, KRX_E_UNAVAILABLE, "writing %s: %s", path, strerror(errno));
    (void)fprintf(file, "%s %lld %s\n%s", image, replicas, state, spec);
    return fclose(file) == 0 ? 0 : krx_fail(call, KRX_E_UNAVAILABLE, "writing %s", path);
}

static int32_t missing(krx_call *call, const krx_ref *ref)
{
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no workload '%s' in namespace '%s'",
                    ref->workload ? ref->workload : ref->instance, ref->namespace_);
}

static int32_t emit_status(const memory *m, const char *ns, const char *name, krx_sink *out)
{
    char image[256], state[32], spec[TEXT_MAX], names[2][128];
    krx_instance instances[2];
    const krx_instance *list[3] = {NULL};
    long long replicas;
    if (!load(m, ns, name, image, &replicas, state, spec))
        return KRX_E_NOT_FOUND;
    for (long long i = 0; i < replicas && i < 2; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s-%lld", name, i + 1);
        instances[i] = (krx_instance){.struct_size = sizeof instances[i],
                                      .managed = 1,
                                      .id = names[i],
                                      .name = names[i],
                                      .workload = name,
                                      .namespace_ = ns,
                                      .image = image,
                                      .state = state,
                                      .message = starts(name, "broken-") ? "no such file" : NULL,
                                      .replica = i + 1,
                                      .restarts = 0,
                                      .exit_code = KRX_UNSET,
                                      .created_ns = 1700000000000000000,
                                      .started_ns = 1700000000000000000};
        list[i] = &instances[i];
    }
    krx_status status = {.struct_size = sizeof status,
                         .managed = 1,
                         .id = name,
                         .name = name,
                         .namespace_ = ns,
                         .state = state,
                         .image = image,
                         .replicas = replicas,
                         .ready_replicas = strcmp(state, "Running") == 0 ? replicas : 0,
                         .created_ns = 1700000000000000000,
                         .last_updated_ns = 1700000000000000000,
                         .instances = list,
                         .spec_json = spec,
                         .last_schedule_ns = KRX_UNSET};
    return krx_emit(out, KRX_ITEM_STATUS, &status);
}

static int32_t change(krx_sink *out, uint32_t action, const char *object, const char *field)
{
    krx_change item = {.struct_size = sizeof item,
                       .action = action,
                       .kind = "file",
                       .object = object,
                       .field = field};
    return krx_emit(out, KRX_ITEM_CHANGE, &item);
}

static int32_t memory_deploy(krx_call *call, void *backend, const krx_deploy_req *req,
                             krx_sink *out)
{
    char image[256], state[32], spec[TEXT_MAX];
    const krx_workload *w = req->spec;
    const char *name = w->name, *ns = w->namespace_;
    long long replicas;
    if (starts(name, "away-"))
        return krx_fail(call, KRX_E_UNAVAILABLE, "nobody answers");
    if (starts(name, "hang-"))
        return krx_sleep(call, -1);
    uint32_t action = KRX_CHANGE_CREATE;
    if (load(backend, ns, name, image, &replicas, state, spec))
        action = strcmp(spec, req->spec_json) == 0 ? KRX_CHANGE_NONE : KRX_CHANGE_REPLACE;
    (void)change(req->changes, action, name, action == KRX_CHANGE_REPLACE ? "image" : NULL);
    if (req->flags & KRX_DEPLOY_DRY_RUN)
        return 0;
    krx_progress progress = {.struct_size = sizeof progress,
                             .done = 1,
                             .phase = "pull",
                             .id = "layer1",
                             .text = "pulled",
                             .current = 10,
                             .total = 10,
                             .unit = "bytes"};
    (void)krx_emit(call->progress, KRX_ITEM_PROGRESS, &progress);
    const char *now = starts(name, "broken-")  ? "Failed"
                      : starts(name, "never-") ? "Pending"
                                               : "Running";
    int32_t code = store(call, backend, ns, name, w->image, w->replicas, now, req->spec_json);
    return code ? code : emit_status(backend, ns, name, out);
}

static int32_t memory_destroy(krx_call *call, void *backend, const krx_destroy_req *req,
                              krx_sink *none)
{
    char path[1024];
    (void)none;
    path_of(backend, req->ref.namespace_, req->ref.workload, path);
    return unlink(path) == 0 ? 0 : missing(call, &req->ref);
}

static int32_t set_state(krx_call *call, const memory *m, const krx_ref *ref, const char *to)
{
    char image[256], state[32], spec[TEXT_MAX];
    long long replicas;
    if (!ref->workload || !load(m, ref->namespace_, ref->workload, image, &replicas, state, spec))
        return missing(call, ref);
    return store(call, m, ref->namespace_, ref->workload, image, replicas, to, spec);
}

static int32_t memory_restart(krx_call *call, void *backend, const krx_restart_req *req,
                              krx_sink *none)
{
    (void)none;
    return set_state(call, backend, &req->ref, "Running");
}

static int32_t memory_start(krx_call *call, void *backend, const krx_container_req *req,
                            krx_sink *none)
{
    (void)none;
    return set_state(call, backend, &req->ref, "Running");
}

static int32_t memory_stop(krx_call *call, void *backend, const krx_container_req *req,
                           krx_sink *none)
{
    (void)none;
    return set_state(call, backend, &req->ref, "Stopped");
}

static int32_t memory_get_status(krx_call *call, void *backend, const krx_status_req *req,
                                 krx_sink *out)
{
    int32_t code = emit_status(backend, req->ref.namespace_, req->ref.workload, out);
    return code == KRX_E_NOT_FOUND ? missing(call, &req->ref) : code;
}

static int32_t memory_list(krx_call *call, void *backend, const krx_list_req *req, krx_sink *out)
{
    const memory *m = backend;
    DIR *dir = opendir(m->dir);
    struct dirent *entry;
    int32_t code = 0;
    if (!dir)
        return krx_fail(call, KRX_E_UNAVAILABLE, "folder %s: %s", m->dir, strerror(errno));
    while (code == 0 && (entry = readdir(dir)) != NULL) {
        char ns[256], *dot;
        (void)snprintf(ns, sizeof ns, "%s", entry->d_name);
        dot = strchr(ns, '.');
        if (!dot || dot == ns || !dot[1])
            continue;
        *dot = '\0';
        if (!req->namespace_ || strcmp(req->namespace_, ns) == 0)
            code = emit_status(m, ns, dot + 1, out);
    }
    (void)closedir(dir);
    return code;
}

static int32_t emit_line(krx_sink *out, const char *instance, long long replica, const char *text)
{
    krx_log_chunk chunk = {.struct_size = sizeof chunk,
                           .stream = KRX_STREAM_STDOUT,
                           .instance = instance,
                           .replica = replica,
                           .time_ns = 1700000000000000000,
                           .dropped = strcmp(text, "gap\n") == 0,
                           .data = text,
                           .length = strlen(text)};
    return krx_emit(out, KRX_ITEM_LOG, &chunk);
}

static int32_t memory_logs(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *out)
{
    char image[256], state[32], spec[TEXT_MAX], instance[128];
    long long replicas;
    if (!req->ref.workload ||
        !load(backend, req->ref.namespace_, req->ref.workload, image, &replicas, state, spec))
        return missing(call, &req->ref);
    for (long long i = 1; i <= replicas; i++) {
        if (req->ref.replica && req->ref.replica != i)
            continue;
        (void)snprintf(instance, sizeof instance, "%s-%lld", req->ref.workload, i);
        int32_t code = emit_line(out, instance, i, "half ");
        if (code == 0)
            code = emit_line(out, instance, i, "line\n");
        if (code == 0)
            code = emit_line(out, instance, i, "gap\n");
        if (code)
            return code;
    }
    return req->follow ? krx_sleep(call, -1) : 0;
}

static int32_t memory_ping(krx_call *call, void *backend, const krx_ping_req *req, krx_sink *out)
{
    krx_latency latency = {.struct_size = sizeof latency, .latency_ns = 1000000};
    const memory *m = backend;
    (void)req;
    if (access(m->dir, R_OK) < 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "folder %s: %s", m->dir, strerror(errno));
    return krx_emit(out, KRX_ITEM_LATENCY, &latency);
}

static int32_t capability(krx_sink *out, uint32_t kind, const char *name, uint32_t level,
                          const char *reason)
{
    krx_capability item = {
        .struct_size = sizeof item, .kind = kind, .name = name, .level = level, .reason = reason};
    return krx_emit(out, KRX_ITEM_CAPABILITY, &item);
}

#define FIELD_(kind, member, key, type, def, allowed, flags, help)                                 \
    if (strcmp(key, "hostname") == 0)                                                              \
        (void)capability(req->capabilities, KRX_CAP_FIELD, key, KRX_CAP_UNSUPPORTED,               \
                         "files have no host name");                                               \
    else if (strcmp(key, "replicas") == 0)                                                         \
        (void)capability(req->capabilities, KRX_CAP_FIELD, key, KRX_CAP_EMULATED, "a number");     \
    else                                                                                           \
        (void)capability(req->capabilities, KRX_CAP_FIELD, key, KRX_CAP_NATIVE, NULL);

static int32_t memory_backend(krx_call *call, void *backend, const krx_backend_req *req,
                              krx_sink *out)
{
    const memory *m = backend;
    krx_backend_info info = {.struct_size = sizeof info,
                             .name = "memory",
                             .version = "7.1",
                             .api_version = "1",
                             .endpoint = m->dir};
    (void)call;
    KRX_FIELDS_workload(FIELD_) return krx_emit(out, KRX_ITEM_BACKEND, &info);
}

static int32_t memory_exec(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *out)
{
    char image[256], state[32], spec[TEXT_MAX];
    long long replicas;
    krx_exec_result result = {.struct_size = sizeof result};
    if (!req->ref.workload ||
        !load(backend, req->ref.namespace_, req->ref.workload, image, &replicas, state, spec))
        return missing(call, &req->ref);
    for (size_t i = 0; req->argv[i]; i++)
        (void)dprintf(req->stdout_fd, "%s%s", i ? " " : "", req->argv[i]);
    (void)dprintf(req->stdout_fd, "\n");
    result.exit_code = atoi(req->argv[0]);
    return krx_emit(out, KRX_ITEM_EXEC, &result);
}

static int32_t memory_stats(krx_call *call, void *backend, const krx_stats_req *req, krx_sink *out)
{
    krx_stats stats = {.struct_size = sizeof stats,
                       .instance = "web-1",
                       .time_ns = 1700000000000000000,
                       .cpu_total_ns = 5,
                       .cpu_cores = 0.25,
                       .cpu_limit_milli = KRX_UNSET,
                       .memory_bytes = 3 << 20,
                       .memory_cache_bytes = 0,
                       .memory_limit_bytes = KRX_UNSET,
                       .network_rx_bytes = 2048,
                       .network_tx_bytes = 0,
                       .block_read_bytes = 0,
                       .block_write_bytes = 0,
                       .pids = 3};
    (void)call;
    (void)backend;
    (void)req;
    return krx_emit(out, KRX_ITEM_STATS, &stats);
}

static const krx_driver_ops driver = {.struct_size = sizeof driver,
                                      .deploy = memory_deploy,
                                      .destroy = memory_destroy,
                                      .restart = memory_restart,
                                      .get_status = memory_get_status,
                                      .list_workloads = memory_list,
                                      .stream_logs = memory_logs,
                                      .ping = memory_ping,
                                      .backend = memory_backend};
static const krx_container_ops container = {.struct_size = sizeof container,
                                            .start = memory_start,
                                            .stop = memory_stop,
                                            .exec = memory_exec,
                                            .stats = memory_stats};

KRX_MODULE(memory, "memory", "1.0.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "Workloads as files, for tests", .license = "Apache-2.0",
           .settings = settings, .open = memory_open, .close = memory_close, .driver = &driver,
           .container = &container);
