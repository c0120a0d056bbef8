/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines COUNT SECONDS COMMAND...: ends a command that goes on for ever as soon as it has written
 * COUNT lines, and passes them on. Fails when they don't come within that time, or at all. What the
 * command used is part of what wait4() says about this process.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec;
}

static long count_lines(const char *data, size_t length)
{
    long count = 0;
    const char *end = data + length;
    while ((data = memchr(data, '\n', (size_t)(end - data)))) {
        count++;
        data++;
    }
    return count;
}

int main(int argc, char **argv)
{
    static char buffer[1 << 18];
    int pipe_fds[2], status;
    if (argc < 4 || pipe(pipe_fds) != 0)
        return 2;
    long wanted = strtol(argv[1], NULL, 10), seen = 0;
    long until = seconds_now() + strtol(argv[2], NULL, 10);
    pid_t pid = fork();
    if (pid < 0)
        return 2;
    if (pid == 0) {
        if (dup2(pipe_fds[1], STDOUT_FILENO) >= 0) {
            close(pipe_fds[0]);
            close(pipe_fds[1]);
            execvp(argv[3], argv + 3);
        }
        _exit(127);
    }
    close(pipe_fds[1]);
    while (seen < wanted && seconds_now() < until) {
        struct pollfd p = {.fd = pipe_fds[0], .events = POLLIN};
        if (poll(&p, 1, 1000) <= 0)
            continue;
        ssize_t got = read(pipe_fds[0], buffer, sizeof buffer);
        if (got <= 0)
            break;
        seen += count_lines(buffer, (size_t)got);
        (void)!write(STDOUT_FILENO, buffer, (size_t)got);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    if (seen >= wanted)
        return 0;
    fprintf(stderr, "lines: %ld of %ld lines came\n", seen, wanted);
    return 1;
}
