/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions over SPDY/3.1 with a scripted peer, and when that is chosen. */
#include "tests/unit/spdy_peer.h"

#include <poll.h>
#include <zlib.h>

static int file_of(const void *data, size_t length)
{
    int fd = temporary();
    assert_int_equal(write(fd, data, length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* ---------------------------------------------------------------------------------- the sessions
 */

static void open_all(peer *p, krx_spdy_reader *reader)
{
    spdy_peer *s = p->more;
    await(p, reader, all_open);
    s->open = true;
    for (size_t i = 0; i < KRX_COUNT(types); i++)
        send_reply(p, s->streams[i]);
}

/* Everything a server may say between what matters. */
static void talkative(peer *p)
{
    static const uint8_t settings[12] = {0, 0, 0, 1, 0, 0, 0, 7, 0, 1, 0, 0};
    spdy_peer *s = p->more;
    krx_spdy_reader reader = reader_of(s);
    open_all(p, &reader);
    send_control(p, KRX_SPDY_SETTINGS, 0, settings, sizeof settings);
    send_numbers(p, KRX_SPDY_PING, 2, 0);
    send_control(p, 77, 5, "whatever that is", 16);
    send_numbers(p, KRX_SPDY_WINDOW_UPDATE, s->streams[STDIN], 65536);
    await(p, &reader, has_input);
    await(p, &reader, was_pinged);
    send_data(p, STDOUT, 0, "one\0\xfftwo", 8);
    send_text(p, STDERR, "err");
    send_data(p, STDOUT, KRX_SPDY_FIN, "", 0);
    send_numbers(p, KRX_SPDY_GOAWAY, 0, 0);
    send_text(p, ERROR, "{\"status\":\"Failure\",");
    send_text(p, ERROR, &EXIT_3[20]);
    await(p, &reader, never);
}

static void a_session_ends_with_its_input(void **state)
{
    static char data[300000];
    peer p = {0};
    spdy_peer s = {0};
    int64_t exit_code;
    size_t length;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7 + i / 251);
    int in = file_of(data, sizeof data), out = temporary(), err = temporary();
    (void)state;
    start(&p, &s, talkative);
    assert_int_equal(run(&p, in, out, err, &exit_code), 0);
    assert_int_equal(exit_code, 3);
    peer_join(&p);
    assert_int_equal(s.input.length, sizeof data);
    assert_memory_equal(s.input.data, data, sizeof data);
    krx_autofree char *text = written(out, &length), *other = written(err, NULL);
    assert_int_equal(length, 8);
    assert_memory_equal(text, "one\0\xfftwo", 8);
    assert_string_equal(other, "err");
    assert_string_equal(s.kinds, "v5 spdy ");
    stop(&p);
    close(in);
    close(out);
    close(err);
}

static void flood(peer *p)
{
    static char block[100000];
    spdy_peer *s = p->more;
    krx_spdy_reader reader = reader_of(s);
    open_all(p, &reader);
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 400; i++)
        send_data(p, STDOUT, 0, block, sizeof block);
    send_text(p, ERROR, SUCCESS);
    await(p, &reader, never);
}

/*
 * 40 MB into a pipe that is slow. Windows are opened once: what is sent later could cost the output
 * of a server that has hung up.
 */
static void output_waits_for_its_reader(void **state)
{
    peer p = {0};
    spdy_peer s = {0};
    int64_t exit_code;
    int ends[2], in = file_of("x", 1);
    pthread_t reader;
    void *total = NULL;
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&reader, NULL, drain_slowly, &ends[0]), 0);
    start(&p, &s, flood);
    assert_int_equal(run(&p, in, ends[1], -1, &exit_code), 0);
    assert_int_equal(exit_code, 0);
    close(ends[1]);
    pthread_join(reader, &total);
    assert_int_equal(*(size_t *)total, 400 * 100000);
    close(ends[0]);
    peer_join(&p);
    assert_int_equal(s.window, INT32_MAX - 65536);
    assert_int_equal(s.setting, INT32_MAX);
    assert_int_equal(s.late, 0);
    stop(&p);
    close(in);
}

