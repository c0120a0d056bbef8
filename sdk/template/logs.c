/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the logs, which are plain files: one for each instance and stream. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample.h"

#define PIECE 65536
#define FOLLOW_NS (INT64_C(100) * 1000 * 1000)

typedef struct source {
    int fd;
    uint32_t stream;
    int64_t replica;
    char instance[300];
} source;

typedef struct sources {
    source *items;
    size_t count;
} sources;

static int wanted(const krx_logs_req *req, const workload *w, const instance *i)
{
    char name[300];
    (void)snprintf(name, sizeof name, "%s-%d", w->name, (int)i->replica);
    return req->ref.workload ? !req->ref.replica || req->ref.replica == i->replica
                             : strcmp(name, req->ref.instance) == 0;
}

/* Nothing in a file is newer than the file. */
static int too_old(int fd, int64_t since_ns)
{
    struct stat st;
    return since_ns != KRX_UNSET && fstat(fd, &st) == 0 &&
           (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec < since_ns;
}

static int32_t add_source(krx_call *call, const sample *s, const workload *w, const instance *i,
                          const krx_logs_req *req, uint32_t stream, sources *all)
{
    char path[512];
    source *grown;
    if (req->streams && !(req->streams & stream))
        return 0;
    grown = realloc(all->items, (all->count + 1) * sizeof *grown);
    if (!grown)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    all->items = grown;
    source *at = &grown[all->count];
    sample_log_path(s, w, i, (int)stream, path, sizeof path);
    *at = (source){.fd = open(path, O_RDONLY | O_CLOEXEC), .stream = stream, .replica = i->replica};
    (void)snprintf(at->instance, sizeof at->instance, "%s-%d", w->name, (int)i->replica);
    if (at->fd >= 0 && too_old(at->fd, req->since_ns))
        (void)lseek(at->fd, 0, SEEK_END);
    all->count += at->fd >= 0;
    return 0;
}

static int32_t find_sources(krx_call *call, sample *s, const krx_logs_req *req, sources *all)
{
    int found = 0;
    int32_t code = sample_enter(call, s);
    if (code != 0)
        return code;
    for (workload *w = s->first; w && code == 0; w = w->next) {
        if (req->ref.workload && w != sample_find(s, &req->ref))
            continue;
        found = found || req->ref.workload;
        for (instance *i = w->instances; i && code == 0; i = i->next) {
            if (!wanted(req, w, i))
                continue;
            found = 1;
            code = add_source(call, s, w, i, req, KRX_STREAM_STDOUT, all);
            if (code == 0)
                code = add_source(call, s, w, i, req, KRX_STREAM_STDERR, all);
        }
    }
    sample_leave(s);
    if (code == 0 && !found)
        code = krx_fail(call, KRX_E_NOT_FOUND, "'%s' does not exist",
                        req->ref.workload ? req->ref.workload : req->ref.instance);
    return code;
}

static int64_t count_lines(int fd)
{
    char piece[PIECE];
    int64_t lines = 0;
    off_t at = 0;
    ssize_t n;
    while ((n = pread(fd, piece, sizeof piece, at)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            lines += piece[i] == '\n';
        at += n;
    }
    return lines;
}

static void skip_lines(int fd, int64_t lines)
{
    char c;
    while (lines > 0 && read(fd, &c, 1) == 1)
        lines -= c == '\n';
}

/* The last `tail` lines of each instance; without times the errors count as the later ones. */
static void seek_tail(sources *all, int64_t tail)
{
    int64_t left = tail;
    for (size_t i = all->count; tail != KRX_UNSET && i-- > 0;) {
        source *at = &all->items[i];
        int64_t lines = count_lines(at->fd);
        if (i + 1 == all->count || strcmp(at->instance, all->items[i + 1].instance) != 0)
            left = tail;
        skip_lines(at->fd, lines - left);
        left -= lines < left ? lines : left;
    }
}

/* Emits what is there now; *any says whether there was something. */
static int32_t read_on(source *at, krx_sink *out, int *any)
{
    char piece[PIECE];
    ssize_t n;
    while ((n = read(at->fd, piece, sizeof piece)) > 0) {
        krx_log_chunk chunk = {.struct_size = sizeof chunk,
                               .stream = at->stream,
                               .instance = at->instance,
                               .replica = at->replica,
                               .time_ns = KRX_UNSET,
                               .data = piece,
                               .length = (uint64_t)n};
        int32_t code = krx_emit(out, KRX_ITEM_LOG, &chunk);
        *any = 1;
        if (code != 0)
            return code;
    }
    return 0;
}

static int gone(krx_call *call, sample *s, const krx_logs_req *req, int32_t *code)
{
    int is_gone = 0;
    if (!req->ref.workload)
        return 0;
    *code = sample_enter(call, s);
    if (*code == 0) {
        is_gone = !sample_find(s, &req->ref);
        sample_leave(s);
    }
    return is_gone;
}

int32_t sample_logs(krx_call *call, void *backend, const krx_logs_req *req, krx_sink *out)
{
    sources all = {0};
    int32_t code = find_sources(call, backend, req, &all);
    if (code == 0)
        seek_tail(&all, req->tail);
    while (code == 0) {
        int any = 0, last = !req->follow || gone(call, backend, req, &code);
        for (size_t i = 0; i < all.count && code == 0; i++)
            code = read_on(&all.items[i], out, &any);
        if (last)
            break;
        if (code == 0)
            code = any ? krx_check(call) : krx_sleep(call, FOLLOW_NS);
    }
    for (size_t i = 0; i < all.count; i++)
        close(all.items[i].fd);
    free(all.items);
    return code;
}
