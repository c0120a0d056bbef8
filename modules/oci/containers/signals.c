/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "modules/oci/containers/lifecycle.h"

#define SIGNAL_LAST 64

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},
    {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},     {"IOT", SIGABRT},  {"BUS", SIGBUS},
    {"FPE", SIGFPE},   {"KILL", SIGKILL},     {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},
    {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},     {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"CHLD", SIGCHLD}, {"STKFLT", SIGSTKFLT}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},
    {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},
    {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},     {"PROF", SIGPROF}, {"VTALRM", SIGVTALRM},
    {"IO", SIGIO},     {"WINCH", SIGWINCH},   {"PWR", SIGPWR},   {"SYS", SIGSYS},
};

/* -1 when it is no number. */
static long number(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    long value = strtol(text, &end, 10);
    return errno || *end || value > SIGNAL_LAST ? -1 : value;
}

/* The first real-time signal is the kernel's 34 for all that the C libraries leave to programs. */
static int real_time(const char *text)
{
    const int first = 34;
    bool from_start = strncasecmp(text, "RTMIN", 5) == 0;
    if (!from_start && strncasecmp(text, "RTMAX", 5) != 0)
        return 0;
    if (!text[5])
        return from_start ? first : SIGNAL_LAST;
    long offset = text[5] == (from_start ? '+' : '-') ? number(text + 6) : -1;
    if (offset < 0 || offset > SIGNAL_LAST - first)
        return 0;
    return from_start ? first + (int)offset : SIGNAL_LAST - (int)offset;
}

int krx_oci_signal_number(const char *text)
{
    long value = number(text);
    if (value >= 0)
        return (int)value;
    const char *bare = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
    for (size_t i = 0; i < KRX_COUNT(signals); i++)
        if (krx_strcaseeq(bare, signals[i].name))
            return signals[i].number;
    return real_time(bare);
}
