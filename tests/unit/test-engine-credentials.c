/* SPDX-License-Identifier: Apache-2.0 */
/* Registry credentials: config.json and helper programs. */
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/engine/internal.h"
#include "tests/unit/unit.h"

typedef struct fixture {
    krx_error error;
    krx_call call;
    krx_host host;
    char folder[64];
    krx_str auth; /* the decoded header */
} fixture;

static char warnings[4096];

static void keep_log(const krx_host *host, const krx_call *call, int32_t level, const char *text)
{
    (void)host, (void)call, (void)level;
    (void)snprintf(warnings, sizeof warnings, "%s", text);
}

static void write_file(fixture *f, const char *name, const char *text, mode_t mode)
{
    krx_autofree char *path = krx_format("%s/%s", f->folder, name);
    assert_int_equal(krx_replace_file(&f->call, path, text, strlen(text), mode), 0);
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    krx_call_init(&f->call, &f->error);
    f->host = *krx_local_host();
    f->host.log = keep_log;
    f->call.host = &f->host;
    f->call.deadline_ns = krx_now_monotonic() + 60 * KRX_NS_PER_S;
    warnings[0] = '\0';
    (void)unit_template(f->folder, sizeof f->folder, "engine");
    if (!mkdtemp(f->folder))
        return -1;
    krx_autofree char *path = krx_format("%s:/usr/bin:/bin", f->folder);
    *state = f;
    return setenv("PATH", path, 1);
}

static int teardown(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"config.json", "docker-credential-one",
                                        "docker-credential-two"};
    for (size_t i = 0; i < KRX_COUNT(names); i++) {
        krx_autofree char *path = krx_format("%s/%s", f->folder, names[i]);
        (void)unlink(path);
    }
    int code = rmdir(f->folder);
    krx_str_free(&f->auth);
    free(f);
    return code;
}

/* The header's JSON for a registry, "" when there is none. */
static const char *auth(fixture *f, const char *registry)
{
    static const char prefix[] = "X-Registry-Auth: ";
    krx_auto_secret krx_str header = {0};
    size_t length;
    krx_str_reset(&f->auth);
    if (krx_docker_auth_header(&f->call, f->folder, registry, &header) < 0)
        return f->error.message;
    if (!header.length)
        return "";
    assert_true(krx_has_prefix(header.data, prefix));
    krx_autofree char *text = krx_base64_decode(header.data + sizeof prefix - 1, &length);
    assert_non_null(text);
    krx_str_addn(&f->auth, text, length);
    return krx_str_get(&f->auth);
}

static void the_file_is_read(void **state)
{
    fixture *f = *state;
    write_file(f, "config.json",
               "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"am9lOnM6M2NyZXQ=\"},"
               "\"localhost:5000\":{\"auth\":\"YTpi\"},"
               "\"https://reg.example/v2/\":{\"identitytoken\":\"tok\",\"auth\":\"YTpi\"},"
               "\"plain.example\":{\"username\":\"u\",\"password\":\"p\"},"
               "\"empty.example\":{}, \"broken.example\":{\"auth\":\"$$$\"}, \"odd.example\":7}}",
               0600);
    assert_string_equal(auth(f, "docker.io"), "{\"username\":\"joe\",\"password\":\"s:3cret\","
                                              "\"serveraddress\":\"https://index.docker.io/v1/\"}");
    assert_string_equal(auth(f, "localhost:5000"), "{\"username\":\"a\",\"password\":\"b\","
                                                   "\"serveraddress\":\"localhost:5000\"}");
    assert_string_equal(auth(f, "reg.example"),
                        "{\"identitytoken\":\"tok\",\"serveraddress\":\"reg.example\"}");
    assert_string_equal(auth(f, "plain.example"), "{\"username\":\"u\",\"password\":\"p\","
                                                  "\"serveraddress\":\"plain.example\"}");
    assert_string_equal(auth(f, "localhost:5001"), "");
    assert_string_equal(auth(f, "empty.example"), "");
    assert_string_equal(auth(f, "odd.example"), "");
    assert_string_equal(warnings, "");
    assert_string_equal(auth(f, "broken.example"), "");
    assert_non_null(strstr(warnings, "broken.example"));
    assert_null(strstr(warnings, "$$$"));
}

