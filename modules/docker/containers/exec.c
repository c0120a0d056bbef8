/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/containers/exec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"
#include "modules/docker/backend/jsonw.h"
#include "modules/docker/containers/events.h"

#define SETTLE_NS (50 * KRX_NS_PER_MS)
#define SETTLE_TRIES 100
#define END_NS KRX_NS_PER_S

/* The first that runs, by replica. */
static int32_t choose(krx_call *call, const krx_exec_req *req, const krx_dk_targets *targets,
                      const krx_replica **out)
{
    for (size_t i = 0; i < targets->count; i++) {
        if (targets->items[i]->phase == KRX_REPLICA_RUNNING) {
            *out = targets->items[i];
            return 0;
        }
    }
    return krx_fail(call, KRX_E_FAILED_PRECONDITION, "no container of '%s' is running (%s: %s)",
                    req->ref.workload ? req->ref.workload : req->ref.instance,
                    targets->items[0]->name, targets->items[0]->status);
}

static void write_exec(krx_dk_json *json, const krx_exec_req *req)
{
    krx_dk_json_open(json, NULL, '{');
    krx_dk_json_bool(json, "AttachStdin", req->stdin_fd >= 0);
    krx_dk_json_bool(json, "AttachStdout", true);
    krx_dk_json_bool(json, "AttachStderr", true);
    krx_dk_json_bool(json, "Tty", req->tty);
    krx_dk_json_texts(json, "Cmd", req->argv);
    krx_dk_json_env(json, "Env", req->env);
    if (!krx_blank(req->working_dir))
        krx_dk_json_text(json, "WorkingDir", req->working_dir);
    if (!krx_blank(req->user))
        krx_dk_json_text(json, "User", req->user);
    krx_dk_json_close(json, '}');
}

static int32_t create_exec(krx_call *call, krx_dk_backend *backend, const krx_exec_req *req,
                           const krx_replica *container, cJSON **answer)
{
    KRX_DK_PATH(path, "/containers", container->id, "/exec");
    krx_auto_dk_json krx_dk_json json = {0};
    krx_auto_str krx_str what = {0};
    write_exec(&json, req);
    krx_str_addf(&what, "running %s in container %s", req->argv[0], container->name);
    if (krx_str_failed(&path) || krx_str_failed(&json.text) || krx_str_failed(&what))
        return krx_no_memory(call);
    return krx_dk_post(call, backend, krx_str_get(&path), krx_str_get(&what),
                       krx_str_get(&json.text), answer);
}

/* What a session is resized through. */
typedef struct window {
    krx_dk_backend *backend;
    const krx_exec_req *req;
    const char *kind; /* "/exec" or "/containers" */
    const char *id;
} window;

static void resize(void *ctx, krx_call *call)
{
    const window *w = ctx;
    uint32_t rows = 0, columns = 0;
    if (!w->req->window_size)
        return;
    w->req->window_size(w->req->window_ctx, &rows, &columns);
    if (!rows || !columns)
        return;
    KRX_DK_PATH(path, w->kind, w->id, "/resize");
    krx_url_queryf(&path, "h", "%" PRIu32, rows);
    krx_url_queryf(&path, "w", "%" PRIu32, columns);
    if (!krx_str_failed(&path) &&
        krx_dk_post(call, w->backend, krx_str_get(&path), "resizing the terminal", NULL, NULL))
        krx_forgive(call);
}

/* `how`: its input, and whether it has a terminal. */
static int32_t run_session(krx_call *call, krx_dk_backend *backend, const krx_exec_req *req,
                           window *w, const krx_engine_session *how,
                           const krx_engine_request *request)
{
    krx_engine_session session = *how;
    session.stdout_fd = req->stdout_fd;
    session.stderr_fd = req->stderr_fd;
    session.resize_fd = session.tty ? req->resize_fd : -1;
    session.resize = session.tty ? resize : NULL;
    session.resize_ctx = w;
    return krx_engine_attach(call, backend->engine, request, &session);
}

/* The engine notes the end a little after the stream has ended. */
static int32_t await_exit(krx_call *call, krx_dk_backend *backend, const char *id,
                          krx_exec_result *result)
{
    KRX_DK_PATH(path, "/exec", id, "/json");
    for (int i = 0; i < SETTLE_TRIES; i++) {
        krx_auto_json cJSON *json = NULL;
        int32_t code = krx_engine_get(call, backend->engine, krx_str_get(&path),
                                      "asking how the command ended", &json);
        if (code)
            return code;
        if (!krx_json_bool(json, "Running", false)) {
            result->exit_code = (int32_t)krx_json_int(json, "ExitCode", -1);
            return 0;
        }
        if ((code = krx_sleep(call, SETTLE_NS)) < 0)
            return code;
    }
    return krx_fail(call, KRX_E_UNKNOWN, "the connection to the command ended while it still runs");
}

