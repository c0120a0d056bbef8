/* SPDX-License-Identifier: Apache-2.0 */
/* conmon's log lines and attach packets, lines of the event log, and files that are replaced. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include <kranix/results.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "modules/oci/containers/attach_frames.h"
#include "modules/oci/containers/event_file.h"
#include "modules/oci/containers/log_file.h"

#define T1 "2026-11-22T09:00:01.000000000+00:00 "
#define T2 "2026-11-22T09:00:02.000000000+00:00 "
#define T3 "2026-11-22T09:00:03.000000000+00:00 "
#define AT(second) (INT64_C(1795338000) * KRX_NS_PER_S + (second)*KRX_NS_PER_S)

typedef struct seen {
    krx_str text;
    int64_t first_ns;
} seen;

static int32_t see(void *ctx, const krx_log_line *line)
{
    seen *s = ctx;
    if (!s->text.length)
        s->first_ns = line->time_ns;
    krx_str_addf(&s->text, "%s%.*s%s", line->stream == KRX_STREAM_STDERR ? "E:" : "",
                 (int)line->length, line->text, line->partial ? "" : "|");
    return 0;
}

static char path[] = "krx-test-log-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    (void)strcpy(path + sizeof path - 7, "XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void append(const char *text)
{
    krx_autoclose int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

typedef struct reading {
    krx_error error;
    krx_call call;
    krx_oci_log log;
    seen seen;
} reading;

static void begin(reading *r, const krx_oci_log_filter *filter)
{
    memset(r, 0, sizeof *r);
    krx_call_init(&r->call, &r->error);
    assert_int_equal(krx_oci_log_init(&r->call, &r->log, filter, see, &r->seen), 0);
    assert_int_equal(krx_oci_line_file_open(&r->call, &r->log.file, path), 0);
}

static void end(reading *r)
{
    krx_oci_log_free(&r->log);
    krx_str_free(&r->seen.text);
}

static const krx_oci_log_filter everything = {0, KRX_UNSET, KRX_UNSET};

static void test_entry(void **state)
{
    krx_oci_log_entry e;
    (void)state;
    assert_true(krx_oci_log_entry_parse(T1 "stdout F hello", 36 + 14, &e));
    assert_int_equal(e.stream, KRX_STREAM_STDOUT);
    assert_false(e.partial);
    assert_int_equal(e.text_at, 36 + 9);
    assert_true(krx_oci_log_entry_parse(T1 "stderr P ", 36 + 9, &e));
    assert_int_equal(e.stream, KRX_STREAM_STDERR);
    assert_true(e.partial);
    assert_false(krx_oci_log_entry_parse(T1 "stderr P", 36 + 8, &e));
    assert_false(krx_oci_log_entry_parse(T1 "stdin  F x", 36 + 10, &e));
    assert_false(krx_oci_log_entry_parse(T1 "stdout X x", 36 + 10, &e));
    assert_false(krx_oci_log_entry_parse("", 0, &e));
    assert_false(krx_oci_log_entry_parse(" stdout F x", 11, &e));
}

static void test_parts_become_lines(void **state)
{
    reading r;
    (void)state;
    append(T1 "stdout P one \n" T1 "stderr F wrong\n" T2 "stdout P two \n" T3 "stdout F three\n"
              "not conmon's\n" T3 "stdout F \n" T3 "stdout P rest\n");
    begin(&r, &everything);
    assert_int_equal(krx_oci_line_file_read(&r.call, &r.log.file), 0);
    assert_string_equal(krx_str_get(&r.seen.text), "E:wrong|one two three||");
    assert_int_equal(krx_oci_log_end(&r.log), 0);
    assert_string_equal(krx_str_get(&r.seen.text), "E:wrong|one two three||rest|");
    end(&r);
}

static void test_filter(void **state)
{
    reading r;
    const krx_oci_log_filter out = {KRX_STREAM_STDOUT, AT(2), AT(2)};
    (void)state;
    append(T1 "stdout F old\n" T2 "stdout F now\n" T2 "stderr F no\n" T3 "stdout F late\n");
    begin(&r, &out);
    assert_int_equal(krx_oci_line_file_read(&r.call, &r.log.file), 0);
    assert_string_equal(krx_str_get(&r.seen.text), "now|");
    assert_true(r.seen.first_ns == AT(2));
    end(&r);
}

/* What is appended while it is read, and a new file in its place: nothing is lost or comes twice.
 */