static void no_file_is_no_credentials(void **state)
{
    fixture *f = *state;
    assert_string_equal(auth(f, "docker.io"), "");
    write_file(f, "config.json", "[]", 0600);
    assert_non_null(strstr(auth(f, "docker.io"), "config.json is not a JSON object"));
}

static void helpers_are_asked(void **state)
{
    fixture *f = *state;
    write_file(f, "docker-credential-one",
               "#!/bin/sh\nread -r key\n[ \"$1\" = get ] || exit 9\n"
               "printf '{\"ServerURL\":\"%s\",\"Username\":\"joe\",\"Secret\":\"pw\"}' \"$key\"\n",
               0700);
    write_file(f, "docker-credential-two",
               "#!/bin/sh\nread -r key\necho '{\"Username\":\"<token>\",\"Secret\":\"tok\"}'\n",
               0700);
    write_file(f, "config.json",
               "{\"credsStore\":\"one\",\"credHelpers\":{\"reg.example\":\"two\"}}", 0600);
    assert_string_equal(auth(f, "docker.io"), "{\"username\":\"joe\",\"password\":\"pw\","
                                              "\"serveraddress\":\"https://index.docker.io/v1/\"}");
    assert_string_equal(auth(f, "reg.example"),
                        "{\"identitytoken\":\"tok\",\"serveraddress\":\"reg.example\"}");
}

static void a_helper_that_knows_nothing_is_quiet(void **state)
{
    fixture *f = *state;
    write_file(f, "docker-credential-one",
               "#!/bin/sh\necho credentials not found in native keychain\nexit 1\n", 0700);
    write_file(f, "config.json",
               "{\"credsStore\":\"one\",\"auths\":{\"localhost:5000\":{\"auth\":\"YTpi\"}}}", 0600);
    assert_string_equal(auth(f, "docker.io"), "");
    assert_string_equal(auth(f, "localhost:5000"), "{\"username\":\"a\",\"password\":\"b\","
                                                   "\"serveraddress\":\"localhost:5000\"}");
    assert_string_equal(warnings, "");
}

static void a_helper_that_fails_is_a_warning(void **state)
{
    static const struct {
        const char *config, *script, *warning;
    } bad[] = {
        {"{\"credsStore\":\"one\"}", "#!/bin/sh\necho secret-stuff\nexit 3\n", "status 3"},
        {"{\"credsStore\":\"one\"}", "#!/bin/sh\necho half '{'\n", "not a JSON object"},
        {"{\"credsStore\":\"one\"}", "#!/bin/sh\ncat /dev/zero\n", "more than 64 KiB"},
        {"{\"credsStore\":\"missing\"}", "#!/bin/sh\n", "docker-credential-missing"},
        {"{\"credsStore\":\"../../one\"}", "#!/bin/sh\n", "not valid"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(bad); i++) {
        write_file(f, "docker-credential-one", bad[i].script, 0700);
        write_file(f, "config.json", bad[i].config, 0600);
        assert_string_equal(auth(f, "docker.io"), "");
        if (!strstr(warnings, bad[i].warning))
            fail_msg("case %zu: %s", i, warnings);
        assert_null(strstr(warnings, "secret-stuff"));
        assert_int_equal(f->error.code, 0);
    }
}

static void a_helper_that_hangs_meets_the_deadline(void **state)
{
    fixture *f = *state;
    krx_auto_secret krx_str header = {0};
    write_file(f, "docker-credential-one", "#!/bin/sh\nexec sleep 600\n", 0700);
    write_file(f, "config.json", "{\"credsStore\":\"one\"}", 0600);
    f->call.deadline_ns = krx_now_monotonic() + 100 * KRX_NS_PER_MS;
    assert_int_equal(krx_docker_auth_header(&f->call, f->folder, "docker.io", &header),
                     KRX_E_DEADLINE_EXCEEDED);
    assert_int_equal(header.length, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_file_is_read),
        T(no_file_is_no_credentials),
        T(helpers_are_asked),
        T(a_helper_that_knows_nothing_is_quiet),
        T(a_helper_that_fails_is_a_warning),
        T(a_helper_that_hangs_meets_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
