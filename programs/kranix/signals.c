/* SPDX-License-Identifier: Apache-2.0 */
/* The one place with state of the process: a signal handler has no argument to carry it. */
#include "programs/kranix/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupts;
static int cancel_fd = -1;
static int window_pipe[2] = {-1, -1};
static struct termios saved_terminal;
static volatile sig_atomic_t terminal_is_raw;

static void on_interrupt(int signal_number)
{
    int saved = errno;
    uint64_t one = 1;
    if (interrupts++) {
        krx_cli_terminal_restore();
        (void)signal(signal_number, SIG_DFL);
        (void)raise(signal_number);
    }
    if (write(cancel_fd, &one, sizeof one) < 0)
        errno = saved;
    errno = saved;
}

static void on_death(int signal_number)
{
    krx_cli_terminal_restore();
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

static void on_window(int signal_number)
{
    int saved = errno;
    (void)signal_number;
    if (write(window_pipe[1], "w", 1) < 0)
        errno = saved;
    errno = saved;
}

static int install(int signal_number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    (void)sigemptyset(&action.sa_mask);
    return sigaction(signal_number, &action, NULL);
}

int krx_cli_signals_init(void)
{
    cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel_fd < 0 || install(SIGINT, on_interrupt) < 0 || install(SIGTERM, on_interrupt) < 0 ||
        install(SIGPIPE, SIG_IGN) < 0)
        return -1;
    return cancel_fd;
}

bool krx_cli_interrupted(void)
{
    return interrupts > 0;
}

int krx_cli_watch_window(void)
{
    if (window_pipe[0] < 0 && pipe2(window_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    return install(SIGWINCH, on_window) < 0 ? -1 : window_pipe[0];
}

void krx_cli_window_size(void *ctx, uint32_t *rows, uint32_t *columns)
{
    struct winsize size;
    (void)ctx;
    *rows = *columns = 0;
    for (int fd = 0; fd <= 2; fd++) {
        if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
            *rows = size.ws_row;
            *columns = size.ws_col;
            return;
        }
    }
}

bool krx_cli_terminal_raw(void)
{
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &saved_terminal) < 0)
        return false;
    if (install(SIGHUP, on_death) < 0 || install(SIGQUIT, on_death) < 0 ||
        atexit(krx_cli_terminal_restore) != 0)
        return false;
    raw = saved_terminal;
    cfmakeraw(&raw);
    terminal_is_raw = 1;
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void krx_cli_terminal_restore(void)
{
    if (!terminal_is_raw)
        return;
    terminal_is_raw = 0;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
}
