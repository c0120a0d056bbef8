/* SPDX-License-Identifier: Apache-2.0 */
/* kranix-oci-keeper: what the oci module needs namespaces and a process of its own for. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/json/json.h"
#include "modules/oci/image/unpack.h"
#include "modules/oci/keeper/archive.h"
#include "modules/oci/keeper/keeper.h"

/* Each room's verbs, one a line; the functions are in the headers of the rooms. */
/* clang-format off */
static const krx_oci_verb verbs[] = {
    {"archive", krx_oci_verb_archive, 2, false},
    {"attach", krx_oci_verb_attach, 1, false},
    {"bandwidth", krx_oci_verb_bandwidth, 3, false},
    {"changes", krx_oci_verb_changes, 2, false},
    {"detach", krx_oci_verb_detach, 1, false},
    {"discard", krx_oci_verb_discard, 1, false},
    {"exited", krx_oci_verb_exited, 1, true},
    {"reap", krx_oci_verb_reap, 1, false},
    {"remove", krx_oci_verb_remove, 1, false},
    {"run", krx_oci_verb_run, 2, true},
    {"start", krx_oci_verb_start, 1, false},
    {"unarchive", krx_oci_verb_unarchive, 2, false},
    {"unpack", krx_oci_verb_unpack, 4, false},
    {NULL, NULL, 0, false},
};
/* clang-format on */

static void log_line(const krx_host *host, const krx_call *call, int32_t level, const char *text)
{
    (void)host, (void)call;
    if (level <= KRX_LOG_INFO)
        (void)fprintf(stderr, "%s\n", text);
}

/* The signals that end us become a descriptor that cancels the call. */
static int cancel_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A failure stands alone in the answer. */
static cJSON *error_answer(const krx_error *error)
{
    krx_json_maker maker = {0};
    cJSON *answer = cJSON_CreateObject();
    cJSON *object = krx_json_add_object(&maker, answer, "error");
    krx_json_add_int(&maker, object, "code", error->code);
    krx_json_add_text(&maker, object, "message", error->message);
    if (error->hint[0])
        krx_json_add_text(&maker, object, "hint", error->hint);
    return answer;
}

static int give_answer(const krx_oci_verb *verb, const krx_error *error, int32_t code,
                       cJSON *answer)
{
    krx_auto_json cJSON *failure = code < 0 && !verb->silent ? error_answer(error) : NULL;
    krx_autofree char *text =
        verb->silent ? NULL : cJSON_PrintUnformatted(failure ? failure : answer);
    if (text && krx_write_all(STDOUT_FILENO, text, strlen(text)) < 0)
        return 1;
    if (code < 0 && verb->silent)
        (void)fprintf(stderr, "%s\n", error->message);
    return code < 0 || (!verb->silent && !text);
}

static int run_verb(const krx_oci_verb *verb, int argc, char **argv)
{
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    krx_host host = *call.host;
    host.log = log_line;
    call.host = &host;
    call.prefix = verb->name;
    krx_autoclose int cancel = cancel_signals();
    call.cancel_fd = cancel;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_auto_json cJSON *answer = cJSON_CreateObject();
    int32_t code = 0;
    (void)umask(022);
    if (!arena || !answer)
        code = krx_fail(&call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    else if (argc - 1 < verb->least)
        code = krx_fail(&call, KRX_E_INVALID_ARGUMENT, "%s takes %d or more arguments", verb->name,
                        verb->least);
    else
        code = verb->run(&call, arena, argc, argv, answer);
    return give_answer(verb, &error, code, answer);
}

int main(int argc, char **argv)
{
    for (const krx_oci_verb *v = verbs; argc > 1 && v->name; v++)
        if (strcmp(v->name, argv[1]) == 0)
            return run_verb(v, argc - 1, argv + 1);
    (void)fprintf(stderr,
                  "kranix-oci-keeper: a helper of kranix's oci module, not meant to be called\n");
    return 2;
}
