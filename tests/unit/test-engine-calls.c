/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on an engine: version, errors, streams, sessions. */
#include <pthread.h>
#include <sys/ioctl.h>

#include "tests/unit/served.h"

#include "lib/engine/engine.h"

static krx_engine *engine_of(served *s)
{
    krx_engine *engine = NULL;
    krx_engine_options o = {.host = s->host, .config_dir = s->folder, .ignore_environment = true};
    if (krx_engine_open(&s->call, &o, &engine) < 0)
        fail_msg("%s", s->error.message);
    return engine;
}

static void assert_text(const served *s, const char *part)
{
    if (!strstr(s->error.message, part))
        fail_msg("'%s' is not in: %s", part, s->error.message);
}

/* -------------------------------------------------------------------------------------- version */

static const struct {
    const char *script;
    int32_t code;
    int32_t api;
    const char *text;
} versions[] = {
    {"GET /_ping\n    header Api-Version: 1.41\n    body OK\n", 0, 1041, ""},
    {"GET /_ping\n    header Api-Version: 1.24\n    body OK\n", 0, 1024, ""},
    {"GET /_ping\n    header Api-Version: 1.52\n    body OK\n"
     "GET /version\n    body {\"ApiVersion\":\"1.52\",\"MinAPIVersion\":\"1.44\"}\n",
     0, 1047, ""},
    {"GET /_ping\n    header Api-Version: 1.60\n    body OK\n"
     "GET /version\n    body {\"ApiVersion\":\"1.60\",\"MinAPIVersion\":\"1.50\"}\n",
     KRX_E_UNSUPPORTED, 0, "too new"},
    {"GET /_ping\n    header Api-Version: 1.23\n    body OK\n", KRX_E_UNSUPPORTED, 0, "too old"},
    {"GET /_ping 404\nGET /version\n    body "
     "{\"ApiVersion\":\"1.30\",\"MinAPIVersion\":\"1.12\"}\n",
     0, 1030, ""},
    {"GET /_ping\n    body hello\n", KRX_E_UNAVAILABLE, 0, "does not speak"},
    {"GET /_ping\n    body hello\nGET /version\n    body <html>\n", KRX_E_DATA_LOSS, 0, "not JSON"},
    {"GET /_ping 500\n    body {\"message\":\"on fire\"}\n", KRX_E_UNAVAILABLE, 0, "on fire"},
    {"GET /_ping 400\n    body Client sent an HTTP request to an HTTPS server.\n",
     KRX_E_UNAVAILABLE, 0, "wants TLS"},
    {"GET /_ping\n    fault drop\n", KRX_E_UNAVAILABLE, 0, "without an answer"},
    {"GET /_ping\n    fault bad-head\n", KRX_E_UNAVAILABLE, 0, "HTTP"},
};

static void versions_are_agreed(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(versions); i++) {
        served s;
        int32_t api = 0;
        serve_start(&s, versions[i].script);
        krx_auto_engine krx_engine *engine = engine_of(&s);
        int32_t code = krx_engine_api(&s.call, engine, &api);
        if (code != versions[i].code || api != versions[i].api)
            fail_msg("case %zu: %d, API %d, %s", i, code, api, s.error.message);
        assert_text(&s, versions[i].text);
        serve_stop(&s);
    }
}

/* Exactly that version is spoken, without asking; one that nobody knows is refused at once. */
static void a_version_can_be_pinned(void **state)
{
    served s;
    krx_engine *engine = NULL;
    int32_t api = 0;
    (void)state;
    serve_start(&s,
                "GET /_ping 500\n"
                "GET /info 400\n    body {\"message\":\"client version 1.40 is too old. Minimum "
                "supported API version is 1.44\"}\n");
    krx_engine_options o = {
        .host = s.host, .config_dir = s.folder, .api_version = "1.40", .ignore_environment = true};
    assert_int_equal(krx_engine_open(&s.call, &o, &engine), 0);
    assert_int_equal(krx_engine_api(&s.call, engine, &api), 0);
    assert_int_equal(api, KRX_ENGINE_API(1, 40));
    assert_int_equal(krx_engine_get(&s.call, engine, "/info", "asking", NULL),
                     KRX_E_INVALID_ARGUMENT);
    assert_text(&s, "too old");
    krx_engine_close(engine);
    o.api_version = "latest";
    assert_int_equal(krx_engine_open(&s.call, &o, &engine), KRX_E_INVALID_ARGUMENT);
    assert_text(&s, "api_version is 'latest'");
    serve_stop(&s);
}