static void test_follow(void **state)
{
    reading r;
    char other[64];
    (void)state;
    (void)snprintf(other, sizeof other, "%s.old", path);
    append(T1 "stdout F a\n" T1 "stdout F half");
    begin(&r, &everything);
    assert_int_equal(krx_oci_line_file_follow(&r.call, &r.log.file, path), 0);
    assert_string_equal(krx_str_get(&r.seen.text), "a|");
    append(" done\n");
    assert_int_equal(krx_oci_line_file_follow(&r.call, &r.log.file, path), 0);
    assert_string_equal(krx_str_get(&r.seen.text), "a|half done|");
    append(T2 "stdout F last of the old\n");
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(krx_oci_line_file_follow(&r.call, &r.log.file, path), 0);
    krx_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    append(T3 "stdout F new\n");
    assert_int_equal(krx_oci_line_file_follow(&r.call, &r.log.file, path), 0);
    assert_int_equal(krx_oci_line_file_follow(&r.call, &r.log.file, path), 0);
    assert_string_equal(krx_str_get(&r.seen.text), "a|half done|last of the old|new|");
    assert_int_equal(unlink(other), 0);
    end(&r);
}

static void test_too_long(void **state)
{
    reading r;
    size_t size = 3 * KRX_OCI_LINE_MAX;
    char *text = malloc(size + 1);
    (void)state;
    assert_non_null(text);
    memset(text, 'x', size);
    text[size] = '\0';
    append(T1 "stdout F before\n");
    append(text);
    append("\n" T2 "stdout F after\n");
    begin(&r, &everything);
    assert_int_equal(krx_oci_line_file_read(&r.call, &r.log.file), 0);
    assert_string_equal(krx_str_get(&r.seen.text), "before|after|");
    free(text);
    end(&r);
}

static void check_tail(uint32_t streams, int64_t lines, const char *wanted)
{
    reading r;
    const krx_oci_log_filter filter = {streams, KRX_UNSET, KRX_UNSET};
    begin(&r, &filter);
    r.log.file.offset = krx_oci_log_tail(r.log.file.fd, streams, lines);
    assert_int_equal(krx_oci_line_file_read(&r.call, &r.log.file), 0);
    assert_int_equal(krx_oci_log_end(&r.log), 0);
    assert_string_equal(krx_str_get(&r.seen.text), wanted);
    end(&r);
}

static void test_tail(void **state)
{
    (void)state;
    check_tail(0, 5, "");
    append(T1 "stdout F 1\n" T1 "stderr F 2\n" T2 "stdout P 3\n" T2 "stdout F 4\n" T3
              "stdout F 5\n");
    check_tail(0, 0, "");
    check_tail(0, 1, "5|");
    check_tail(0, 2, "34|5|");
    check_tail(0, 3, "E:2|34|5|");
    check_tail(0, 4, "1|E:2|34|5|");
    check_tail(0, 400, "1|E:2|34|5|");
    check_tail(KRX_STREAM_STDERR, 1, "E:2|");
    check_tail(KRX_STREAM_STDOUT, 3, "1|34|5|");
    append(T3 "stdout P tail\n");
    check_tail(0, 1, "tail|");
    check_tail(0, 2, "5|tail|");
}

