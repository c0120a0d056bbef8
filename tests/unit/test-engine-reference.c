/* SPDX-License-Identifier: Apache-2.0 */
/* Image references, and the engine's texts made fit for messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/engine/internal.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *text, *registry, *repository, *tag, *digest, *name;
} good[] = {
    {"busybox", "docker.io", "library/busybox", "latest", NULL, "busybox"},
    {"busybox:1.36", "docker.io", "library/busybox", "1.36", NULL, "busybox"},
    {"joe/app", "docker.io", "joe/app", "latest", NULL, "joe/app"},
    {"docker.io/busybox", "docker.io", "library/busybox", "latest", NULL, "docker.io/busybox"},
    {"index.docker.io/joe/a", "docker.io", "joe/a", "latest", NULL, "index.docker.io/joe/a"},
    {"localhost/app:v1", "localhost", "app", "v1", NULL, "localhost/app"},
    {"localhost:5000/a/b/c:v1", "localhost:5000", "a/b/c", "v1", NULL, "localhost:5000/a/b/c"},
    {"localhost:5000/a", "localhost:5000", "a", "latest", NULL, "localhost:5000/a"},
    {"reg.example/a@sha256:" HEX64, "reg.example", "a", NULL, "sha256:" HEX64, "reg.example/a"},
    {"a:t@sha256:" HEX64, "docker.io", "library/a", "t", "sha256:" HEX64, "a"},
    {"[::1]:5000/a", "[::1]:5000", "a", "latest", NULL, "[::1]:5000/a"},
    {"a__b/c-d--e.f_g", "docker.io", "a__b/c-d--e.f_g", "latest", NULL, "a__b/c-d--e.f_g"},
};

static void references_are_taken_apart(void **state)
{
    krx_error error;
    krx_call call;
    (void)state;
    krx_call_init(&call, &error);
    for (size_t i = 0; i < KRX_COUNT(good); i++) {
        krx_auto_image_ref krx_image_ref ref = {0};
        if (krx_image_ref_parse(&call, good[i].text, &ref) < 0)
            fail_msg("%s: %s", good[i].text, error.message);
        assert_string_equal(ref.registry, good[i].registry);
        assert_string_equal(ref.repository, good[i].repository);
        assert_string_equal(ref.name, good[i].name);
        assert_true(krx_streq(ref.tag, good[i].tag));
        assert_true(krx_streq(ref.digest, good[i].digest));
    }
}

static const struct {
    const char *text, *why;
} bad[] = {
    {"", "empty"},
    {"Busybox", "lower case"},
    {"a:", "tag"},
    {"a:-b", "tag"},
    {"a:b c", "tag"},
    {"a//b", "lower case letters"},
    {"/a", "lower case letters"},
    {"a/", "lower case letters"},
    {"a..b", "lower case letters"},
    {"a___b", "lower case letters"},
    {"-a", "lower case letters"},
    {"a-", "lower case letters"},
    {"a\nb", "lower case letters"},
    {"a@sha256:1234", "digest"},
    {"a@", "digest"},
    {"reg.example:x/a", "registry"},
    {"-reg.example/a", "registry"},
    {HEX64, "id"},
    {"rootfs:/srv/root", "files of this machine"},
    {"docker-archive:app.tar", "files of this machine"},
};

static void wrong_references_say_why(void **state)
{
    krx_error error;
    krx_call call;
    char longest[700];
    krx_image_ref ref;
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(bad); i++) {
        krx_call_init(&call, &error);
        int32_t code = krx_image_ref_parse(&call, bad[i].text, &ref);
        if (code != KRX_E_INVALID_ARGUMENT || !strstr(error.message, bad[i].why))
            fail_msg("'%s': %d %s", bad[i].text, code, error.message);
        assert_null(ref.name);
        assert_null(strchr(error.message, '\n'));
    }
    memset(longest, 'a', sizeof longest);
    longest[400] = '\0';
    assert_int_equal(krx_image_ref_parse(&call, longest, &ref), KRX_E_INVALID_ARGUMENT);
    longest[400] = 'a';
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(krx_image_ref_parse(&call, longest, &ref), KRX_E_INVALID_ARGUMENT);
}

static void texts_are_cleaned(void **state)
{
    char out[16];
    static const char accents[] = "0123456789abcd\xc3\xa9\xc3\xa9";
    (void)state;
    krx_text_clean(out, sizeof out, "a\nb\x1b\0c. ", 8);
    assert_string_equal(out, "a b  c");
    krx_text_clean(out, sizeof out, "\xff\xfeok", 4);
    assert_string_equal(out, "??ok");
    krx_text_clean(out, sizeof out, accents, sizeof accents - 1);
    assert_string_equal(out, "0123456789abcd");
    krx_text_clean(out, sizeof out, "", 0);
    assert_string_equal(out, "");
}

static void base64_goes_both_ways(void **state)
{
    static const char *const texts[] = {"",     "f",     "fo",     "foo",
                                        "foob", "fooba", "foobar", "\xff\xfe?>"};
    size_t length;
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(texts); i++) {
        krx_autofree char *code = krx_base64url_encode(texts[i], strlen(texts[i]));
        krx_autofree char *back = krx_base64_decode(code, &length);
        assert_non_null(back);
        assert_int_equal(length, strlen(texts[i]));
        assert_string_equal(back, texts[i]);
    }
    krx_autofree char *known = krx_base64url_encode("\xff\xfe?>", 4);
    assert_string_equal(known, "__4_Pg==");
    assert_null(krx_base64_decode("a", &length));
    assert_null(krx_base64_decode("ab$c", &length));
    assert_null(krx_base64_decode("ab=c", &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_taken_apart),
        cmocka_unit_test(wrong_references_say_why),
        cmocka_unit_test(texts_are_cleaned),
        cmocka_unit_test(base64_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
