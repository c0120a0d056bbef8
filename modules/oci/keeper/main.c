/* SPDX-License-Identifier: Apache-2.0 */
/* What the oci module needs namespaces and a process of its own for: kranix-oci-keeper and
 * kranix-oci-packer, which differ in their verbs and libraries. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/json/json.h"
#include "modules/oci/keeper/userns.h"
#include "modules/oci/keeper/verbs.h"

#ifdef KRX_INSTRUMENTED
/* The sanitizers ask this at the end: who looks for leaks has to see /proc, and cannot where a
 * layer is unpacked. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return access("/proc/self/task", R_OK) < 0;
}
#endif

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
    else if (verb->mapped && geteuid() != 0)
        code = krx_oci_userns_enter(&call);
    if (code == 0)
        code = verb->run(&call, arena, argc, argv, answer);
    return give_answer(verb, &error, code, answer);
}

/* Beside us; it answers in our place. */
static int run_packer(char **argv)
{
    static const char name[] = "/kranix-oci-packer";
    char path[PATH_MAX + sizeof name];
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
    char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;
    if (slash) {
        memcpy(slash, name, sizeof name);
        execv(path, argv);
    }
    (void)fprintf(stderr, "%s: %s\n", slash ? path : name, strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    for (const krx_oci_verb *v = krx_oci_verbs; argc > 1 && v->name; v++)
        if (strcmp(v->name, argv[1]) == 0)
            return v->run ? run_verb(v, argc - 1, argv + 1) : run_packer(argv);
    (void)fprintf(stderr, "%s: a helper of kranix's oci module, not meant to be called\n",
                  argc ? argv[0] : "kranix-oci-keeper");
    return 2;
}
