/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "modules/oci/backend/backend.h"

static int named(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {
        {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},
        {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},
        {"KILL", SIGKILL}, {"USR1", SIGUSR1},     {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},
        {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},     {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT},
        {"CHLD", SIGCHLD}, {"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
        {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},
        {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
        {"IO", SIGIO},     {"PWR", SIGPWR},       {"SYS", SIGSYS},
    };
    for (size_t i = 0; i < KRX_COUNT(signals); i++)
        if (strcasecmp(name, signals[i].name) == 0)
            return signals[i].number;
    return 0;
}

/* -1 when it is no small number. */
static int number(const char *text)
{
    size_t length = strlen(text);
    return length && length <= 2 && strspn(text, "0123456789") == length ? atoi(text) : -1;
}

int krx_oci_signal_number(const char *text)
{
    const char *bare = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    int found = number(bare);
    if (found < 0 && strncasecmp(bare, "RTMIN+", 6) == 0)
        found = number(bare + 6) < 0 ? 0 : SIGRTMIN + number(bare + 6);
    else if (found < 0 && strncasecmp(bare, "RTMAX-", 6) == 0)
        found = number(bare + 6) < 0 ? 0 : SIGRTMAX - number(bare + 6);
    else if (found < 0)
        found = named(bare);
    return found >= 1 && found <= SIGRTMAX ? found : 0;
}
