/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/log_file.h"

#include <string.h>
#include <sys/stat.h>

#include <kranix/results.h>

#include "lib/base/cleanup.h"

#define STAMP_MAX 40u

bool krx_oci_log_entry_parse(const char *line, size_t length, krx_oci_log_entry *out)
{
    const size_t rest = sizeof "stdout F " - 1; /* as long as "stderr P " */
    size_t look = length < STAMP_MAX ? length : STAMP_MAX;
    const char *space = memchr(line, ' ', look);
    size_t stamp = space ? (size_t)(space - line) : 0;
    if (!stamp || length < stamp + 1 + rest)
        return false;
    const char *stream = space + 1;
    bool err = memcmp(stream, "stderr ", 7) == 0;
    if ((!err && memcmp(stream, "stdout ", 7) != 0) || (stream[7] != 'F' && stream[7] != 'P') ||
        stream[8] != ' ')
        return false;
    *out = (krx_oci_log_entry){.stream = err ? KRX_STREAM_STDERR : KRX_STREAM_STDOUT,
                               .partial = stream[7] == 'P',
                               .stamp_length = stamp,
                               .text_at = stamp + 1 + rest};
    return true;
}

/* --------------------------------------------------------------------------------------- reading
 */

static bool wanted(const krx_oci_log_filter *filter, uint32_t stream)
{
    return !filter->streams || (filter->streams & stream);
}

static int32_t take_line(void *ctx, const krx_log_line *line)
{
    krx_oci_log *log = ctx;
    const krx_oci_log_filter *f = &log->filter;
    if (f->since_ns != KRX_UNSET && line->time_ns != KRX_UNSET && line->time_ns < f->since_ns)
        return 0;
    if (f->until_ns != KRX_UNSET && line->time_ns != KRX_UNSET && line->time_ns > f->until_ns)
        return 0;
    return log->fn(log->ctx, line);
}

/* The maker wants the time right before the text: it is moved there. */
static int32_t take_entry(krx_call *call, void *ctx, char *line, size_t length)
{
    krx_oci_log *log = ctx;
    krx_oci_log_entry entry;
    if (!krx_oci_log_entry_parse(line, length, &entry) || !wanted(&log->filter, entry.stream))
        return 0;
    char *start = line + entry.text_at - entry.stamp_length - 1;
    memmove(start, line, entry.stamp_length);
    start[entry.stamp_length] = ' ';
    size_t n = length - (size_t)(start - line) + !entry.partial; /* a newline follows */
    return krx_line_maker_feed(call, &log->maker, entry.stream, true, start, n);
}

int32_t krx_oci_log_init(krx_call *call, krx_oci_log *log, const krx_oci_log_filter *filter,
                         krx_log_line_fn *fn, void *ctx)
{
    *log = (krx_oci_log){.filter = *filter,
                         .maker = {.fn = take_line, .ctx = log, .timestamps = true},
                         .fn = fn,
                         .ctx = ctx};
    krx_line_maker_init(&log->maker);
    return krx_oci_line_file_init(call, &log->file, take_entry, log);
}

void krx_oci_log_free(krx_oci_log *log)
{
    krx_oci_line_file_free(&log->file);
    krx_line_maker_free(&log->maker);
}

int32_t krx_oci_log_end(krx_oci_log *log)
{
    return krx_line_maker_end(&log->maker);
}

/* ------------------------------------------------------------------------------------------ tail
 */

/* Reads the whole lines that end at `end`: answers where they begin, -1 when it can't. */
static off_t read_back(int fd, char *buffer, off_t end, size_t *length)
{
    off_t start = end > (off_t)KRX_OCI_LINE_MAX ? end - (off_t)KRX_OCI_LINE_MAX : 0;
    size_t size = (size_t)(end - start);
    if (pread(fd, buffer, size, start) != (ssize_t)size)
        return -1;
    size_t skip = 0;
    if (start > 0) {
        const char *newline = memchr(buffer, '\n', size);
        skip = newline ? (size_t)(newline - buffer) + 1 : size;
        if (skip == size) /* one line that is no line of conmon's: all of it */
            skip = 0;
    }
    memmove(buffer, buffer + skip, size - skip);
    *length = size - skip;
    return start + (off_t)skip;
}

/* The last whole line that ends before *length: *length gets where it begins. */
static bool last_line(const char *buffer, size_t *length, krx_oci_log_entry *entry)
{
    size_t end = *length - (buffer[*length - 1] == '\n');
    const char *newline = end ? memrchr(buffer, '\n', end) : NULL;
    size_t start = newline ? (size_t)(newline - buffer) + 1 : 0;
    *length = start;
    return krx_oci_log_entry_parse(buffer + start, end - start, entry);
}

off_t krx_oci_log_tail(int fd, uint32_t streams, int64_t lines)
{
    krx_autofree char *buffer = malloc(KRX_OCI_LINE_MAX);
    const krx_oci_log_filter filter = {.streams = streams};
    krx_oci_log_entry entry;
    struct stat st;
    size_t length;
    bool begun = false;
    if (!buffer || fstat(fd, &st) < 0)
        return 0;
    off_t end = st.st_size;
    if (lines <= 0)
        return end;
    while (end > 0) {
        off_t start = read_back(fd, buffer, end, &length);
        if (start < 0)
            return 0;
        while (length) {
            size_t after = length;
            if (!last_line(buffer, &length, &entry) || !wanted(&filter, entry.stream) ||
                (entry.partial && begun))
                continue;
            begun = true; /* parts at the end are a line, too */
            if (lines == 0)
                return start + (off_t)after;
            lines--;
        }
        end = start;
    }
    return 0;
}
