/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure --title TEXT [--repeat N] [--warmup N] [--json FILE] [--before PROGRAM]
 *         -- CONTESTANT [: CONTESTANT]...
 * CONTESTANT: LABEL COMMAND ARGUMENT... [+ COMMAND ARGUMENT...]...
 *
 * Runs the contestants in turn, again and again, and compares them: wall time, CPU time (children
 * included) and peak memory, by wait4(). Medians with the distance between the quartiles. Standard
 * output of the commands goes to /dev/null. PROGRAM LABEL runs before every turn and does not
 * count.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONTESTANTS_MAX = 12, REPEAT_MAX = 1000 };

typedef struct contestant {
    const char *label;
    char ***commands; /* each a NULL-terminated argv */
    size_t count;
    double wall[REPEAT_MAX], cpu[REPEAT_MAX]; /* ms */
    double memory;                            /* MiB, the highest of all */
} contestant;

typedef struct summary {
    double median, low, high; /* quartiles */
} summary;

static contestant contestants[CONTESTANTS_MAX];
static size_t contestant_count;
static char *before;

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "measure: %s: %s\n", what, detail);
    exit(2);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double time_ms(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void run(char **argv, double *cpu, double *memory)
{
    struct rusage used;
    int status;
    pid_t pid = fork();
    if (pid < 0)
        die("fork", strerror(errno));
    if (pid == 0) {
        int null_fd = open("/dev/null", O_RDWR);
        if (dup2(null_fd, STDIN_FILENO) >= 0 && dup2(null_fd, STDOUT_FILENO) >= 0)
            execvp(argv[0], argv);
        _exit(127);
    }
    if (wait4(pid, &status, 0, &used) < 0)
        die("wait4", strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "measure: failed (status %d):", status);
        for (; *argv; argv++)
            fprintf(stderr, " %s", *argv);
        fputc('\n', stderr);
        exit(1);
    }
    *cpu += time_ms(used.ru_utime) + time_ms(used.ru_stime);
    if ((double)used.ru_maxrss / 1024 > *memory)
        *memory = (double)used.ru_maxrss / 1024;
}

static void take_part(contestant *c, size_t round, int counts)
{
    double cpu = 0, memory = 0;
    char *prepare[] = {before, (char *)(uintptr_t)c->label, NULL};
    if (before)
        run(prepare, &(double){0}, &(double){0});
    double start = now_ms();
    for (size_t i = 0; i < c->count; i++)
        run(c->commands[i], &cpu, &memory);
    if (!counts)
        return;
    c->wall[round] = now_ms() - start;
    c->cpu[round] = cpu;
    if (memory > c->memory)
        c->memory = memory;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at(const double *sorted, size_t n, double share)
{
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    double rest = place - (double)below;
    return below + 1 < n ? sorted[below] * (1 - rest) + sorted[below + 1] * rest : sorted[below];
}

static summary summarise(const double *values, size_t n)
{
    static double sorted[REPEAT_MAX];
    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, ascending);
    return (summary){at(sorted, n, 0.5), at(sorted, n, 0.25), at(sorted, n, 0.75)};
}

/* The median of the ratios of each round, in which both ran side by side. */
static summary ratio(const double *a, const double *b, size_t n)
{
    static double ratios[REPEAT_MAX];
    for (size_t i = 0; i < n; i++)
        ratios[i] = b[i] > 0 ? a[i] / b[i] : 0;
    return summarise(ratios, n);
}