static void an_upgraded_engine_is_asked_again(void **state)
{
    served s;
    krx_auto_json cJSON *json = NULL;
    (void)state;
    serve_start(&s, "GET /_ping\n    times 1\n    header Api-Version: 1.30\n    body OK\n"
                    "GET /_ping\n    header Api-Version: 1.45\n    body OK\n"
                    "GET /v1.30/info 400\n"
                    "    body {\"message\":\"client version 1.30 is too old. Minimum supported API "
                    "version is 1.44\"}\n"
                    "GET /v1.45/info\n    body {\"ID\":\"x\"}\n");
    krx_auto_engine krx_engine *engine = engine_of(&s);
    if (krx_engine_get(&s.call, engine, "/info", NULL, &json) < 0)
        fail_msg("%s", s.error.message);
    assert_string_equal(krx_json_text(json, "ID"), "x");
    serve_stop(&s);
}

/* --------------------------------------------------------------------------------------- errors */

static const struct {
    const char *answer;
    uint32_t flags;
    int32_t code;
    const char *text;
} errors[] = {
    {" 404\n    body {\"message\":\"No such container: web.\"}\n", 0, KRX_E_NOT_FOUND,
     "looking at web: No such container: web"},
    {" 409\n    body {\"message\":\"in use\"}\n", 0, KRX_E_FAILED_PRECONDITION, "in use"},
    {" 409\n    body {\"message\":\"in use\"}\n", KRX_ENGINE_CONFLICT_EXISTS, KRX_E_ALREADY_EXISTS,
     "in use"},
    {" 400\n    body {\"message\":\"bad\"}\n", 0, KRX_E_INVALID_ARGUMENT, "bad"},
    {" 401\n    body {\"message\":\"who?\"}\n", 0, KRX_E_UNAUTHENTICATED, "who?"},
    {" 403\n", 0, KRX_E_PERMISSION_DENIED, "status 403"},
    {" 503\n    body {\"message\":\"later\"}\n", 0, KRX_E_UNAVAILABLE, "later"},
    {" 500\n    body {\"message\":\"Get https://joe:pw@reg/v2: \\nno\"}\n", 0, KRX_E_UNAVAILABLE,
     "Get https://reg/v2:  no"},
    {" 500\n    body <html>\n", 0, KRX_E_UNAVAILABLE, "status 500 and no reason"},
    {" 502\n    header Content-Type: text/plain\n    body upstream gone\n", 0, KRX_E_UNAVAILABLE,
     "upstream gone"},
    {"\n    body [{\"Id\":\"abc\n", 0, KRX_E_DATA_LOSS, "half a JSON document"},
    {"\n    body [{\"Id\":\"abc\"}]\n    fault half\n", 0, KRX_E_DATA_LOSS, "cut short"},
    {"\n    body <html>hello</html>\n", 0, KRX_E_DATA_LOSS, "not JSON"},
    {"\n    body {\"a\":1}{\"b\":2}\n", 0, KRX_E_DATA_LOSS, "not JSON"},
    {"\n    body [0,\n    fault endless 2147483648\n", 0, KRX_E_DATA_LOSS, "larger"},
    {"\n    body [\n    fault endless 9000000\n", 0, KRX_E_DATA_LOSS, "values"},
    {"\n    body [\n    fault endless 5000\n", 0, KRX_E_DATA_LOSS, "JSON"},
    {"\n    fault drop\n", 0, KRX_E_UNAVAILABLE, "looking at web: the Docker engine at unix:///"},
};

static void errors_have_their_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(errors); i++) {
        served s;
        cJSON *json = NULL;
        krx_autofree char *script = krx_format("GET /x%s", errors[i].answer);
        serve_start(&s, script);
        krx_auto_engine krx_engine *engine = engine_of(&s);
        krx_engine_request r = {
            .path = "/x?all=1", .what = "looking at web", .flags = errors[i].flags};
        int32_t code = krx_engine_call(&s.call, engine, &r, &json);
        if (code != errors[i].code || json)
            fail_msg("case %zu: %d %s", i, code, s.error.message);
        assert_text(&s, errors[i].text);
        assert_int_equal(s.error.code, code);
        serve_stop(&s);
    }
}