/* Ends the session while megabytes of input wait that nobody takes. */
static void reads_nothing(peer *p)
{
    krx_spdy_reader reader = reader_of(p->more);
    struct pollfd input = {.fd = p->fd, .events = POLLIN};
    open_all(p, &reader);
    assert_int_equal(poll(&input, 1, 60000), 1);
    send_text(p, ERROR, SUCCESS);
    await(p, &reader, never);
}

static void input_that_nobody_takes_does_not_matter(void **state)
{
    peer p = {0};
    spdy_peer s = {0};
    int64_t exit_code;
    int in = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    (void)state;
    start(&p, &s, reads_nothing);
    assert_int_equal(run(&p, in, -1, -1, &exit_code), 0);
    assert_int_equal(exit_code, 0);
    stop(&p);
    close(in);
}

/* ------------------------------------------------------------------------------------ the faults
 */

static void hang_up(peer *p)
{
    krx_spdy_reader reader = reader_of(p->more);
    open_all(p, &reader);
    send_text(p, STDOUT, "half");
}

static void hang_up_early(peer *p)
{
    krx_spdy_reader reader = reader_of(p->more);
    await(p, &reader, all_open);
}

static void refuse_streams(peer *p)
{
    const spdy_peer *s = p->more;
    krx_spdy_reader reader = reader_of(p->more);
    await(p, &reader, all_open);
    send_numbers(p, KRX_SPDY_RST_STREAM, s->streams[STDIN], KRX_SPDY_REFUSED_STREAM);
    await(p, &reader, never);
}

static void garbage(peer *p)
{
    krx_spdy_reader reader = reader_of(p->more);
    open_all(p, &reader);
    send_all(p, "\x80\x02\x00\x06\x00\x00\x00\x04what", 12);
    await(p, &reader, never);
}

static void bomb(peer *p)
{
    static uint8_t zeros[1 << 20], packed[8192];
    uLongf length = sizeof packed - 4;
    krx_spdy_reader reader = reader_of(p->more);
    assert_int_equal(compress(packed + 4, &length, zeros, sizeof zeros), Z_OK);
    krx_spdy_put_u32(packed, 1);
    await(p, &reader, all_open);
    send_control(p, KRX_SPDY_SYN_REPLY, 0, packed, 4 + length);
    await(p, &reader, never);
}

static void after_the_end(peer *p)
{
    krx_spdy_reader reader = reader_of(p->more);
    open_all(p, &reader);
    send_data(p, STDOUT, KRX_SPDY_FIN, "end", 3);
    send_text(p, STDOUT, "more");
    await(p, &reader, never);
}

static void run_failing(peer_script *script, int32_t code, const char *text)
{
    peer p = {0};
    spdy_peer s = {0};
    int64_t exit_code;
    int in = file_of("x", 1);
    start(&p, &s, script);
    int32_t got = run(&p, in, -1, -1, &exit_code);
    if (got != code || !strstr(p.error.message, text))
        fail_msg("%d, and '%s' is not in: %s", got, text, p.error.message);
    assert_string_equal(s.kinds, "v5 spdy "); /* once switched no other carrier is tried */
    stop(&p);
    close(in);
}

static void faults_are_told_apart(void **state)
{
    (void)state;
    run_failing(hang_up, KRX_E_UNAVAILABLE, "before its end was told");
    run_failing(hang_up_early, KRX_E_UNAVAILABLE, "before its streams were open");
    run_failing(refuse_streams, KRX_E_UNAVAILABLE, "refuses a stream (3)");
    run_failing(garbage, KRX_E_DATA_LOSS, "not a frame of SPDY/3");
    run_failing(bomb, KRX_E_DATA_LOSS, "too large");
    run_failing(after_the_end, KRX_E_DATA_LOSS, "not open");
}

/* A stream that the server opens by itself is refused, and one that nobody knows is reset. */
static void uninvited(peer *p)
{
    static const char *const texts[] = {"streamtype", "stdout"};
    spdy_peer *s = p->more;
    krx_spdy_reader reader = reader_of(s);
    uint8_t text[256] = {0, 0, 0, 2};
    open_all(p, &reader);
    size_t length = krx_spdy_pack(s->headers, texts, 2, text + 10, sizeof text - 10);
    assert_true(length > 0);
    send_control(p, KRX_SPDY_SYN_STREAM, 0, text, 10 + length);
    await(p, &reader, was_reset);
    s->reset = false;
    s->streams[KRX_COUNT(types)] = 99;
    send_data(p, KRX_COUNT(types), 0, "who?", 4);
    await(p, &reader, was_reset);
    send_text(p, ERROR, SUCCESS);
    await(p, &reader, never);
}

