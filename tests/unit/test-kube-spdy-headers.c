/* SPDX-License-Identifier: Apache-2.0 */
/* Packed header blocks of SPDY/3.1. */
#include "tests/unit/unit.h"

#include <string.h>
#include <zlib.h>

#include "lib/kube/session/spdy_headers.h"

static void see_type(void *ctx, const krx_spdy_pair *pair)
{
    int *seen = ctx;
    assert_int_equal(pair->name_length, 10);
    assert_memory_equal(pair->name, "streamtype", 10);
    assert_int_equal(pair->value_length, 5);
    assert_memory_equal(pair->value, "stdin", 5);
    ++*seen;
}

/* The checksum of the dictionary, which stands in the first block, is the standard's. */
static void header_blocks_are_as_the_standard_says(void **state)
{
    static const uint8_t zlib_head[6] = {0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2};
    const char *const texts[] = {"streamtype", "stdin"};
    int seen = 0;
    uint8_t block[256];
    (void)state;
    krx_spdy_headers *a = krx_spdy_headers_new(), *b = krx_spdy_headers_new();
    for (int i = 0; i < 3; i++) { /* each builds on those before */
        size_t length = krx_spdy_pack(a, texts, 2, block, sizeof block);
        assert_true(length > 6);
        if (!i)
            assert_memory_equal(block + 2, zlib_head + 2, 4);
        assert_null(krx_spdy_unpack(b, block, length, see_type, &seen));
        assert_int_equal(seen, i + 1);
    }
    assert_int_equal(krx_spdy_pack(a, texts, 2, block, 4), 0);
    krx_spdy_headers_free(a);
    krx_spdy_headers_free(b);
}

static const char *unpack_once(const void *data, size_t length)
{
    krx_spdy_headers *h = krx_spdy_headers_new();
    const char *why = krx_spdy_unpack(h, data, length, NULL, NULL);
    krx_spdy_headers_free(h);
    return why;
}

static void bad_header_blocks_are_refused(void **state)
{
    static uint8_t zeros[1 << 20], packed[8192];
    uLongf length = sizeof packed;
    uint8_t text[8] = {0, 0, 0, 1, 0, 0, 0, 99};
    (void)state;
    assert_int_equal(compress(packed, &length, zeros, sizeof zeros), Z_OK);
    assert_string_equal(unpack_once(packed, length), "a header block that is too large");
    assert_string_equal(unpack_once("nonsense", 8), "a header block that can't be unpacked");
    assert_string_equal(unpack_once("", 0), "a header block that is damaged");
    krx_spdy_headers *a = krx_spdy_headers_new();
    assert_non_null(a);
    z_stream z = {0};
    uint8_t block[64];
    assert_int_equal(deflateInit(&z, 9), Z_OK);
    z.next_in = text;
    z.avail_in = sizeof text;
    z.next_out = block;
    z.avail_out = sizeof block;
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    assert_string_equal(krx_spdy_unpack(a, block, sizeof block - z.avail_out, NULL, NULL),
                        "a header block that is damaged");
    (void)deflateEnd(&z);
    krx_spdy_headers_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_blocks_are_as_the_standard_says),
        cmocka_unit_test(bad_header_blocks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