static void answers_without_a_body_are_fine(void **state)
{
    served s;
    cJSON *json = NULL;
    int32_t status = 0;
    (void)state;
    serve_start(&s, "POST /start 304\nDELETE /x 204\nPOST /y 200\nPOST /fail 500\n");
    krx_auto_engine krx_engine *engine = engine_of(&s);
    krx_engine_request r = {.method = "POST", .path = "/start", .status = &status};
    assert_int_equal(krx_engine_call(&s.call, engine, &r, &json), 0);
    assert_int_equal(status, 304);
    assert_null(json);
    assert_int_equal(krx_engine_delete(&s.call, engine, "/x", NULL), 0);
    assert_int_equal(krx_engine_post(&s.call, engine, "/y", NULL, NULL, &json), 0);
    assert_null(json);
    assert_int_equal(krx_engine_post(&s.call, engine, "/z", NULL, NULL, NULL), KRX_E_NOT_FOUND);
    assert_text(&s, "POST /z: page not found");
    assert_int_equal(krx_engine_post(&s.call, engine, "/fail", NULL, NULL, NULL), KRX_E_UNKNOWN);
    serve_stop(&s);
}

static void json_of_the_wrong_type_counts_as_absent(void **state)
{
    krx_auto_json cJSON *json = cJSON_Parse("{\"t\":\"x\",\"n\":5,\"b\":true,\"a\":[],\"o\":{},"
                                            "\"z\":null,\"huge\":1e300}");
    (void)state;
    assert_string_equal(krx_json_text(json, "t"), "x");
    assert_string_equal(krx_json_text(json, "n"), "");
    assert_int_equal(krx_json_int(json, "n", 7), 5);
    assert_int_equal(krx_json_int(json, "t", 7), 7);
    assert_true(krx_json_int(json, "huge", 7) == INT64_MAX);
    assert_true(krx_json_bool(json, "b", false));
    assert_true(krx_json_bool(json, "z", true));
    assert_non_null(krx_json_array(json, "a"));
    assert_null(krx_json_array(json, "o"));
    assert_non_null(krx_json_object(json, "o"));
    assert_null(krx_json_object(json, "z"));
    assert_string_equal(krx_json_text(krx_json_get(krx_json_get(json, "no"), "such"), "path"), "");
}

/* -------------------------------------------------------------------------------------- streams */

static int32_t count_message(void *ctx, const cJSON *message)
{
    (void)message;
    ++*(int *)ctx;
    return 0;
}

static const struct {
    const char *answer;
    int32_t code;
    int messages;
    const char *text;
} transfers[] = {
    {"\n    chunked\n    pieces 7\n    line {\"status\":\"a\"}\n    line {\"status\":\"b\"}\n", 0,
     2, ""},
    {"\n    line {\"status\":\"a\"}\n    line {\"errorDetail\":{\"message\":\"manifest for x not "
     "found\"},\"error\":\"e\"}\n",
     KRX_E_NOT_FOUND, 1, "pulling x: manifest for x not found"},
    {"\n    line {\"error\":\"unauthorized: authentication required\"}\n", KRX_E_UNAUTHENTICATED, 0,
     "unauthorized"},
    {"\n    line {\"error\":\"write: no space left on device\"}\n", KRX_E_RESOURCE_EXHAUSTED, 0,
     ""},
    {"\n    line {\"error\":\"strange\"}\n", KRX_E_UNKNOWN, 0, "strange"},
    {" 500\n    body {\"message\":\"Get \\\\\"http://u:p@r/v2/\\\\\": no basic auth "
     "credentials\"}\n",
     KRX_E_UNAUTHENTICATED, 0, "Get \"http://r/v2/\""},
    {" 404\n    body {\"message\":\"pull access denied for x\"}\n", KRX_E_NOT_FOUND, 0, "denied"},
    {" 500\n    body {\"message\":\"strange\"}\n", KRX_E_UNKNOWN, 0, "pulling x: strange"},
    {" 409\n    body {\"message\":\"busy\"}\n", KRX_E_FAILED_PRECONDITION, 0, "busy"},
    {"\n    line {\"status\":\"a\"}\n    body {\"sta\n", KRX_E_DATA_LOSS, 1, "inside a message"},
};

static void transfers_report_what_the_registry_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(transfers); i++) {
        served s;
        int messages = 0;
        krx_autofree char *script = krx_format("POST /images/create%s", transfers[i].answer);
        serve_start(&s, script);
        krx_auto_engine krx_engine *engine = engine_of(&s);
        krx_engine_request r = {
            .method = "POST", .path = "/images/create?fromImage=x", .what = "pulling x"};
        int32_t code = krx_engine_transfer(&s.call, engine, &r, count_message, &messages);
        if (code != transfers[i].code || messages != transfers[i].messages)
            fail_msg("case %zu: %d after %d: %s", i, code, messages, s.error.message);
        assert_text(&s, transfers[i].text);
        serve_stop(&s);
    }
}

