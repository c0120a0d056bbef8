/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a port inside: the keeper's, which enters the container's network. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "lib/json/json.h"
#include "modules/oci/containers/session.h"

#define WORDS_MAX ((size_t)16 << 10)

/* What it says of itself; it closes that when it ends. */
static int32_t read_words(krx_call *call, int fd, krx_str *words)
{
    char piece[1024];
    for (;;) {
        krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_READ};
        int32_t code = call->host->wait(call->host, call, &w, 1, -1);
        if (code < 0)
            return code;
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return 0;
        if (words->length < WORDS_MAX)
            krx_str_addn(words, piece, (size_t)n);
    }
}

static int32_t judge(krx_call *call, const krx_forward_req *req, const krx_oci_container *c,
                     const krx_child *child, const krx_str *words)
{
    if (child->status == 0)
        return 0;
    krx_auto_json cJSON *json = cJSON_ParseWithLength(krx_str_get(words), words->length);
    const cJSON *error = krx_json_object(json, "error");
    int64_t code = krx_json_int(error, "code", KRX_E_UNAVAILABLE);
    const char *message = krx_json_text(error, "message"), *hint = krx_json_text(error, "hint");
    if (code >= 0 || code < KRX_E_LAST_)
        code = KRX_E_UNAVAILABLE;
    krx_fail(call, (int32_t)code, "connecting to port %" PRId64 " of container %s: %s", req->port,
             c->name, *message ? message : "the keeper ended without a word");
    return *hint ? krx_hint(call, "%s", hint) : call->error->code;
}

static int32_t connect_through(krx_call *call, const krx_forward_req *req,
                               const krx_oci_container *c, const char *const *argv)
{
    krx_auto_str krx_str words = {0};
    krx_child child = {.struct_size = sizeof child, .pidfd = -1};
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no pipe: %s", strerror(errno));
    krx_autoclose int words_fd = fds[0];
    krx_spawn_req spawn = {.struct_size = sizeof spawn,
                           .argv = argv,
                           .stdin_fd = req->fd,
                           .stdout_fd = req->fd,
                           .stderr_fd = fds[1]};
    int32_t code = call->host->spawn(call->host, call, &spawn, &child);
    close(fds[1]);
    if (code < 0)
        return code;
    code = read_words(call, words_fd, &words);
    krx_error kept = *call->error;
    int32_t reaped = call->host->reap(call->host, call, &child);
    if (code < 0) {
        *call->error = kept;
        return code;
    }
    return reaped ? reaped : judge(call, req, c, &child, &words);
}

static int32_t fail_way_in(krx_call *call, const krx_oci_runtime *runtime)
{
    krx_fail(call, KRX_E_UNSUPPORTED,
             "without root nothing leads into the network of %s's containers but published ports",
             runtime->name);
    return krx_hint(call, "publish the port in the spec, or use crun or runc");
}

/* What the runtime can't is told before what is not there. */
static int32_t choose(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                      const krx_ref *ref, krx_oci_container **out)
{
    const krx_oci_runtime *usual;
    krx_oci_runtime its;
    krx_side_call side;
    int32_t code = krx_oci_choose_running(call, arena, backend, ref, out);
    if (code == KRX_E_NOT_FOUND)
        return krx_oci_backend_ready(krx_side_call_init(&side, call), backend, &usual) ||
                       !krx_oci_own_stack(usual)
                   ? code
                   : fail_way_in(call, usual);
    if (!code)
        code = krx_oci_runtime_of(call, arena, backend, *out, &its);
    return !code && krx_oci_own_stack(&its) && !krx_streq((*out)->network, "host")
               ? fail_way_in(call, &its)
               : code;
}

int32_t krx_oci_forward_op(krx_call *call, void *backend, const krx_forward_req *req,
                           krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_backend *be = backend;
    krx_oci_container *c = NULL;
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    if (req->port < 1 || req->port > 65535)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%" PRId64 " is no port", req->port);
    int32_t code = choose(call, arena, be, &req->ref, &c);
    if (code)
        return code;
    const char *argv[] = {be->choice.keeper, "connect",
                          krx_oci_path(arena, &be->store, "containers", c->id, NULL),
                          krx_arena_printf(arena, "%" PRId64, req->port), NULL};
    return argv[2] && argv[3] ? connect_through(call, req, c, argv) : krx_no_memory(call);
}
