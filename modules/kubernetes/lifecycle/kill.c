/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill. Kubernetes has no call that sends a signal: KILL and TERM are done by deleting the pod at
 * once or with its grace, so that its keeper replaces it; the others by the container's own `kill`.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/kube/session/stream.h"
#include "lib/model/rules.h"
#include "modules/kubernetes/backend/ops.h"
#include "modules/kubernetes/lifecycle/scale.h"

#define SIGNAL_MAX 16
#define OUTPUT_MAX 4096

/* "HUP" of "SIGHUP", "hup" or "1" (a number stays one); false when it can be no signal. */
static bool plain_signal(const char *text, char out[SIGNAL_MAX])
{
    size_t length = 0;
    if (krx_blank(text))
        text = "KILL";
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    for (; *text; text++) {
        if (length + 1 >= SIGNAL_MAX || !(isalnum((unsigned char)*text) || strchr("+-", *text)))
            return false;
        out[length++] = (char)toupper((unsigned char)*text);
    }
    out[length] = '\0';
    if (strspn(out, "0123456789") == length)
        return length && strtol(out, NULL, 10) > 0 && strtol(out, NULL, 10) <= 64;
    return length && isalpha((unsigned char)*out);
}

/* What a command in the container has to say, cut short. */
static void first_line(int fd, char *out, size_t room)
{
    ssize_t n = pread(fd, out, room - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
}

static int32_t run_inside(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                          const char *const *argv, int64_t *exit_code, char *said, size_t room)
{
    /* of a fixed size: what an image calls `kill` may have much to say */
    krx_autoclose int output = memfd_create("kill", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (output < 0 || ftruncate(output, OUTPUT_MAX) < 0 ||
        fcntl(output, F_ADD_SEALS, F_SEAL_GROW) < 0)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "no memory file for the output of kill");
    krx_kube_session_options options = {.namespace_ = krx_k8s_namespace_of(pod),
                                        .pod = krx_k8s_name(pod),
                                        .container =
                                            krx_json_text(krx_k8s_main_container(pod), "name"),
                                        .argv = argv,
                                        .stdin_fd = -1,
                                        .stdout_fd = output,
                                        .stderr_fd = output,
                                        .resize_fd = -1};
    int32_t code = krx_kube_session(call, backend->kube, &options, exit_code);
    first_line(output, said, room);
    return code;
}

/* With a shared process namespace number 1 is not the workload's. */
static int32_t check_target(krx_call *call, const cJSON *pod)
{
    const cJSON *spec = krx_json_object(pod, "spec");
    if (krx_json_bool(spec, "hostPID", false) ||
        krx_json_bool(spec, "shareProcessNamespace", false))
        return krx_fail(call, KRX_E_UNSUPPORTED,
                        "pod %s shares its process namespace: which process the signal is for "
                        "can't be told",
                        krx_k8s_name(pod));
    return 0;
}

/* Its own program first; where an image has none the shell has it built in. */
static int32_t signal_inside(krx_call *call, krx_k8s_backend *backend, const cJSON *pod,
                             const char *signal)
{
    char option[SIGNAL_MAX + 2], script[SIGNAL_MAX + 16], said[200] = "";
    const char *const program[] = {"kill", option, "1", NULL};
    const char *const shell[] = {"/bin/sh", "-c", script, NULL};
    int64_t exit_code = KRX_UNSET;
    (void)snprintf(option, sizeof option, "-%s", signal);
    (void)snprintf(script, sizeof script, "kill -%s 1", signal);
    int32_t code = check_target(call, pod);
    if (code)
        return code;
    code = run_inside(call, backend, pod, program, &exit_code, said, sizeof said);
    if (code || exit_code == 126 || exit_code == 127 || exit_code == KRX_UNSET) {
        if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED ||
            code == KRX_E_PERMISSION_DENIED || code == KRX_E_UNAVAILABLE)
            return code;
        (void)krx_forgive(call);
        code = run_inside(call, backend, pod, shell, &exit_code, said, sizeof said);
    }
    if (!code && exit_code == 0)
        return 0;
    if (code == KRX_E_CANCELLED || code == KRX_E_DEADLINE_EXCEEDED)
        return code;
    (void)krx_fail(call, KRX_E_FAILED_PRECONDITION, "sending %s to pod %s: %s", signal,
                   krx_k8s_name(pod),
                   *said ? said : "neither kill nor a shell could be run in its container");
    return krx_hint(call, "signals other than KILL and TERM need `kill` or a shell in the image");
}

/* *grace: of the deletion that stands for the signal. */
static bool is_deletion(const char *signal, int64_t *grace)
{
    bool at_once = krx_streq(signal, "KILL") || krx_streq(signal, "9");
    *grace = at_once ? 0 : KRX_UNSET;
    return at_once || krx_streq(signal, "TERM") || krx_streq(signal, "15");
}

static bool can_be_hit(const cJSON *pod)
{
    return !krx_k8s_pod_ended(pod) && !krx_k8s_pod_leaving(pod);
}

int32_t krx_k8s_kill_op(krx_call *call, void *backend, const krx_container_req *req, krx_sink *none)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *pods = NULL;
    const cJSON *pod;
    char signal[SIGNAL_MAX];
    int64_t grace;
    int hit = 0;
    (void)none;
    if (!arena)
        return krx_no_memory(call);
    const char *wanted = krx_blank(req->signal) ? "KILL" : req->signal, *canonical = NULL;
    if (krx_rule_check(arena, "@signal", wanted, &canonical) || !plain_signal(wanted, signal))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%.40s' is no signal", wanted);
    bool deletes = is_deletion(signal, &grace);
    int32_t code = krx_k8s_pods_of(call, backend, arena, &req->ref, &pods);
    cJSON_ArrayForEach (pod, pods) {
        if (code || !can_be_hit(pod))
            continue;
        hit++;
        code = deletes ? krx_k8s_end_pod(call, backend, pod, grace)
                       : signal_inside(call, backend, pod, signal);
    }
    cJSON_ArrayForEach (pod, pods) {
        if (!code && deletes && can_be_hit(pod))
            code = krx_k8s_wait_pod_gone(call, backend, pod);
    }
    if (code || hit)
        return code;
    return krx_fail(call, KRX_E_FAILED_PRECONDITION, "killing %s: no pod of it runs",
                    krx_blank(req->ref.workload) ? req->ref.instance : req->ref.workload);
}