static void print_table(const char *title, size_t repeat)
{
    const contestant *first = &contestants[0];
    printf("\n%s (%zu rounds; median, quartiles in brackets)\n", title, repeat);
    printf("  %-12s %26s %26s %9s   %s\n", "", "wall ms", "CPU ms", "peak MiB", "ours / theirs");
    for (size_t i = 0; i < contestant_count; i++) {
        const contestant *c = &contestants[i];
        summary wall = summarise(c->wall, repeat), cpu = summarise(c->cpu, repeat);
        printf("  %-12s %9.2f [%6.2f..%7.2f] %9.2f [%6.2f..%7.2f] %9.1f", c->label, wall.median,
               wall.low, wall.high, cpu.median, cpu.low, cpu.high, c->memory);
        if (i) {
            summary w = ratio(first->wall, c->wall, repeat), u = ratio(first->cpu, c->cpu, repeat);
            printf("   wall %.2f [%.2f..%.2f]  CPU %.2f [%.2f..%.2f]", w.median, w.low, w.high,
                   u.median, u.low, u.high);
        }
        putchar('\n');
    }
    (void)fflush(stdout);
}

static void json_summary(FILE *f, const char *name, summary s, const char *end)
{
    fprintf(f, "\"%s\": {\"median\": %.4f, \"q1\": %.4f, \"q3\": %.4f}%s", name, s.median, s.low,
            s.high, end);
}

static void append_json(const char *path, const char *title, size_t repeat)
{
    FILE *f = fopen(path, "a");
    if (!f)
        die(path, strerror(errno));
    fprintf(f, "{\"title\": \"%s\", \"rounds\": %zu, \"contestants\": [", title, repeat);
    for (size_t i = 0; i < contestant_count; i++) {
        const contestant *c = &contestants[i];
        fprintf(f, "%s{\"label\": \"%s\", ", i ? ", " : "", c->label);
        json_summary(f, "wallMs", summarise(c->wall, repeat), ", ");
        json_summary(f, "cpuMs", summarise(c->cpu, repeat), ", ");
        json_summary(f, "wallRatio", ratio(contestants[0].wall, c->wall, repeat), ", ");
        json_summary(f, "cpuRatio", ratio(contestants[0].cpu, c->cpu, repeat), ", ");
        fprintf(f, "\"peakMiB\": %.2f}", c->memory);
    }
    fprintf(f, "]}\n");
    if (fclose(f) != 0)
        die(path, strerror(errno));
}

static void add_command(contestant *c, char **argv)
{
    c->commands = realloc(c->commands, (c->count + 1) * sizeof *c->commands);
    if (!c->commands || !argv[0])
        die("bad usage", "a contestant without a command");
    c->commands[c->count++] = argv;
}

/* Cuts the words at ":" and "+" in place. */
static void read_contestants(char **words)
{
    while (*words) {
        contestant *c = &contestants[contestant_count++];
        if (contestant_count == CONTESTANTS_MAX)
            die("bad usage", "too many contestants");
        c->label = *words++;
        char **command = words;
        for (; *words && strcmp(*words, ":") != 0; words++)
            if (strcmp(*words, "+") == 0) {
                *words = NULL;
                add_command(c, command);
                command = words + 1;
            }
        int more = *words != NULL;
        *words = NULL;
        add_command(c, command);
        words += more;
    }
}

int main(int argc, char **argv)
{
    const char *title = "", *json = NULL;
    size_t repeat = 20, warmup = 2;
    int i = 1;
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (strcmp(argv[i], "--title") == 0)
            title = argv[i + 1];
        else if (strcmp(argv[i], "--json") == 0)
            json = argv[i + 1];
        else if (strcmp(argv[i], "--repeat") == 0)
            repeat = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--warmup") == 0)
            warmup = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--before") == 0)
            before = argv[i + 1];
        else
            die("bad usage", argv[i]);
    }
    if (i >= argc || repeat < 1 || repeat > REPEAT_MAX)
        die("bad usage", "see the top of measure.c");
    read_contestants(argv + i + 1);
    if (!contestant_count)
        die("bad usage", "no contestant");
    for (size_t round = 0; round < warmup + repeat; round++)
        for (size_t n = 0; n < contestant_count; n++)
            take_part(&contestants[n], round < warmup ? 0 : round - warmup, round >= warmup);
    print_table(title, repeat);
    if (json)
        append_json(json, title, repeat);
    return 0;
}
