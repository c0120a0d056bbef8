/* SPDX-License-Identifier: Apache-2.0 */
/* exec, attach and forward: sessions with the container that stands for a pod. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/kube/session/stream.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/sessions/choose.h"

#define SETTLE_NS (250 * KRX_NS_PER_MS)
#define SETTLE_TRIES 20

/* ----------------------------------------------------------------------------------------- exec */

static int32_t check_options(krx_call *call, const krx_exec_req *req)
{
    if (!req->argv || krx_blank(req->argv[0]))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "exec needs a command");
    if (!krx_blank(req->user))
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "user: Kubernetes runs a command as the container's own user only");
    if (krx_blank(req->working_dir))
        return 0;
    (void)krx_fail(call, KRX_E_UNSUPPORTED,
                   "workingDir: Kubernetes runs a command in the container's own folder only");
    return krx_hint(call, "where the container has a shell: sh -c 'cd %s && ...'",
                    req->working_dir);
}

static int32_t check_variable(krx_call *call, const krx_exec_req *req, const krx_kv *pair)
{
    if (krx_blank(pair->key) || *pair->key == '-' || strchr(pair->key, '='))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "env: '%s' can't be a variable's name",
                        pair->key ? pair->key : "");
    if (strchr(req->argv[0], '='))
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "env: not with a program whose name has a '=' (%s)", req->argv[0]);
    return 0;
}

/* Kubernetes offers no variables: env(1) of the container sets them. No shell reads them. */
static int32_t command_of(krx_call *call, krx_arena *arena, const krx_exec_req *req,
                          const char *const **out)
{
    krx_ptrs all = {0};
    int32_t failed = 0;
    *out = req->argv;
    if (!req->env || !req->env[0])
        return 0;
    failed |= krx_ptrs_add(arena, &all, "env");
    for (size_t i = 0; req->env[i]; i++) {
        int32_t code = check_variable(call, req, req->env[i]);
        if (code)
            return code;
        const char *value = req->env[i]->value ? req->env[i]->value : "";
        failed |=
            krx_ptrs_add(arena, &all, krx_arena_printf(arena, "%s=%s", req->env[i]->key, value));
    }
    for (size_t i = 0; req->argv[i]; i++)
        failed |= krx_ptrs_add(arena, &all, req->argv[i]);
    *out = (const char *const *)krx_ptrs_end(arena, &all);
    return failed || krx_arena_failed(arena) ? krx_no_memory(call) : 0;
}

/* 127 and 126, as a shell and docker have them, when the program can't be started; else 0. */
static int32_t status_of_start(const char *message)
{
    static const struct {
        const char *text;
        int32_t status;
    } causes[] = {{"executable file not found", 127},
                  {"no such file or directory", 127},
                  {"permission denied", 126},
                  {"exec format error", 126},
                  {"is a directory", 126},
                  {"not a directory", 126}};
    const char *text = strstr(message, "exec failed");
    for (size_t i = 0; text && i < KRX_COUNT(causes); i++)
        if (strstr(text, causes[i].text))
            return causes[i].status;
    return 0;
}

/* What the runtime says of it, without the layers in front, goes where the command would write. */
static void print_cause(const krx_exec_req *req, const char *message)
{
    krx_auto_str krx_str text = {0};
    int fd = req->tty || req->stderr_fd < 0 ? req->stdout_fd : req->stderr_fd;
    const char *from = strstr(message, "exec: \"");
    if (!from)
        from = message;
    size_t length = strlen(from);
    static const char tail[] = ": unknown";
    if (length > sizeof tail && strcmp(from + length - (sizeof tail - 1), tail) == 0)
        length -= sizeof tail - 1;
    krx_str_addn(&text, from, length);
    krx_str_add(&text, req->tty ? "\r\n" : "\n");
    if (fd >= 0 && !krx_str_failed(&text))
        (void)krx_write_all(fd, text.data, text.length);
}

static krx_kube_session_options options_for(const krx_exec_req *req, const krx_k8s_chosen *chosen)
{
    return (krx_kube_session_options){.namespace_ = chosen->namespace_,
                                      .pod = chosen->pod_name,
                                      .container = chosen->container_name,
                                      .tty = req->tty,
                                      .stdin_fd = req->stdin_fd,
                                      .stdout_fd = req->stdout_fd,
                                      .stderr_fd = req->stderr_fd,
                                      .resize_fd = req->tty ? req->resize_fd : -1,
                                      .window_size = req->window_size,
                                      .window_ctx = req->window_ctx};
}