static int32_t collect(void *ctx, uint32_t stream, const char *data, size_t length)
{
    krx_str_addf(ctx, "%u:%.*s;", stream, (int)length, data);
    return 0;
}

static int32_t collect_line(void *ctx, const krx_log_line *line)
{
    krx_str_addf(ctx, "%u:%.*s;", line->stream, (int)line->length, line->text);
    return 0;
}

static void output_is_taken_apart(void **state)
{
    served s;
    krx_auto_str krx_str seen = {0};
    (void)state;
    serve_start(&s, "GET /a\n    chunked\n    frame 1 out\\n\n    frame 2 err\n"
                    "GET /b\n    body plain\n"
                    "GET /c\n    body \\x01\\x00\\x00\\x00\\xff\\xff\\xff\\xffshort\n"
                    "GET /d 409\n    body {\"message\":\"no logs\"}\n"
                    "GET /e\n    header Content-Type: application/vnd.docker.multiplexed-stream\n"
                    "    frame 1 out\n");
    krx_auto_engine krx_engine *engine = engine_of(&s);
    krx_engine_request r = {.path = "/a"};
    assert_int_equal(krx_engine_output(&s.call, engine, &r, false, collect, &seen), 0);
    assert_string_equal(krx_str_get(&seen), "1:out\n;2:err;");
    krx_str_reset(&seen);
    assert_int_equal(krx_engine_lines(&s.call, engine, &r, false, false, collect_line, &seen), 0);
    assert_string_equal(krx_str_get(&seen), "1:out;2:err;");
    krx_str_reset(&seen);
    r.path = "/b";
    assert_int_equal(krx_engine_output(&s.call, engine, &r, true, collect, &seen), 0);
    assert_string_equal(krx_str_get(&seen), "1:plain;");
    krx_str_reset(&seen);
    r.path = "/c";
    assert_int_equal(krx_engine_output(&s.call, engine, &r, false, collect, &seen),
                     KRX_E_DATA_LOSS);
    assert_string_equal(krx_str_get(&seen), "1:short;");
    r.path = "/d";
    assert_int_equal(krx_engine_output(&s.call, engine, &r, false, collect, &seen),
                     KRX_E_FAILED_PRECONDITION);
    krx_str_reset(&seen);
    r.path = "/e";
    assert_int_equal(krx_engine_output(&s.call, engine, &r, true, collect, &seen), 0);
    assert_string_equal(krx_str_get(&seen), "1:out;");
    serve_stop(&s);
}

/* ------------------------------------------------------------------------------------- sessions */

static void count_resize(void *ctx, krx_call *call)
{
    ++*(int *)ctx;
    (void)krx_fail(call, KRX_E_NOT_FOUND, "gone already");
}

static void sessions_carry_both_ways(void **state)
{
    static const char frame[] = "\1\0\0\0\0\0\0\5world";
    served s;
    int in[2], out[2];
    char buffer[256] = {0};
    (void)state;
    serve_start(&s, "POST /exec/x/start\n    upgrade\n    frame 1 hello \n    frame 2 err\n"
                    "POST /exec/gone/start 409\n    body {\"message\":\"not running\"}\n");
    krx_auto_engine krx_engine *engine = engine_of(&s);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(write(in[1], frame, sizeof frame - 1), sizeof frame - 1);
    assert_int_equal(close(in[1]), 0);
    krx_engine_session session = {
        .stdin_fd = in[0], .stdout_fd = out[1], .stderr_fd = -1, .resize_fd = -1};
    krx_engine_request r = {.path = "/exec/x/start", .what = "running sh"};
    if (krx_engine_attach(&s.call, engine, &r, &session) < 0)
        fail_msg("%s", s.error.message);
    assert_int_equal(read(out[0], buffer, sizeof buffer), 11);
    assert_string_equal(buffer, "hello world");
    r.path = "/exec/gone/start";
    assert_int_equal(krx_engine_attach(&s.call, engine, &r, &session), KRX_E_FAILED_PRECONDITION);
    assert_text(&s, "running sh: not running");
    close(in[0]);
    close(out[0]);
    close(out[1]);
    serve_stop(&s);
}

