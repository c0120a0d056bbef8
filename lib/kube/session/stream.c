/* SPDX-License-Identifier: Apache-2.0 */
/* exec, attach and port-forward. */
#include "lib/kube/session/stream.h"

#include <inttypes.h>
#include <string.h>

#include "lib/kube/session/pump.h"

/* Servers from 1.30 on know the second name for it, too. */
#define FORWARD_PROTOCOLS "v4.channel.k8s.io, portforward.k8s.io"
#define FORWARD_PORT_BYTES 2 /* each channel begins with the port's number */

/* ------------------------------------------------------------------------------------- sessions */

static int32_t session_path(krx_call *call, krx_kube *kube, const krx_kube_session_options *o,
                            const krx_kube_ref *ref, krx_str *path)
{
    int32_t code = krx_kube_path(call, kube, ref, path);
    if (code < 0)
        return code;
    krx_url_query(path, "container", o->container);
    for (size_t i = 0; o->argv && o->argv[i]; i++)
        krx_url_query(path, "command", o->argv[i]);
    /* containerd loses output of a terminal that has no input */
    krx_url_query(path, "stdin", o->stdin_fd >= 0 || o->tty ? "true" : NULL);
    krx_url_query(path, "stdout", "true");
    krx_url_query(path, "stderr", o->tty ? NULL : "true");
    krx_url_query(path, "tty", o->tty ? "true" : NULL);
    return krx_str_failed(path) ? krx_no_memory(call) : 0;
}

/* Those that the path asks for. */
static uint8_t channels_of(const krx_kube_session_options *o)
{
    bool in = o->stdin_fd >= 0 || o->tty;
    return (uint8_t)(1u << 3 | 1u << 1 | (in ? 1u : 0u) | (o->tty ? 1u << 4 : 1u << 2));
}

/* "2" of the cause ExitCode; KRX_UNSET when the status names none. */
static int64_t exit_code_of(const cJSON *status)
{
    const cJSON *cause;
    cJSON_ArrayForEach (cause, krx_json_array(krx_json_object(status, "details"), "causes")) {
        const char *text = krx_json_text(cause, "message");
        char *end = NULL;
        if (!krx_streq(krx_json_text(cause, "reason"), "ExitCode") || !*text)
            continue;
        long code = strtol(text, &end, 10);
        if (!*end && code >= 0 && code <= UINT32_MAX) /* Windows has codes of 32 bits */
            return code;
    }
    return KRX_UNSET;
}

static int32_t judge(krx_call *call, const krx_pump *pump, bool attach, int64_t *exit_code)
{
    krx_auto_json cJSON *status =
        cJSON_ParseWithLength(krx_str_get(&pump->verdict), pump->verdict.length);
    if (!cJSON_IsObject(status)) {
        if (attach && !pump->verdict.length)
            return 0;
        (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: the connection ended before its end was told",
                       pump->what);
        return krx_hint(call, "whether the command has ended is not known");
    }
    int64_t code = exit_code_of(status);
    if (krx_streq(krx_json_text(status, "status"), "Success")) {
        if (!attach)
            *exit_code = 0;
        return 0;
    }
    if (code == KRX_UNSET)
        return krx_kube_fail_status(call, pump->what, status);
    *exit_code = code;
    return 0;
}

int32_t krx_kube_session(krx_call *call, krx_kube *kube, const krx_kube_session_options *o,
                         int64_t *exit_code)
{
    char what[400];
    krx_auto_str krx_str path = {0};
    bool attach = !o->argv;
    krx_kube_ref ref = {.kind = KRX_KUBE_POD,
                        .namespace_ = o->namespace_,
                        .name = o->pod,
                        .subresource = attach ? "attach" : "exec"};
    *exit_code = KRX_UNSET;
    if (attach)
        (void)snprintf(what, sizeof what, "attaching to pod %s", o->pod);
    else
        (void)snprintf(what, sizeof what, "running %.100s in pod %s", o->argv[0] ? o->argv[0] : "",
                       o->pod);
    int32_t code = session_path(call, kube, o, &ref, &path);
    if (code < 0)
        return code;
    krx_auto_pump krx_pump pump = {
        .what = what,
        .route = {KRX_PUMP_TO_NOBODY, 0, 1, KRX_PUMP_TO_VERDICT},
        .out = {{.fd = o->stdout_fd}, {.fd = o->tty ? -1 : o->stderr_fd}},
        .in_fd = o->stdin_fd,
        .tty = o->tty,
        .input_stays = o->input_stays,
        .resize_fd = o->resize_fd,
        .window_size = o->window_size,
        .window_ctx = o->window_ctx};
    krx_carrier_options options = {.path = krx_str_get(&path),
                                   .ref = &ref,
                                   .protocols = KRX_WS_SESSION,
                                   .channels = channels_of(o),
                                   .ends = o->stdin_fd >= 0 && !o->tty && !o->input_stays};
    code = krx_pump_run(call, kube, &pump, &options);
    return code ? code : judge(call, &pump, attach, exit_code);
}

/* ----------------------------------------------------------------------------------- forwarding */

int32_t krx_kube_forward(krx_call *call, krx_kube *kube, const char *namespace_, const char *pod,
                         uint16_t port, int fd)
{
    char what[400], text[400];
    krx_auto_str krx_str path = {0};
    krx_kube_ref ref = {
        .kind = KRX_KUBE_POD, .namespace_ = namespace_, .name = pod, .subresource = "portforward"};
    (void)snprintf(what, sizeof what, "forwarding to port %" PRIu16 " of pod %s", port, pod);
    int32_t code = krx_kube_path(call, kube, &ref, &path);
    if (code < 0)
        return code;
    krx_url_queryf(&path, "ports", "%" PRIu16, port);
    if (krx_str_failed(&path))
        return krx_no_memory(call);
    krx_auto_pump krx_pump pump = {
        .what = what,
        .route = {0, KRX_PUMP_TO_VERDICT, KRX_PUMP_TO_NOBODY, KRX_PUMP_TO_NOBODY},
        .preface = FORWARD_PORT_BYTES,
        .out = {{.fd = fd}, {.fd = -1}},
        .in_fd = fd,
        .duplex = true,
        .resize_fd = -1};
    krx_carrier_options options = {
        .path = krx_str_get(&path), .ref = &ref, .protocols = FORWARD_PROTOCOLS};
    code = krx_pump_run(call, kube, &pump, &options);
    if (code || !pump.verdict.length)
        return code;
    krx_text_clean(text, sizeof text, krx_str_get(&pump.verdict), pump.verdict.length);
    return krx_fail(call, KRX_E_UNAVAILABLE, "%s: %s", what, text);
}
