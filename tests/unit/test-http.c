/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/served.h"

#include <pthread.h>

#include "lib/http/http.h"

static krx_http *client(served *s)
{
    krx_http *http = NULL;
    krx_http_endpoint e = {
        .label = "the test", .socket_path = s->socket, .unreachable_hint = "start it"};
    assert_int_equal(krx_http_open(&s->call, &e, &http), 0);
    return http;
}

/* Runs one GET on a fresh client. */
static int32_t get(served *s, const char *path, krx_http_response *response)
{
    krx_auto_http krx_http *http = client(s);
    krx_http_request request = {.method = "GET", .path = path};
    return krx_http_request_run(&s->call, http, &request, response);
}

static void answers_arrive_whole(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "GET /a 201\n    header X-Thing: some thing\n    body hello\n"
                    "GET /chunked\n    chunked\n    pieces 3\n    body hello chunked world\n");
    assert_int_equal(get(&s, "/a", &r), 0);
    assert_int_equal(r.status, 201);
    assert_string_equal(krx_str_get(&r.body), "hello");
    assert_string_equal(krx_http_header(&r, "x-thing"), "some thing");
    assert_null(krx_http_header(&r, "some thing"));
    assert_int_equal(get(&s, "/chunked", &r), 0);
    assert_int_equal(r.status, 200);
    assert_string_equal(krx_str_get(&r.body), "hello chunked world");
    assert_null(krx_http_header(&r, "X-Thing"));
    assert_int_equal(get(&s, "/none", &r), 0);
    assert_int_equal(r.status, 404);
    serve_stop(&s);
}

static void connections_are_kept(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "* /a\n    body hello\n");
    krx_http *http = client(&s);
    const char *methods[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "GET"};
    for (size_t i = 0; i < KRX_COUNT(methods); i++) {
        krx_http_request request = {.method = methods[i], .path = "/a"};
        assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
        assert_int_equal(r.status, 200);
        assert_string_equal(krx_str_get(&r.body), strcmp(methods[i], "HEAD") ? "hello" : "");
    }
    assert_int_equal(krx_fake_connections(s.fake), 1);
    krx_http_close(http);
    serve_stop(&s);
}

static const struct {
    const char *path;
    int32_t code;
    const char *text;
} faults[] = {
    {"/drop", KRX_E_UNAVAILABLE, "without an answer"},
    {"/half", KRX_E_DATA_LOSS, "cut short"},
    {"/cut", KRX_E_DATA_LOSS, "cut short"},
    {"/bad-chunk", KRX_E_DATA_LOSS, "damaged"},
    {"/bad-head", KRX_E_UNAVAILABLE, "HTTP"},
    {"/big", KRX_E_DATA_LOSS, "larger than"},
    {"/big-chunked", KRX_E_DATA_LOSS, "larger than"},
    {"/long-head", KRX_E_DATA_LOSS, "head is larger"},
};

static void faults_have_their_codes(void **state)
{
    served s;
    krx_auto_str krx_str script = {0};
    (void)state;
    krx_str_add(&script, "GET /drop\n    fault drop\n"
                         "GET /half\n    body 0123456789\n    fault half\n"
                         "GET /cut\n    body 0123456789\n    fault cut 1\n"
                         "GET /bad-chunk\n    fault bad-chunk\n"
                         "GET /bad-head\n    fault bad-head\n"
                         "GET /big\n    body x\n    fault endless 2147483648\n"
                         "GET /big-chunked\n    chunked\n    body x\n    fault endless 100000000\n"
                         "GET /long-head\n");
    for (int i = 0; i < 40; i++)
        krx_str_addf(&script, "    header X-%d: %02000d\n", i, i);
    serve_start(&s, krx_str_get(&script));
    for (size_t i = 0; i < KRX_COUNT(faults); i++) {
        krx_auto_http_response krx_http_response r = {0};
        int32_t code = get(&s, faults[i].path, &r);
        if (code != faults[i].code || !strstr(s.error.message, faults[i].text))
            fail_msg("%s: %d %s", faults[i].path, code, s.error.message);
        assert_int_equal(s.error.code, code);
        assert_true(r.body.capacity <= 4 * KRX_HTTP_BODY_MAX);
    }
    serve_stop(&s);
}

static void nobody_there(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "");
    krx_auto_http krx_http *http = client(&s);
    krx_http_request request = {.method = "GET", .path = "/"};
    serve_stop(&s);
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), KRX_E_UNAVAILABLE);
    assert_non_null(strstr(s.error.message, "No such file"));
    assert_string_equal(s.error.hint, "start it");
}