/* Lines that lie in several blocks of the file. */
static void test_tail_of_much(void **state)
{
    char line[128];
    krx_auto_str krx_str all = {0}, wanted = {0};
    (void)state;
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(line, sizeof line, T1 "stdout F line %d\n", i);
        krx_str_add(&all, line);
        if (i >= 1000)
            krx_str_addf(&wanted, "line %d|", i);
    }
    append(krx_str_get(&all));
    check_tail(0, 4000, krx_str_get(&wanted));
    check_tail(0, 1, "line 4999|");
}

static void test_attach_frames(void **state)
{
    uint32_t stream;
    const char *data;
    size_t length;
    (void)state;
    assert_true(krx_oci_attach_frame("\002hello", 6, &stream, &data, &length));
    assert_int_equal(stream, KRX_STREAM_STDOUT);
    assert_int_equal(length, 5);
    assert_memory_equal(data, "hello", 5);
    assert_true(krx_oci_attach_frame("\003", 1, &stream, &data, &length));
    assert_int_equal(stream, KRX_STREAM_STDERR);
    assert_int_equal(length, 0);
    assert_false(krx_oci_attach_frame("\001in", 3, &stream, &data, &length));
    assert_false(krx_oci_attach_frame("", 0, &stream, &data, &length));
}

/* ---------------------------------------------------------------------------------------- events
 */

static int32_t see_event(krx_call *call, void *ctx, const krx_event *event)
{
    (void)call;
    krx_str_addf(ctx, "%s,", event->type);
    return 0;
}

/* The older file first, each once; the ends of one instance alone. */
static void test_event_log(void **state)
{
    char folder[] = "krx-test-events-XXXXXX", log[64], old[64];
    krx_error error;
    krx_call call;
    krx_auto_str krx_str types = {0};
    krx_oci_event_log reader;
    (void)state;
    krx_call_init(&call, &error);
    assert_non_null(mkdtemp(folder));
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_store store = {.root = folder, .run_root = folder};
    krx_oci_container
        one = {.id = "web-1-1", .name = "web-1", .workload = "web", .namespace_ = "default"},
        two = {.id = "web-2-1", .name = "web-2", .workload = "web", .namespace_ = "default"};
    (void)snprintf(log, sizeof log, "%s/events.log", folder);
    (void)snprintf(old, sizeof old, "%s/events.log.1", folder);
    int64_t before = krx_now_unix();
    krx_oci_event_note(&call, &store, &one, "start", KRX_UNSET, NULL);
    krx_oci_event_note(&call, &store, &one, "die", 3, NULL);
    assert_int_equal(rename(log, old), 0);
    krx_oci_event_note(&call, &store, &two, "die", 0, NULL);
    krx_oci_event_note(&call, &store, &one, "oom", KRX_UNSET, NULL);
    assert_int_equal(krx_oci_event_log_read(&call, arena, &reader, &store, see_event, &types), 0);
    assert_string_equal(krx_str_get(&types), "start,die,die,oom,");
    krx_oci_event_note(&call, &store, &two, "destroy", KRX_UNSET, NULL);
    assert_int_equal(krx_oci_event_log_more(&call, &reader), 0);
    assert_string_equal(krx_str_get(&types), "start,die,die,oom,destroy,");
    krx_oci_event_log_free(&reader);
    krx_oci_ends ends = {.instance = "web-1", .since_ns = before};
    assert_int_equal(krx_oci_ends_read(&call, arena, &store, &ends), 0);
    assert_true(ends.latest[0] >= before && ends.latest[1] == KRX_UNSET);
    ends.since_ns = krx_now_unix();
    assert_int_equal(krx_oci_ends_read(&call, arena, &store, &ends), 0);
    assert_true(ends.latest[0] == KRX_UNSET);
    assert_int_equal(unlink(log), 0);
    assert_int_equal(unlink(old), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
#define IN_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, drop_file)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entry),
        IN_FILE(test_parts_become_lines),
        IN_FILE(test_filter),
        IN_FILE(test_follow),
        IN_FILE(test_too_long),
        IN_FILE(test_tail),
        IN_FILE(test_tail_of_much),
        cmocka_unit_test(test_attach_frames),
        cmocka_unit_test(test_event_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