static void streams_of_the_server_are_refused(void **state)
{
    peer p = {0};
    spdy_peer s = {0};
    int64_t exit_code;
    int in = file_of("x", 1);
    (void)state;
    start(&p, &s, uninvited);
    assert_int_equal(run(&p, in, -1, -1, &exit_code), 0);
    peer_join(&p);
    assert_true(s.reset);
    stop(&p);
    close(in);
}

static void silence(peer *p)
{
    krx_spdy_reader reader = reader_of(p->more);
    open_all(p, &reader);
    await(p, &reader, never);
}

static void a_silent_server_ends_with_the_deadline(void **state)
{
    peer p = {0};
    spdy_peer s = {0};
    int64_t exit_code;
    int in = file_of("x", 1);
    (void)state;
    start(&p, &s, silence);
    p.call.deadline_ns = krx_now_monotonic() + 500 * KRX_NS_PER_MS;
    assert_int_equal(run(&p, in, -1, -1, &exit_code), KRX_E_DEADLINE_EXCEEDED);
    stop(&p);
    close(in);
}

/* ------------------------------------------------------------------------------------ the choice
 */

static void succeed_ws(peer *p)
{
    send_frame(p, 0x82, "\3" SUCCESS, sizeof SUCCESS);
    while (take_frame(p))
        ;
}

static void succeed(peer *p)
{
    if (strstr(p->head, "SPDY/3.1"))
        reads_nothing(p);
    else
        succeed_ws(p);
}

static void expect_kinds(spdy_peer *s, peer *p, bool input, const char *kinds)
{
    int64_t exit_code;
    int in = input ? file_of("x", 1) : -1;
    s->kinds[0] = '\0';
    if (run(p, in, -1, -1, &exit_code) != 0)
        fail_msg("%s, after %s", p->error.message, s->kinds);
    assert_int_equal(exit_code, 0);
    assert_string_equal(s->kinds, kinds);
    if (in >= 0)
        close(in);
}

static void what_a_server_takes_is_asked_once(void **state)
{
    peer old = {.protocol = "v4.channel.k8s.io"}, new = {.protocol = "v5.channel.k8s.io"};
    spdy_peer s = {0}, t = {.knows_v5 = true};
    (void)state;
    start(&old, &s, succeed);
    expect_kinds(&s, &old, true, "v5 spdy ");
    expect_kinds(&s, &old, true, "spdy ");
    expect_kinds(&s, &old, false, "any ");
    expect_kinds(&s, &old, true, "spdy ");
    s.eats_spdy = true; /* now something stands between */
    expect_kinds(&s, &old, true, "spdy v5 any ");
    expect_kinds(&s, &old, true, "any ");
    stop(&old);
    start(&new, &t, succeed);
    expect_kinds(&t, &new, true, "v5 ");
    expect_kinds(&t, &new, true, "v5 ");
    stop(&new);
}

/* A session without input has shown already what the server knows. */
static void other_sessions_teach(void **state)
{
    peer p = {.protocol = "v4.channel.k8s.io"};
    spdy_peer s = {0};
    (void)state;
    start(&p, &s, succeed);
    expect_kinds(&s, &p, false, "any ");
    expect_kinds(&s, &p, true, "spdy ");
    stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_ends_with_its_input),
        cmocka_unit_test(output_waits_for_its_reader),
        cmocka_unit_test(input_that_nobody_takes_does_not_matter),
        cmocka_unit_test(faults_are_told_apart),
        cmocka_unit_test(streams_of_the_server_are_refused),
        cmocka_unit_test(a_silent_server_ends_with_the_deadline),
        cmocka_unit_test(what_a_server_takes_is_asked_once),
        cmocka_unit_test(other_sessions_teach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