/* The connection that was kept has died with its server; the next request takes a new one. */
static void a_restarted_server_is_found_again(void **state)
{
    served s;
    char address[128];
    const char *why;
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "GET /a\n    body old\n");
    krx_auto_http krx_http *http = client(&s);
    krx_http_request request = {.method = "GET", .path = "/a"};
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_string_equal(krx_str_get(&r.body), "old");
    krx_fake_stop(s.fake);
    (void)snprintf(address, sizeof address, "unix:%s", s.socket);
    s.fake = krx_fake_start(address, "GET /a\n    body new\n", NULL, &why);
    assert_non_null(s.fake);
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_string_equal(krx_str_get(&r.body), "new");
    serve_stop(&s);
}

static void deadline_and_cancel_end_a_hang(void **state)
{
    served s;
    int fds[2];
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "GET /hang\n    fault hang\n"
                    "GET /hang-body\n    body 0123456789\n    fault hang-body\n");
    s.call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    assert_int_equal(get(&s, "/hang", &r), KRX_E_DEADLINE_EXCEEDED);
    assert_non_null(strstr(s.error.message, "the test"));
    s.call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    assert_int_equal(get(&s, "/hang-body", &r), KRX_E_DEADLINE_EXCEEDED);
    s.call.deadline_ns = KRX_NO_DEADLINE;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(close(fds[1]), 0);
    s.call.cancel_fd = fds[0];
    assert_int_equal(get(&s, "/hang", &r), KRX_E_CANCELLED);
    close(fds[0]);
    serve_stop(&s);
}

static void idle_timeout_ends_a_stall(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "GET /a\n    body 0123456789\n    fault hang-body\n");
    krx_auto_http krx_http *http = client(&s);
    krx_http_request request = {
        .method = "GET", .path = "/a", .idle_timeout_ns = 50 * KRX_NS_PER_MS};
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), KRX_E_DEADLINE_EXCEEDED);
    serve_stop(&s);
}

typedef struct taken {
    size_t bytes;
    size_t stop_after;
} taken;

static int32_t take(void *ctx, const char *data, size_t length)
{
    taken *t = ctx;
    (void)data;
    t->bytes += length;
    return t->stop_after && t->bytes >= t->stop_after ? 77 : 0;
}

static void bodies_stream(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    taken t = {0};
    (void)state;
    serve_start(&s, "GET /a\n    body abc\n    fault endless 50000000\n"
                    "GET /b 500\n    body oops\n");
    krx_auto_http krx_http *http = client(&s);
    krx_http_request request = {.method = "GET", .path = "/a", .on_body = take, .on_body_ctx = &t};
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_int_equal(t.bytes, 50000000);
    assert_int_equal(r.body.length, 0);
    t = (taken){.stop_after = 100000};
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 77);
    assert_true(t.bytes < 1000000);
    t = (taken){0};
    request.path = "/b";
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_int_equal(t.bytes, 0);
    assert_string_equal(krx_str_get(&r.body), "oops");
    serve_stop(&s);
}

typedef struct source {
    size_t left;
    int32_t code;
} source;

static int32_t give(void *ctx, char *buffer, size_t room, size_t *got)
{
    source *from = ctx;
    *got = room < from->left ? room : from->left;
    memset(buffer, 'z', *got);
    from->left -= *got;
    return from->code;
}

static void uploads_stream(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "POST /load\n    body ok\n");
    krx_auto_http krx_http *http = client(&s);
    source from = {.left = 3000000};
    krx_http_request request = {.method = "POST",
                                .path = "/load",
                                .read_body = give,
                                .read_ctx = &from,
                                .content_type = "application/x-tar"};
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_string_equal(krx_str_get(&r.body), "ok");
    assert_int_equal(from.left, 0);
    from = (source){.left = 3000000, .code = KRX_E_DATA_LOSS};
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), KRX_E_DATA_LOSS);
    serve_stop(&s);
}

/* Waits for the stream, reads what is there. */
static size_t stream_read(served *s, krx_http_stream *stream, char *buffer, size_t room, bool *eof)
{
    size_t got = 0;
    *eof = false;
    while (!got && !*eof) {
        krx_wait_fd w = {
            .struct_size = sizeof w, .fd = krx_http_stream_fd(stream), .want = KRX_WAIT_READ};
        assert_int_equal(krx_http_stream_read(&s->call, stream, buffer, room, &got, eof), 0);
        if (!got && !*eof)
            assert_true(s->call.host->wait(s->call.host, &s->call, &w, 1, -1) > 0);
    }
    return got;
}