static void terminals_are_told_their_size(void **state)
{
    served s;
    int out[2], size[2], resized = 0;
    char buffer[64] = {0};
    (void)state;
    serve_start(&s,
                "POST /exec/x/start\n    upgrade\n    pieces 1\n    drip 5\n    body raw bytes\n"
                "    hangup\n");
    krx_auto_engine krx_engine *engine = engine_of(&s);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(size), 0);
    assert_int_equal(write(size[1], "x", 1), 1);
    krx_engine_session session = {.stdin_fd = -1,
                                  .stdout_fd = out[1],
                                  .stderr_fd = -1,
                                  .tty = true,
                                  .resize_fd = size[0],
                                  .resize = count_resize,
                                  .resize_ctx = &resized};
    krx_engine_request r = {.path = "/exec/x/start"};
    if (krx_engine_attach(&s.call, engine, &r, &session) < 0)
        fail_msg("%s", s.error.message);
    assert_int_equal(resized, 2);
    assert_int_equal(s.error.code, 0);
    assert_int_equal(read(out[0], buffer, sizeof buffer), 9);
    assert_string_equal(buffer, "raw bytes");
    close(out[0]);
    close(out[1]);
    close(size[0]);
    close(size[1]);
    serve_stop(&s);
}

typedef struct flood {
    int out;
    int in;
    size_t read_when_heard; /* bytes of output before the input was taken; 0: never */
} flood;

/* Reads the output more slowly than it comes, and looks whether the input was taken. */
static void *read_flood(void *arg)
{
    flood *f = arg;
    char buffer[4096];
    size_t total = 0;
    ssize_t n;
    while ((n = read(f->out, buffer, sizeof buffer)) > 0) {
        int left = 1;
        total += (size_t)n;
        if (!f->read_when_heard && ioctl(f->in, FIONREAD, &left) == 0 && left == 0)
            f->read_when_heard = total;
    }
    return NULL;
}

/* Ctrl-C reaches a program that never stops to write. */
static void a_flood_leaves_room_for_input(void **state)
{
    served s;
    int in[2], out[2];
    pthread_t reader;
    (void)state;
    serve_start(&s,
                "POST /exec/x/start\n    upgrade\n    body "
                "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n"
                "    pieces 65536\n    fault endless 33554432\n");
    krx_auto_engine krx_engine *engine = engine_of(&s);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(write(in[1], "\3", 1), 1);
    flood f = {.out = out[0], .in = in[0]};
    assert_int_equal(pthread_create(&reader, NULL, read_flood, &f), 0);
    krx_engine_session session = {
        .stdin_fd = in[0], .stdout_fd = out[1], .stderr_fd = -1, .tty = true, .resize_fd = -1};
    krx_engine_request r = {.path = "/exec/x/start"};
    (void)krx_engine_attach(&s.call, engine, &r, &session); /* its end may come as a reset */
    close(out[1]);
    pthread_join(reader, NULL);
    assert_true(f.read_when_heard > 0);
    assert_true(f.read_when_heard < 2u << 20);
    close(in[0]);
    close(in[1]);
    close(out[0]);
    serve_stop(&s);
}

static void sessions_end_with_the_call(void **state)
{
    served s;
    int in[2];
    (void)state;
    serve_start(&s, "POST /exec/x/start\n    upgrade\n");
    krx_auto_engine krx_engine *engine = engine_of(&s);
    assert_int_equal(pipe(in), 0);
    krx_engine_session session = {
        .stdin_fd = in[0], .stdout_fd = -1, .stderr_fd = -1, .resize_fd = -1};
    krx_engine_request r = {.path = "/exec/x/start"};
    s.call.deadline_ns = krx_now_monotonic() + 100 * KRX_NS_PER_MS;
    assert_int_equal(krx_engine_attach(&s.call, engine, &r, &session), KRX_E_DEADLINE_EXCEEDED);
    close(in[0]);
    close(in[1]);
    serve_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_agreed),
        cmocka_unit_test(a_version_can_be_pinned),
        cmocka_unit_test(an_upgraded_engine_is_asked_again),
        cmocka_unit_test(errors_have_their_codes),
        cmocka_unit_test(answers_without_a_body_are_fine),
        cmocka_unit_test(json_of_the_wrong_type_counts_as_absent),
        cmocka_unit_test(transfers_report_what_the_registry_said),
        cmocka_unit_test(output_is_taken_apart),
        cmocka_unit_test(sessions_carry_both_ways),
        cmocka_unit_test(terminals_are_told_their_size),
        cmocka_unit_test(a_flood_leaves_room_for_input),
        cmocka_unit_test(sessions_end_with_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
