/* SPDX-License-Identifier: Apache-2.0 */
/* exec, attach and port-forward against a scripted WebSocket peer: frames, channels, ends. */
#include "tests/unit/session_peer.h"

#include <sys/eventfd.h>

#include "tests/unit/websocket_peer.h"

/* ----------------------------------------------------------------------------------------- tests
 */

static void the_key_is_answered_as_the_standard_says(void **state)
{
    char accept[KRX_WS_KEY_MAX], a[KRX_WS_KEY_MAX], b[KRX_WS_KEY_MAX];
    (void)state;
    assert_true(krx_ws_accept("dGhlIHNhbXBsZSBub25jZQ==", accept));
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_true(krx_ws_key(a) && krx_ws_key(b));
    assert_int_equal(strlen(a), 24);
    assert_string_not_equal(a, b);
}

/* A message in three frames with a ping between, bytes of every kind, the error channel last. */
static void fragments(peer *p)
{
    send_frame(p, 0x82, "\1", 1); /* an empty message, as servers begin with */
    send_frame(p, 0x02, "\1one", 4);
    send_frame(p, 0x89, "hi", 2);
    send_frame(p, 0x00, "\0\xff", 2);
    send_frame(p, 0x80, "two", 3);
    send_message(p, 2, "err");
    take_until(p, "P");
    send_frame(p, 0x02, "\3{\"status\":\"Failure\",", 21);
    send_frame(p, 0x80, &EXIT_3[20], sizeof EXIT_3 - 21);
    (void)take_frame(p);
}

static void channels_and_fragments_are_put_together(void **state)
{
    peer p = {0};
    int64_t exit_code;
    size_t length;
    int out = temporary(), err = temporary();
    (void)state;
    start_ws(&p, "v4.channel.k8s.io", fragments);
    assert_int_equal(run(&p, -1, out, err, &exit_code), 0);
    assert_int_equal(exit_code, 3);
    krx_autofree char *text = written(out, &length), *other = written(err, NULL);
    assert_int_equal(length, 8);
    assert_memory_equal(text, "one\0\xfftwo", 8);
    assert_string_equal(other, "err");
    peer_stop(&p);
    assert_non_null(strstr(p.head, "GET /api/v1/namespaces/shop/pods/web-1/exec?container=web&"
                                   "command=cat&command=a%20b&stdout=true&stderr=true HTTP/1.1"));
    assert_non_null(strstr(p.head, "v5.channel.k8s.io, v4.channel.k8s.io"));
    close(out);
    close(err);
}

static void success(peer *p)
{
    take_until(p, "<255>");
    send_message(p, 3, SUCCESS);
    (void)take_frame(p);
}

/* 100 KiB of input in messages, then the end of it as v5 can tell it. */
static void input_and_its_end_are_passed_on(void **state)
{
    peer p = {0};
    int64_t exit_code;
    int in = temporary();
    (void)state;
    for (int i = 0; i < 100; i++) {
        char block[1024];
        memset(block, 'a' + i % 26, sizeof block);
        assert_int_equal(write(in, block, sizeof block), sizeof block);
    }
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    start_ws(&p, "v5.channel.k8s.io", success);
    assert_int_equal(run(&p, in, -1, -1, &exit_code), 0);
    assert_int_equal(exit_code, 0);
    peer_join(&p);
    size_t bytes = 0;
    for (size_t i = 0; i < p.got.length; i++)
        bytes += p.got.data[i] >= 'a' && p.got.data[i] <= 'z';
    assert_int_equal(bytes, 100 * 1024);
    assert_non_null(strstr(krx_str_get(&p.got), "<0>aaaa"));
    assert_memory_equal(p.got.data + p.got.length - 6, "<255>\0", 6);
    peer_stop(&p);
    close(in);
}

/* An input that stays open for others: nobody hears that ours has ended. */
static void success_after_input(peer *p)
{
    take_until(p, "<0>typed");
    send_message(p, 1, "seen");
    send_message(p, 3, SUCCESS);
    while (take_frame(p))
        ;
}