static void upgrades_carry_both_ways(void **state)
{
    served s;
    char buffer[64];
    size_t done, have = 0;
    bool eof;
    krx_auto_http_response krx_http_response r = {0};
    (void)state;
    serve_start(&s, "POST /exec\n    upgrade\n    body early\n");
    krx_auto_http krx_http *http = client(&s);
    krx_http_stream *stream = NULL;
    krx_http_request request = {.method = "POST", .path = "/exec", .body = "{}", .body_length = 2};
    assert_int_equal(krx_http_upgrade(&s.call, http, &request, "tcp", &r, &stream), 0);
    assert_int_equal(r.status, 101);
    assert_non_null(stream);
    while (have < 5)
        have += stream_read(&s, stream, buffer + have, sizeof buffer - have, &eof);
    assert_memory_equal(buffer, "early", 5);
    assert_int_equal(krx_http_stream_write(&s.call, stream, "ping", 4, &done), 0);
    assert_int_equal(done, 4);
    for (have = 0; have < 4;)
        have += stream_read(&s, stream, buffer + have, sizeof buffer - have, &eof);
    assert_memory_equal(buffer, "ping", 4);
    krx_http_stream_finish(stream);
    assert_int_equal(stream_read(&s, stream, buffer, sizeof buffer, &eof), 0);
    assert_true(eof);
    krx_http_stream_close(stream);
    serve_stop(&s);
}

static void refused_upgrades_give_the_answer(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    krx_http_stream *stream = NULL;
    (void)state;
    serve_start(&s, "POST /a 409\n    body {\"message\":\"not running\"}\n"
                    "POST /b 500\n    chunked\n    pieces 5\n    body {\"message\":\"chunks\"}\n"
                    "POST /c\n    fault drop\n"
                    "POST /d\n    fault bad-head\n"
                    "POST /e\n    fault hang\n");
    krx_auto_http krx_http *http = client(&s);
    krx_http_request q = {.method = "POST", .path = "/a"};
    assert_int_equal(krx_http_upgrade(&s.call, http, &q, "tcp", &r, &stream), 0);
    assert_null(stream);
    assert_int_equal(r.status, 409);
    assert_string_equal(krx_str_get(&r.body), "{\"message\":\"not running\"}");
    q.path = "/b";
    assert_int_equal(krx_http_upgrade(&s.call, http, &q, "tcp", &r, &stream), 0);
    assert_int_equal(r.status, 500);
    assert_string_equal(krx_str_get(&r.body), "{\"message\":\"chunks\"}");
    q.path = "/c";
    assert_int_equal(krx_http_upgrade(&s.call, http, &q, "tcp", &r, &stream), KRX_E_UNAVAILABLE);
    q.path = "/d";
    assert_int_equal(krx_http_upgrade(&s.call, http, &q, "tcp", &r, &stream), KRX_E_UNAVAILABLE);
    q.path = "/e";
    s.call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    assert_int_equal(krx_http_upgrade(&s.call, http, &q, "tcp", &r, &stream),
                     KRX_E_DEADLINE_EXCEEDED);
    serve_stop(&s);
}

typedef struct worker {
    krx_http *http;
    int failures;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    for (int i = 0; i < 50; i++) {
        krx_auto_http_response krx_http_response r = {0};
        krx_http_request request = {.method = "GET", .path = "/a"};
        if (krx_http_request_run(&call, w->http, &request, &r) < 0 ||
            strcmp(krx_str_get(&r.body), "hello") != 0)
            w->failures++;
    }
    return NULL;
}

static void threads_share_a_client(void **state)
{
    served s;
    pthread_t threads[8];
    worker w[8];
    (void)state;
    serve_start(&s, "GET /a\n    body hello\n");
    krx_auto_http krx_http *http = client(&s);
    for (size_t i = 0; i < KRX_COUNT(threads); i++) {
        w[i] = (worker){.http = http};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &w[i]), 0);
    }
    for (size_t i = 0; i < KRX_COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(w[i].failures, 0);
    }
    assert_true(krx_fake_connections(s.fake) <= (int)KRX_COUNT(threads));
    serve_stop(&s);
}

/* A fake proxy on a port; *url gets its address. */
static krx_fake *proxy_start(const char *script, char *url, size_t room)
{
    const char *why = NULL;
    krx_fake *fake = krx_fake_start("tcp:127.0.0.1:0", script, NULL, &why);
    if (!fake)
        fail_msg("the fake proxy: %s", why);
    (void)snprintf(url, room, "http://joe:s3cret@%s", krx_fake_address(fake) + strlen("tcp:"));
    return fake;
}

static int32_t get_through(krx_call *call, const char *proxy, const char *base,
                           krx_http_response *response)
{
    krx_auto_http krx_http *http = NULL;
    krx_http_endpoint e = {.base_url = base, .proxy_url = proxy};
    krx_http_request request = {.method = "GET", .path = "/version"};
    int32_t code = krx_http_open(call, &e, &http);
    return code < 0 ? code : krx_http_request_run(call, http, &request, response);
}

