/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "tests/unit/sandbox.h"

static void assert_digest(const char *text, const char *expected)
{
    char out[KRX_SHA256_TEXT];
    krx_sha256 hash;
    krx_sha256_init(&hash);
    krx_sha256_add(&hash, text, strlen(text));
    krx_sha256_text(&hash, out);
    assert_string_equal(out, expected);
}

/* The examples of FIPS 180-4 and of its predecessors' annexes. */
static void test_vectors(void **state)
{
    (void)state;
    assert_digest("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_digest("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
                  "klmnopqrlmnopqrsmnopqrstnopqrstu",
                  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void test_million(void **state)
{
    char chunk[1000], out[KRX_SHA256_TEXT];
    krx_sha256 hash;
    (void)state;
    memset(chunk, 'a', sizeof chunk);
    krx_sha256_init(&hash);
    for (int i = 0; i < 1000; i++)
        krx_sha256_add(&hash, chunk, sizeof chunk);
    krx_sha256_text(&hash, out);
    assert_string_equal(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Any cut into pieces gives the digest of the whole. */
static void test_pieces(void **state)
{
    unsigned char data[300];
    char whole[KRX_SHA256_TEXT], parts[KRX_SHA256_TEXT];
    krx_sha256 hash;
    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7);
    for (size_t length = 0; length <= sizeof data; length++) {
        krx_sha256_init(&hash);
        krx_sha256_add(&hash, data, length);
        krx_sha256_text(&hash, whole);
        krx_sha256_init(&hash);
        krx_sha256_add(&hash, data, length / 3);
        krx_sha256_add(&hash, data + length / 3, length - length / 3);
        krx_sha256_text(&hash, parts);
        assert_string_equal(whole, parts);
    }
}

static void test_file(void **state)
{
    sandbox *box = *state;
    char out[KRX_SHA256_TEXT];
    sandbox_write(box, "f", "abc");
    int fd = open(sandbox_path(box, "f"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
    assert_int_equal(krx_digest_fd(&box->call, fd, "f", out), 0);
    assert_string_equal(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 2);
    close(fd);
    assert_int_equal(krx_digest_fd(&box->call, -1, "f", out), KRX_E_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_million),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test_setup_teardown(test_file, sandbox_setup, sandbox_teardown),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