static void an_input_that_stays_is_not_ended(void **state)
{
    peer p = {0};
    int64_t exit_code;
    int in = temporary(), out = temporary();
    krx_kube_session_options o = {.namespace_ = "shop",
                                  .pod = "web-1",
                                  .input_stays = true,
                                  .stdin_fd = in,
                                  .stdout_fd = out,
                                  .stderr_fd = -1,
                                  .resize_fd = -1};
    (void)state;
    assert_int_equal(write(in, "typed", 5), 5);
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    start_ws(&p, "v5.channel.k8s.io", success_after_input);
    assert_int_equal(krx_kube_session(&p.call, p.kube, &o, &exit_code), 0);
    peer_join(&p);
    krx_autofree char *text = written(out, NULL);
    assert_string_equal(text, "seen");
    assert_string_equal(krx_str_get(&p.got), "<0>typed");
    assert_non_null(strstr(p.head, KRX_WS_SESSION));
    peer_stop(&p);
    close(in);
    close(out);
}

static void flood(peer *p)
{
    static char block[100001];
    memset(block, 'x', sizeof block);
    block[0] = 1;
    for (int i = 0; i < 40; i++)
        send_frame(p, 0x82, block, sizeof block);
    send_message(p, 3, SUCCESS);
    (void)take_frame(p);
}

/* The reader is a pipe that is full most of the time: nothing is lost, nothing grows. */
static void output_waits_for_its_reader(void **state)
{
    peer p = {0};
    int64_t exit_code;
    int ends[2];
    pthread_t reader;
    void *total = NULL;
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&reader, NULL, drain_slowly, &ends[0]), 0);
    start_ws(&p, "v4.channel.k8s.io", flood);
    assert_int_equal(run(&p, -1, ends[1], -1, &exit_code), 0);
    close(ends[1]);
    pthread_join(reader, &total);
    assert_int_equal(*(size_t *)total, 40 * 100000);
    close(ends[0]);
    peer_stop(&p);
}

static void hang_up(peer *p)
{
    send_message(p, 1, "half");
}

static void garbage(peer *p)
{
    send_all(p, "\xf3\x07garbage", 9);
    (void)take_frame(p);
}

static void run_failing(peer_script *script, const char *protocol, bool wrong_accept, int32_t code,
                        const char *text)
{
    peer p = {.wrong_accept = wrong_accept};
    int64_t exit_code;
    start_ws(&p, protocol, script);
    assert_int_equal(run(&p, -1, -1, -1, &exit_code), code);
    if (!strstr(p.error.message, text))
        fail_msg("'%s' is not in: %s", text, p.error.message);
    peer_stop(&p);
}

static void faults_are_told_apart(void **state)
{
    (void)state;
    run_failing(hang_up, "v4.channel.k8s.io", false, KRX_E_UNAVAILABLE, "before its end was told");
    run_failing(garbage, "v4.channel.k8s.io", false, KRX_E_DATA_LOSS, "damaged");
    run_failing(hang_up, "v4.channel.k8s.io", true, KRX_E_UNAVAILABLE, "not one to our");
    run_failing(hang_up, "v9.channel.k8s.io", false, KRX_E_UNAVAILABLE, "not offered");
}

static void silence(peer *p)
{
    while (take_frame(p))
        ;
}

static void a_silent_server_ends_with_the_deadline_or_cancel(void **state)
{
    peer p = {0}, q = {0};
    int64_t exit_code;
    uint64_t one = 1;
    int cancel = eventfd(0, EFD_CLOEXEC);
    (void)state;
    start_ws(&p, "v4.channel.k8s.io", silence);
    p.call.deadline_ns = krx_now_monotonic() + 300 * KRX_NS_PER_MS;
    assert_int_equal(run(&p, -1, -1, -1, &exit_code), KRX_E_DEADLINE_EXCEEDED);
    peer_stop(&p);
    start_ws(&q, "v4.channel.k8s.io", silence);
    assert_int_equal(write(cancel, &one, sizeof one), sizeof one);
    q.call.cancel_fd = cancel;
    assert_int_equal(run(&q, -1, -1, -1, &exit_code), KRX_E_CANCELLED);
    peer_stop(&q);
    close(cancel);
}