int32_t krx_dk_exec_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result)
{
    krx_dk_backend *be = backend;
    krx_auto_dk_targets krx_dk_targets targets = {0};
    krx_auto_json cJSON *answer = NULL;
    const krx_replica *container = NULL;
    krx_exec_result item = {.struct_size = sizeof item};
    if (!req->argv || !req->argv[0])
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "exec needs a command");
    int32_t code = krx_dk_resolve(call, be, &req->ref, &targets);
    if (!code)
        code = choose(call, req, &targets, &container);
    if (!code)
        code = create_exec(call, be, req, container, &answer);
    if (code)
        return code;
    const char *id = krx_json_text(answer, "Id");
    window w = {.backend = be, .req = req, .kind = "/exec", .id = id};
    KRX_DK_PATH(path, "/exec", id, "/start");
    const char *body =
        req->tty ? "{\"Detach\":false,\"Tty\":true}" : "{\"Detach\":false,\"Tty\":false}";
    krx_engine_request request = {.method = "POST",
                                  .path = krx_str_get(&path),
                                  .what = "running the command",
                                  .body = body,
                                  .body_length = strlen(body)};
    krx_engine_session how = {.stdin_fd = req->stdin_fd, .tty = req->tty};
    code = krx_str_failed(&path) ? krx_no_memory(call)
                                 : run_session(call, be, req, &w, &how, &request);
    if (!code)
        code = await_exit(call, be, id, &item);
    return code ? code : krx_emit(result, KRX_ITEM_EXEC, &item);
}

/* --------------------------------------------------------------------------------------- attach */

static int32_t take_code(void *ctx, const cJSON *message)
{
    const cJSON *facts = krx_json_object(krx_json_object(message, "Actor"), "Attributes");
    const char *code = krx_json_text(facts, "exitCode");
    if (!*code)
        return 0;
    *(int64_t *)ctx = strtoll(code, NULL, 10);
    return 1;
}

/* How the run ended that began at `started_ns`, although it may run again by now. The session's end
 * comes a moment before the engine's note of it. */
static bool end_of_run(krx_call *call, krx_dk_backend *backend, const char *id, int64_t started_ns,
                       int64_t *exit_code)
{
    krx_side_call side;
    krx_call *own = krx_side_call_init(&side, call);
    krx_auto_dk_json krx_dk_json filters = {0};
    krx_auto_str krx_str path = {0};
    int64_t until = krx_now_monotonic() + END_NS;
    if (own->deadline_ns == KRX_NO_DEADLINE || own->deadline_ns > until)
        own->deadline_ns = until;
    krx_dk_json_open(&filters, NULL, '{');
    krx_dk_json_texts(&filters, "container", (const char *const[]){id, NULL});
    krx_dk_json_texts(&filters, "event", (const char *const[]){"die", NULL});
    krx_dk_json_close(&filters, '}');
    krx_str_add(&path, "/events");
    krx_url_query(&path, "filters", krx_str_get(&filters.text));
    krx_dk_event_time(&path, "since", started_ns);
    if (krx_str_failed(&filters.text) || krx_str_failed(&path))
        return false;
    krx_engine_request request = {.path = krx_str_get(&path), .what = "reading events"};
    return krx_engine_messages(own, backend->engine, &request, take_code, exit_code) == 1;
}

static int32_t emit_if_ended(krx_call *call, krx_dk_backend *backend, const char *id,
                             int64_t started_ns, krx_sink *result)
{
    int64_t exit_code;
    krx_auto_json cJSON *json = NULL;
    krx_exec_result item = {.struct_size = sizeof item};
    int32_t code = krx_dk_inspect_json(call, backend, id, &json);
    const cJSON *state = krx_json_object(json, "State");
    if (code && code != KRX_E_NOT_FOUND)
        return code;
    if (!code && !krx_json_bool(state, "Running", false))
        exit_code = krx_json_int(state, "ExitCode", 0);
    else if (!end_of_run(call, backend, id, started_ns, &exit_code))
        return krx_forgive(call);
    (void)krx_forgive(call);
    item.exit_code = (int32_t)exit_code;
    return krx_emit(result, KRX_ITEM_EXEC, &item);
}

/* Where others may bring more input its end would only part us from the output. */
static krx_engine_session how_to_attach(krx_call *call, const krx_exec_req *req,
                                        const krx_replica *container, const cJSON *json)
{
    const cJSON *config = krx_json_object(json, "Config");
    krx_engine_session how = {.stdin_fd = req->stdin_fd,
                              .tty = krx_json_bool(config, "Tty", false),
                              .input_stays = !krx_json_bool(config, "StdinOnce", false)};
    if (how.stdin_fd >= 0 && !krx_json_bool(config, "OpenStdin", false)) {
        krx_log(call, KRX_LOG_WARN,
                "container %s was made without an input ('stdin: true'), only its output comes",
                container->name);
        how.stdin_fd = -1;
    }
    return how;
}

int32_t krx_dk_attach_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result)
{
    krx_dk_backend *be = backend;
    krx_auto_dk_targets krx_dk_targets targets = {0};
    krx_auto_json cJSON *json = NULL;
    const krx_replica *container = NULL;
    int64_t started_ns = 0;
    bool left = false;
    int32_t code = krx_dk_resolve(call, be, &req->ref, &targets);
    if (!code)
        code = choose(call, req, &targets, &container);
    if (!code)
        code = krx_dk_inspect_json(call, be, container->id, &json);
    if (code)
        return code;
    (void)krx_time_parse(krx_json_text(krx_json_object(json, "State"), "StartedAt"), &started_ns);
    krx_engine_session how = how_to_attach(call, req, container, json);
    how.left = &left;
    window w = {.backend = be, .req = req, .kind = "/containers", .id = container->id};
    KRX_DK_PATH(path, "/containers", container->id, "/attach?stream=1&stdout=1&stderr=1");
    krx_url_query(&path, "stdin", how.stdin_fd >= 0 ? "1" : NULL);
    if (krx_str_failed(&path))
        return krx_no_memory(call);
    krx_engine_request request = {
        .method = "POST", .path = krx_str_get(&path), .what = "attaching to the container"};
    code = run_session(call, be, req, &w, &how, &request);
    return code || left ? code : emit_if_ended(call, be, container->id, started_ns, result);
}