int32_t krx_k8s_exec_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result)
{
    krx_k8s_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_chosen krx_k8s_chosen chosen = {0};
    krx_exec_result item = {.struct_size = sizeof item};
    const char *const *argv;
    int64_t status;
    int32_t code = arena ? check_options(call, req) : krx_no_memory(call);
    if (!code)
        code = command_of(call, arena, req, &argv);
    if (!code)
        code = krx_k8s_choose(call, be, arena, &req->ref, &chosen);
    if (code)
        return code;
    krx_kube_session_options options = options_for(req, &chosen);
    options.argv = argv;
    code = krx_kube_session(call, be->kube, &options, &status);
    if (code < 0 && (status = status_of_start(call->error->message)) != 0) {
        print_cause(req, call->error->message);
        code = krx_forgive(call);
    }
    if (code)
        return code;
    item.exit_code = (int32_t)status;
    return krx_emit(result, KRX_ITEM_EXEC, &item);
}

/* --------------------------------------------------------------------------------------- attach */

/* How the run ended that `id` names; KRX_UNSET while it goes on. */
static int64_t end_of_run(const cJSON *pod, const char *container, const char *id)
{
    static const char *const states[] = {"state", "lastState"};
    const cJSON *status = krx_k8s_container_status(pod, "containerStatuses", container);
    for (size_t i = 0; i < KRX_COUNT(states); i++) {
        const cJSON *ended = krx_json_object(krx_json_object(status, states[i]), "terminated");
        if (ended && krx_streq(krx_json_text(ended, "containerID"), id))
            return krx_json_int(ended, "exitCode", 0);
    }
    return KRX_UNSET;
}

/* The API server hears of the end a little after the stream has ended. */
static int32_t emit_if_ended(krx_call *call, krx_k8s_backend *backend, const krx_k8s_chosen *chosen,
                             krx_sink *result)
{
    krx_kube_ref ref = {
        .kind = KRX_KUBE_POD, .namespace_ = chosen->namespace_, .name = chosen->pod_name};
    const cJSON *before =
        krx_k8s_container_status(chosen->pod, "containerStatuses", chosen->container_name);
    const char *id = krx_json_text(before, "containerID");
    for (int i = 0; i < SETTLE_TRIES; i++) {
        krx_auto_json cJSON *pod = NULL;
        int32_t code = krx_kube_look(call, backend->kube, &ref, &pod);
        if (code || !pod)
            return code;
        int64_t status = end_of_run(pod, chosen->container_name, id);
        if (status != KRX_UNSET) {
            krx_exec_result item = {.struct_size = sizeof item, .exit_code = (int32_t)status};
            return krx_emit(result, KRX_ITEM_EXEC, &item);
        }
        if ((code = krx_sleep(call, SETTLE_NS)) < 0)
            return code;
    }
    return 0;
}

int32_t krx_k8s_attach_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result)
{
    krx_k8s_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_chosen krx_k8s_chosen chosen = {0};
    int64_t status;
    int32_t code =
        arena ? krx_k8s_choose(call, be, arena, &req->ref, &chosen) : krx_no_memory(call);
    if (code)
        return code;
    krx_kube_session_options options = options_for(req, &chosen);
    options.tty = krx_json_bool(chosen.container, "tty", false);
    options.resize_fd = options.tty ? req->resize_fd : -1;
    /* where others may bring more input its end would only part us from the output */
    options.input_stays = !krx_json_bool(chosen.container, "stdinOnce", false);
    if (options.stdin_fd >= 0 && !krx_json_bool(chosen.container, "stdin", false)) {
        krx_log(call, KRX_LOG_WARN,
                "pod %s: its container was made without an input, only its output comes",
                chosen.pod_name);
        options.stdin_fd = -1;
    }
    code = krx_kube_session(call, be->kube, &options, &status);
    return code ? code : emit_if_ended(call, be, &chosen, result);
}

/* -------------------------------------------------------------------------------------- forward */

int32_t krx_k8s_forward_op(krx_call *call, void *backend, const krx_forward_req *req,
                           krx_sink *none)
{
    krx_k8s_backend *be = backend;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_k8s_chosen krx_k8s_chosen chosen = {0};
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    if (req->port < 1 || req->port > UINT16_MAX)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "there is no port %" PRId64, req->port);
    int32_t code = krx_k8s_choose(call, be, arena, &req->ref, &chosen);
    if (code)
        return code;
    return krx_kube_forward(call, be->kube, chosen.namespace_, chosen.pod_name, (uint16_t)req->port,
                            req->fd);
}
