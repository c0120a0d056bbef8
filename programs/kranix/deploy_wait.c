/* SPDX-License-Identifier: Apache-2.0 */
/* --wait: until it runs with all replicas ready, or has failed for good. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/results.h"
#include "programs/kranix/deploy.h"
#include "programs/kranix/output.h"

#define WAIT_DEFAULT_NS (INT64_C(300) * KRX_NS_PER_S)
#define PAUSE_FIRST_NS (100 * KRX_NS_PER_MS)
#define PAUSE_LAST_NS (2 * KRX_NS_PER_S)

enum { WAITING, REACHED, LOST };

static bool is_one_of(const char *state, const char *const *states)
{
    for (; *states; states++)
        if (krx_streq(state, *states))
            return true;
    return false;
}

static int judge(const krx_status *status)
{
    static const char *const ended[] = {"Succeeded", "Scheduled", "PendingSchedule", NULL};
    static const char *const lost[] = {"Failed", "Stopped", NULL};
    if (is_one_of(status->state, ended))
        return REACHED;
    if (krx_streq(status->state, "Running") && status->ready_replicas >= status->replicas)
        return REACHED;
    if (status->replicas == 0 && status->ready_replicas <= 0)
        return REACHED;
    return is_one_of(status->state, lost) ? LOST : WAITING;
}

/* The workload's message is often that of one instance, word for word. */
static bool is_told(const char *message, const char *words)
{
    return !krx_blank(message) && !krx_blank(words) && strstr(message, words);
}

static void explain(krx_cli *cli, const krx_status *status)
{
    if (!krx_blank(status->message))
        krx_cli_note(cli, status->name, "%s", status->message);
    for (size_t i = 0; status->instances && status->instances[i]; i++) {
        const krx_instance *instance = status->instances[i];
        const char *words = krx_blank(instance->message) ? instance->status : instance->message;
        if (is_told(status->message, words))
            continue;
        if (!krx_streq(instance->state, "Running") || krx_streq(instance->health, "unhealthy"))
            krx_cli_note(cli, instance->name, "%s%s%s", instance->state, words ? ": " : "",
                         words ? words : "");
    }
}

static int32_t poll_once(krx_cli *cli, krx_cli_call *call, krx_cli_waited *w)
{
    krx_cli_op *op = krx_cli_op_new();
    krx_status *status = NULL;
    if (!op)
        return krx_fail(&call->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code =
        krx_cli_get_status(cli, &call->call, w->backend, op, w->name, w->namespace_, &status);
    if (code < 0) {
        krx_cli_op_unref(op);
        return code;
    }
    krx_cli_op_unref(w->status_op);
    w->status_op = op;
    w->status = status;
    return 0;
}

static int32_t wait_for(krx_cli *cli, krx_cli_call *call, krx_cli_waited *w,
                        krx_cli_progress *progress, int *verdict)
{
    int64_t pause = PAUSE_FIRST_NS;
    for (;;) {
        int32_t code = poll_once(cli, call, w);
        if (code < 0 && code != KRX_E_UNAVAILABLE)
            return code;
        if (code == 0 && (*verdict = judge(w->status)) != WAITING)
            return 0;
        if (code < 0)
            krx_cli_progress_say(progress, "can't be reached, trying again");
        else
            krx_cli_progress_say(progress, "%s, %lld of %lld ready", w->status->state,
                                 (long long)w->status->ready_replicas,
                                 (long long)w->status->replicas);
        krx_error unreachable = call->error;
        if ((code = krx_sleep(&call->call, pause)) == KRX_E_DEADLINE_EXCEEDED &&
            unreachable.code == KRX_E_UNAVAILABLE) {
            call->error = unreachable; /* the time is up, and this is why */
            return KRX_E_UNAVAILABLE;
        }
        if (code < 0)
            return code;
        call->error.code = 0;
        pause = pause * 2 > PAUSE_LAST_NS ? PAUSE_LAST_NS : pause * 2;
    }
}

int krx_cli_wait(krx_cli *cli, krx_cli_waited *w)
{
    const char *name = w->name;
    krx_cli_progress progress;
    krx_cli_call call;
    int verdict = WAITING;
    memset(&call, 0, sizeof call);
    call.error.struct_size = sizeof call.error;
    krx_host_call_init(cli->runtime, &call.call, &call.error,
                       krx_cli_duration(cli, KRX_OPT_WAIT,
                                        krx_cli_duration(cli, KRX_OPT_TIMEOUT, WAIT_DEFAULT_NS)),
                       cli->cancel_fd);
    krx_cli_progress_init(&progress, cli, name);
    int32_t code = wait_for(cli, &call, w, &progress, &verdict);
    krx_cli_progress_end(&progress);
    if (code == 0 && verdict == REACHED) {
        if (!cli->quiet && cli->format <= KRX_FORMAT_WIDE)
            (void)printf("%s %s, %lld of %lld ready\n", name, w->status->state,
                         (long long)w->status->ready_replicas, (long long)w->status->replicas);
        return 0;
    }
    if (w->status && code != KRX_E_CANCELLED)
        explain(cli, w->status);
    if (code == 0) {
        (void)krx_fail(&call.call, KRX_E_UNKNOWN, "it did not come up: it is %s", w->status->state);
        (void)krx_hint(&call.call, "kranix logs %s", name);
    } else if (code == KRX_E_CANCELLED) {
        (void)krx_fail(&call.call, code, "interrupted while waiting for it to run");
        (void)krx_hint(&call.call, "it stays deployed; see kranix status %s", name);
    } else if (code == KRX_E_DEADLINE_EXCEEDED && w->status) {
        (void)krx_fail(&call.call, code, "it is %s with %lld of %lld ready and the time is up",
                       w->status->state, (long long)w->status->ready_replicas,
                       (long long)w->status->replicas);
        (void)krx_hint(&call.call, "it stays deployed; see kranix status %s", name);
    }
    return krx_cli_error_on(cli, name, &call.error);
}

int krx_cli_deploy_wait(krx_cli *cli, krx_cli_target *target)
{
    krx_cli_waited w = {.name = target->spec->workload->name,
                        .namespace_ = krx_cli_spec_namespace(target->spec),
                        .backend = target->backend,
                        .status_op = target->status_op,
                        .status = target->status};
    int status = krx_cli_wait(cli, &w);
    target->status_op = w.status_op;
    target->status = w.status;
    return status;
}