static void refusals_carry_the_servers_reason(void **state)
{
    kube_served s;
    int64_t exit_code;
    krx_kube_session_options o = {.namespace_ = "shop",
                                  .pod = "web-1",
                                  .argv = session_command,
                                  .stdin_fd = -1,
                                  .stdout_fd = -1,
                                  .stderr_fd = -1,
                                  .resize_fd = -1};
    (void)state;
    kube_serve(
        &s,
        "GET /api/v1/namespaces/shop/pods/web-1/exec* 403\n"
        "    times 1\n"
        "    header Content-Type: application/json\n"
        "    body {\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"pods \\\\\"web-1\\\\\""
        " is forbidden: User \\\\\"eve\\\\\" cannot get resource \\\\\"pods/exec\\\\\" in API "
        "group "
        "\\\\\"\\\\\" in the namespace \\\\\"shop\\\\\"\",\"reason\":\"Forbidden\",\"code\":403}\n"
        "GET /api/v1/namespaces/shop/pods/web-1/exec* 400\n"
        "    header Content-Type: application/json\n"
        "    body {\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"container x is not "
        "valid for pod web-1\",\"reason\":\"BadRequest\",\"code\":400}\n");
    assert_int_equal(krx_kube_session(&s.call, s.kube, &o, &exit_code), KRX_E_PERMISSION_DENIED);
    assert_non_null(strstr(s.error.message, "cannot get resource"));
    assert_non_null(strstr(s.error.hint, "pods/exec"));
    assert_int_equal(krx_kube_session(&s.call, s.kube, &o, &exit_code), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(s.error.message, "container x is not valid"));
    kube_serve_stop(&s);
}

/* ---------------------------------------------------------------------------------- forwarding */

static void answer_port(peer *p)
{
    send_frame(p, 0x82, "\0\x90\x1f", 3);
    send_frame(p, 0x82, "\1\x90\x1f", 3);
    take_until(p, "<0>ping");
    send_message(p, 0, "");
    send_frame(p, 0x82, "\0pong", 5);
}

static void refuse_port(peer *p)
{
    send_frame(p, 0x82, "\0\x90\x1f", 3);
    send_frame(p, 0x82, "\1\x90\x1f", 3);
    take_until(p, "<0>ping");
    send_frame(p, 0x82, "\1connection refused", 19);
}

static int32_t forward(peer *p, peer_script *script, char *answer, size_t room)
{
    int ends[2];
    start_ws(p, "v4.channel.k8s.io", script);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(write(ends[1], "ping", 4), 4);
    int32_t code = krx_kube_forward(&p->call, p->kube, "shop", "web-1", 8080, ends[0]);
    close(ends[0]);
    ssize_t n = read(ends[1], answer, room - 1);
    answer[n > 0 ? n : 0] = '\0';
    close(ends[1]);
    return code;
}

static void a_port_is_carried_without_its_number(void **state)
{
    peer p = {0}, q = {0};
    char answer[64];
    (void)state;
    assert_int_equal(forward(&p, answer_port, answer, sizeof answer), 0);
    assert_string_equal(answer, "pong");
    peer_stop(&p);
    assert_non_null(strstr(p.head, "/pods/web-1/portforward?ports=8080 "));
    assert_int_equal(forward(&q, refuse_port, answer, sizeof answer), KRX_E_UNAVAILABLE);
    assert_non_null(strstr(q.error.message, "connection refused"));
    peer_stop(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_answered_as_the_standard_says),
        cmocka_unit_test(channels_and_fragments_are_put_together),
        cmocka_unit_test(input_and_its_end_are_passed_on),
        cmocka_unit_test(an_input_that_stays_is_not_ended),
        cmocka_unit_test(output_waits_for_its_reader),
        cmocka_unit_test(faults_are_told_apart),
        cmocka_unit_test(a_silent_server_ends_with_the_deadline_or_cancel),
        cmocka_unit_test(refusals_carry_the_servers_reason),
        cmocka_unit_test(a_port_is_carried_without_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