static void proxies_are_used(void **state)
{
    krx_error error;
    krx_call call;
    char url[128];
    krx_auto_http_response krx_http_response r = {0};
    krx_fake *fake = proxy_start("GET http://api.invalid/version\n    body far\n"
                                 "GET http://127.0.0.1:1/version\n    body near\n"
                                 "CONNECT api.invalid:443 403\n    body no\n",
                                 url, sizeof url);
    (void)state;
    krx_call_init(&call, &error);
    assert_int_equal(setenv("no_proxy", "*", 1), 0);
    assert_int_equal(get_through(&call, url, "http://api.invalid", &r), 0);
    assert_string_equal(krx_str_get(&r.body), "far");
    assert_int_equal(get_through(&call, url, "http://127.0.0.1:1", &r), 0);
    assert_string_equal(krx_str_get(&r.body), "near");
    assert_int_equal(get_through(&call, url, "https://api.invalid", &r), KRX_E_UNAVAILABLE);
    assert_non_null(strstr(error.message, "the proxy refuses"));
    assert_null(strstr(error.message, "s3cret"));
    assert_int_equal(unsetenv("no_proxy"), 0);
    krx_fake_stop(fake);
}

static void another_certificate_is_another_connection(void **state)
{
    served s;
    krx_auto_http_response krx_http_response r = {0};
    krx_http_request request = {.method = "GET", .path = "/a"};
    (void)state;
    serve_start(&s, "* /a\n    body hello\n");
    krx_http *http = client(&s);
    for (int i = 0; i < 2; i++)
        assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_int_equal(krx_fake_connections(s.fake), 1);
    assert_int_equal(krx_http_set_certificate(&s.call, http, "/nonexistent/cert.pem", NULL),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_int_equal(krx_fake_connections(s.fake), 1);
    assert_int_equal(krx_http_set_certificate(&s.call, http, "/dev/null", "/dev/null"), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(krx_http_request_run(&s.call, http, &request, &r), 0);
    assert_int_equal(krx_fake_connections(s.fake), 2);
    krx_http_close(http);
    serve_stop(&s);
}

static void urls_are_encoded(void **state)
{
    krx_auto_str krx_str url = {0};
    krx_auto_str krx_str bad = {0};
    (void)state;
    krx_str_add(&url, "/containers");
    krx_url_segment(&url, "a b/../\xc3\xa9?");
    krx_url_query(&url, "filters", "{\"label\":[\"a=b&c\"]}");
    krx_url_query(&url, "absent", NULL);
    krx_url_queryf(&url, "t", "%d", 5);
    assert_string_equal(krx_str_get(&url), "/containers/a%20b%2F..%2F%C3%A9%3F?filters=%7B%22label"
                                           "%22%3A%5B%22a%3Db%26c%22%5D%7D&t=5");
    krx_url_segment(&bad, "..");
    assert_true(krx_str_failed(&bad));
}

static void texts_lose_their_secrets(void **state)
{
    char text[] = "Get \"https://joe:s3cr@t@reg.example/v2\": no\nway\x1b[0m http://plain/a@b.";
    (void)state;
    krx_url_redact(text);
    assert_string_equal(text, "Get \"https://reg.example/v2\": no way [0m http://plain/a@b.");
}

static void endpoints_are_checked(void **state)
{
    krx_error error;
    krx_call call;
    krx_http *http = NULL;
    krx_http_endpoint wrong = {.base_url = "ftp://host"};
    krx_http_endpoint missing = {.base_url = "https://host", .ca_file = "/nonexistent/ca.pem"};
    (void)state;
    krx_call_init(&call, &error);
    assert_int_equal(krx_http_open(&call, &wrong, &http), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_http_open(&call, &missing, &http), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "/nonexistent/ca.pem"));
    assert_null(http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_arrive_whole),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(faults_have_their_codes),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(a_restarted_server_is_found_again),
        cmocka_unit_test(deadline_and_cancel_end_a_hang),
        cmocka_unit_test(idle_timeout_ends_a_stall),
        cmocka_unit_test(bodies_stream),
        cmocka_unit_test(uploads_stream),
        cmocka_unit_test(upgrades_carry_both_ways),
        cmocka_unit_test(refused_upgrades_give_the_answer),
        cmocka_unit_test(threads_share_a_client),
        cmocka_unit_test(proxies_are_used),
        cmocka_unit_test(another_certificate_is_another_connection),
        cmocka_unit_test(urls_are_encoded),
        cmocka_unit_test(texts_lose_their_secrets),
        cmocka_unit_test(endpoints_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
