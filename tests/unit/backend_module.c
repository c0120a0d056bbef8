/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module for tests of the registry, built under several names (IDENT, NAME). Its settings say how
 * it behaves; what happens to it goes as one line each to the file named by KRX_TEST_MARKER.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <kranix/module.h>

static char mode[32];

static void mark(const char *what, const char *text)
{
    char line[512];
    const char *path = getenv("KRX_TEST_MARKER");
    int fd = path ? open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    int length = snprintf(line, sizeof line, "%s %s%s%s\n", NAME, what, *text ? " " : "", text);
    if (write(fd, line, (size_t)length) != length)
        abort();
    close(fd);
}

static int32_t mod_load(krx_call *call, const krx_host *host)
{
    (void)call, (void)host;
    mark("load", "");
    return 0;
}

static void mod_unload(void)
{
    mark("unload", "");
}

static int32_t mod_open(krx_call *call, const krx_open_req *req, void **backend)
{
    char text[400] = "";
    const char *wanted = krx_setting_get(req, "mode");
    for (size_t i = 0; req->settings[i]; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s=%s;",
                       req->settings[i]->key, req->settings[i]->value);
    (void)snprintf(mode, sizeof mode, "%s", wanted ? wanted : "ok");
    mark("open", text);
    *backend = mode;
    if (strcmp(mode, "open-fails") == 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "no engine today");
    if (strcmp(mode, "open-odd") == 0)
        return 5;
    if (strcmp(mode, "open-no-code") == 0) {
        (void)snprintf(call->error->message, sizeof call->error->message, "only words");
        return KRX_E_UNAVAILABLE;
    }
    if (strcmp(mode, "open-waits-for-cancel") == 0) {
        struct pollfd cancel = {.fd = call->cancel_fd, .events = POLLIN};
        (void)poll(&cancel, 1, -1);
        return krx_fail(call, KRX_E_CANCELLED, "someone cancelled");
    }
    if (strcmp(mode, "open-hangs") == 0)
        return krx_sleep(call, -1);
    return 0;
}

static void mod_close(void *backend)
{
    (void)backend;
    mark("close", "");
}

static int32_t mod_ping(krx_call *call, void *backend, const krx_ping_req *req, krx_sink *out)
{
    const krx_latency latency = {.struct_size = sizeof latency, .latency_ns = 1};
    (void)backend, (void)req;
    mark("ping", "");
    if (strcmp(mode, "down") == 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "%s is down", NAME);
    if (strcmp(mode, "hang") == 0)
        return krx_sleep(call, -1);
    return krx_emit(out, KRX_ITEM_LATENCY, &latency);
}

#define OP(name, request)                                                                          \
    static int32_t mod_##name(krx_call *call, void *backend, const request *req, krx_sink *out)    \
    {                                                                                              \
        (void)backend, (void)req, (void)out;                                                       \
        return krx_fail(call, KRX_E_UNIMPLEMENTED, #name);                                         \
    }
OP(deploy, krx_deploy_req)
OP(destroy, krx_destroy_req)
OP(restart, krx_restart_req)
OP(get_status, krx_status_req)
OP(list_workloads, krx_list_req)
OP(stream_logs, krx_logs_req)
OP(backend, krx_backend_req)

static const krx_driver_ops driver = {.struct_size = sizeof driver,
                                      .deploy = mod_deploy,
                                      .destroy = mod_destroy,
                                      .restart = mod_restart,
                                      .get_status = mod_get_status,
                                      .list_workloads = mod_list_workloads,
                                      .stream_logs = mod_stream_logs,
                                      .ping = mod_ping,
                                      .backend = mod_backend};

#define SETTING(id, type_, name_, secret_)                                                         \
    static const krx_setting id = {.struct_size = sizeof(krx_setting),                             \
                                   .type = (type_),                                                \
                                   .name = name_,                                                  \
                                   .help = "For the test",                                         \
                                   .secret = (secret_)}
SETTING(set_mode, KRX_SETTING_STRING, "mode", 0);
SETTING(set_host, KRX_SETTING_STRING, "host", 0);
SETTING(set_wait, KRX_SETTING_DURATION, "wait", 0);
SETTING(set_big, KRX_SETTING_BYTES, "big", 0);
SETTING(set_flag, KRX_SETTING_BOOL, "flag", 0);
SETTING(set_path, KRX_SETTING_PATH, "path", 0);
static const krx_setting *const settings[] = {&set_mode, &set_host, &set_wait, &set_big,
                                              &set_flag, &set_path, NULL};

KRX_MODULE(IDENT, NAME, "1.0.0", 0, .thread_model = KRX_THREADS_PARALLEL,
           .description = "for tests", .license = "Apache-2.0", .settings = settings,
           .load = mod_load, .unload = mod_unload, .open = mod_open, .close = mod_close,
           .driver = &driver);
