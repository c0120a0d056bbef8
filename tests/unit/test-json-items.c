/* SPDX-License-Identifier: Apache-2.0 */
/* Long JSON taken apart while it arrives: every document cut at every byte. */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "lib/json/items.h"

typedef struct gathered {
    krx_str text; /* items, one per line */
    size_t count;
    size_t stop_at; /* item that stops it; 0: none */
} gathered;

static int32_t gather(void *ctx, const cJSON *item)
{
    gathered *g = ctx;
    krx_autofree char *text = cJSON_PrintUnformatted(item);
    assert_non_null(text);
    krx_str_addf(&g->text, "%s\n", text);
    return ++g->count == g->stop_at ? 77 : 0;
}

typedef struct outcome {
    int32_t code;
    char rest[512];
    char message[KRX_ERROR_MESSAGE_MAX];
} outcome;

/* Feeds the text in two pieces, or byte by byte when cut is SIZE_MAX. */
static outcome run(const krx_json_items_options *like, const char *text, size_t length, size_t cut,
                   gathered *g)
{
    krx_error error;
    krx_call call;
    outcome o = {0};
    krx_auto_json cJSON *rest = NULL;
    krx_json_items_options options = *like;
    krx_call_init(&call, &error);
    options.label = "the test";
    options.on_item = gather;
    options.ctx = g;
    krx_auto_json_items krx_json_items *items = krx_json_items_new(&options);
    assert_non_null(items);
    if (cut == SIZE_MAX) {
        for (size_t i = 0; i < length && o.code == 0; i++)
            o.code = krx_json_items_feed(&call, items, text + i, 1);
    } else {
        o.code = krx_json_items_feed(&call, items, text, cut);
        if (o.code == 0)
            o.code = krx_json_items_feed(&call, items, text + cut, length - cut);
    }
    if (o.code == 0)
        o.code = krx_json_items_end(&call, items, &rest);
    krx_autofree char *printed = rest ? cJSON_PrintUnformatted(rest) : NULL;
    (void)snprintf(o.rest, sizeof o.rest, "%s", printed ? printed : "");
    memcpy(o.message, error.message, sizeof o.message);
    return o;
}

static const char *const skip[] = {"managedFields", "x", NULL};
static const char *const keep[] = {"metadata/name", "metadata/labels", "spec/containers/image",
                                   "spec/nodeName", NULL};

static const struct {
    const char *text;
    const char *member; /* NULL: documents */
    bool skip;
    bool keep;
    const char *items;
    const char *rest;
} good[] = {
    {"", NULL, false, false, "", ""},
    {" \n ", NULL, false, false, "", ""},
    {"{}", NULL, false, false, "{}\n", ""},
    {"{\"a\":1}\n{\"b\":[1,-2.5e3,true,null]} {}", NULL, false, false,
     "{\"a\":1}\n{\"b\":[1,-2500,true,null]}\n{}\n", ""},
    {"{\"s\":\"q\\\"}{\\\\\",\"u\":\"\\u00e9\\ud83d\\ude00\xc3\xa9\"}", NULL, false, false,
     "{\"s\":\"q\\\"}{\\\\\",\"u\":\"\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9\"}\n", ""},
    {"{\"kind\":\"L\",\"items\":[{\"a\":1},{\"b\":{\"items\":[1]}}],\"metadata\":{\"v\":\"7\"}}",
     "items", false, false, "{\"a\":1}\n{\"b\":{\"items\":[1]}}\n",
     "{\"kind\":\"L\",\"items\":[],\"metadata\":{\"v\":\"7\"}}"},
    {"{\"items\":null}", "items", false, false, "", "{\"items\":null}"},
    {"{\"items\":{\"items\":[1]}}", "items", false, false, "", "{\"items\":{\"items\":[1]}}"},
    {"{\"a\":{\"items\":[1]}}", "items", false, false, "", "{\"a\":{\"items\":[1]}}"},
    {"{\"items\":[]}", "items", false, false, "", "{\"items\":[]}"},
    {" { \"items\" : [ 1 , \"two\" , [ 3 ] , null , { } ] , \"z\" : 0 } \n", "items", false, false,
     "1\n\"two\"\n[3]\nnull\n{}\n", "{\"items\":[],\"z\":0}"},
    {"{\"items\":[{\"a\":1}],\"items\":[{\"b\":2}]}", "items", false, false,
     "{\"a\":1}\n{\"b\":2}\n", "{\"items\":[],\"items\":[]}"},
    /* dropped: first, between, last, all, each kind of value */
    {"{\"x\":1,\"a\":2}{\"a\":1,\"x\":\"}\\\"]\",\"b\":2}{\"a\":1,\"x\":{\"y\":[{}]}}{\"x\":null}",
     NULL, true, false, "{\"a\":2}\n{\"a\":1,\"b\":2}\n{\"a\":1}\n{}\n", ""},
    {"{\"x\":1,\"x\":[2],\"a\":{\"x\":1,\"x\":2},\"x\":{\"s\":\"\\\\\"},\"b\":[{\"x\":1},{\"x\":2,"
     "\"c\":3}]}",
     NULL, true, false, "{\"a\":{},\"b\":[{},{\"c\":3}]}\n", ""},
    {"{ \"x\" : [ ] , \"a\" : 1 , \"x\" : true }", NULL, true, false, "{\"a\":1}\n", ""},
    {"{\"managedFields\":[{\"f\":{\"x\":{}}}],\"managedField\":1,\"managedFieldss\":2}", NULL, true,
     false, "{\"managedField\":1,\"managedFieldss\":2}\n", ""},
    /* outside of items nothing is dropped */
    {"{\"x\":1,\"items\":[{\"x\":1}],\"metadata\":{\"name\":\"n\",\"x\":2}}", "items", true, true,
     "{}\n", "{\"x\":1,\"items\":[],\"metadata\":{\"name\":\"n\",\"x\":2}}"},
    /* kept */
    {"{\"items\":[{\"metadata\":{\"uid\":\"u\",\"name\":\"a\",\"labels\":{\"uid\":\"1\",\"x\":"
     "\"2\"}},"
     "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"},{\"image\":{\"deep\":[1]},"
     "\"name\":1}],"
     "\"nodeName\":\"n\",\"volumes\":[{}]},\"status\":{\"name\":1}}]}",
     "items", true, true,
     "{\"metadata\":{\"name\":\"a\",\"labels\":{\"uid\":\"1\"}},\"spec\":{\"containers\":[{"
     "\"image\":"
     "\"i\"},{\"image\":{\"deep\":[1]}}],\"nodeName\":\"n\"}}\n",
     "{\"items\":[]}"},
    {"{\"metadata\":[[{\"name\":1,\"b\":2}]],\"spec\":7}", NULL, false, true,
     "{\"metadata\":[[{\"name\":1}]],\"spec\":7}\n", ""},
};

static void documents_cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(good); i++) {
        size_t length = strlen(good[i].text);
        krx_json_items_options options = {.member = good[i].member,
                                          .skip = good[i].skip ? skip : NULL,
                                          .keep = good[i].keep ? keep : NULL};
        for (size_t cut = 0; cut <= length + 1; cut++) {
            gathered g = {0};
            outcome o = run(&options, good[i].text, length, cut > length ? SIZE_MAX : cut, &g);
            if (o.code || strcmp(krx_str_get(&g.text), good[i].items) != 0 ||
                strcmp(o.rest, good[i].rest) != 0)
                fail_msg("%zu cut at %zu: %d %s\n%s%s", i, cut, o.code, o.message,
                         krx_str_get(&g.text), o.rest);
            krx_str_free(&g.text);
        }
    }
}

static const struct {
    const char *text;
    const char *member;
    const char *why;
} bad[] = {
    {"[1]", NULL, "not JSON"},
    {"\"a\"", NULL, "not JSON"},
    {"{\"a\":1}}", NULL, "not JSON"},
    {"{\"a\":1", NULL, "half a JSON"},
    {"{\"a", NULL, "half a JSON"},
    {"{\"a\\", NULL, "half a JSON"},
    {"{\"a\":[}", NULL, "not JSON"},
    {"{\"a\":{]", NULL, "not JSON"},
    {"{\"x\":[}", NULL, "not JSON"},
    {"{\"x\":[}],\"a\":1}", NULL, "not JSON"},
    {"{\"a\" 1}", NULL, "not JSON"},
    {"{\"a\":}", NULL, "not JSON"},
    {"{\"a\":1,}", NULL, "not JSON"},
    {"{,\"a\":1}", NULL, "not JSON"},
    {"{a:1}", NULL, "not JSON"},
    {"{\"a\":[1,]}", NULL, "not JSON"},
    {"{\"a\":[1 2]}", NULL, "not JSON"},
    {"{\"a\":1 \"b\":2}", NULL, "not JSON"},
    {"{\"a\":truth}", NULL, "not JSON"},
    {"{\"a\":1x}", NULL, "not JSON"},
    {"{\"a\":--1}", NULL, "not JSON"},
    {"{\"a\":\"\\q\"}", NULL, "not JSON"},
    {"{\"a\":'b'}", NULL, "not JSON"},
    {"", "items", "nothing"},
    {"{\"items\":[{\"a\":1}", "items", "half a JSON"},
    {"{\"items\":[{\"a\":1}]", "items", "half a JSON"},
    {"{\"items\":[1,,2]}", "items", "not JSON"},
    {"{\"items\":[1}", "items", "not JSON"},
    {"{\"items\":[nul]}", "items", "not JSON"},
    {"{\"items\":[]}{}", "items", "not JSON"},
    {"[]", "items", "not JSON"},
    {"<html>", "items", "not JSON"},
};

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(bad); i++) {
        size_t length = strlen(bad[i].text);
        krx_json_items_options options = {.member = bad[i].member, .skip = skip};
        for (size_t cut = 0; cut <= length + 1; cut++) {
            gathered g = {0};
            outcome o = run(&options, bad[i].text, length, cut > length ? SIZE_MAX : cut, &g);
            if (o.code != KRX_E_DATA_LOSS || !strstr(o.message, bad[i].why))
                fail_msg("%zu cut at %zu: %d %s", i, cut, o.code, o.message);
            krx_str_free(&g.text);
        }
    }
}

static void everything_has_a_bound(void **state)
{
    krx_auto_str krx_str text = {0};
    gathered g = {0};
    krx_json_items_options options = {.member = "items", .item_max = 1000, .rest_max = 1000};
    krx_json_items_options skipping = {
        .member = "items", .item_max = 1000, .rest_max = 1000, .skip = skip};
    (void)state;
    krx_str_addf(&text, "{\"items\":[{\"x\":\"%01000d\"}]}", 1);
    outcome o = run(&options, krx_str_get(&text), text.length, 500, &g);
    assert_int_equal(o.code, KRX_E_DATA_LOSS);
    assert_non_null(strstr(o.message, "an item of more than"));
    /* what is dropped does not count */
    o = run(&skipping, krx_str_get(&text), text.length, 500, &g);
    assert_int_equal(o.code, 0);
    krx_str_reset(&text);
    krx_str_addf(&text, "{\"a\":\"%01000d\",\"items\":[]}", 1);
    o = run(&options, krx_str_get(&text), text.length, 500, &g);
    assert_int_equal(o.code, KRX_E_DATA_LOSS);
    assert_non_null(strstr(o.message, "a document of more than"));
    for (int kind = 0; kind < 2; kind++) {
        krx_str_reset(&text);
        krx_str_addf(&text, "{\"items\":[{\"%c\":", kind ? 'x' : 'a');
        for (int i = 0; i < 100000; i++)
            krx_str_addc(&text, '[');
        o = run(&skipping, krx_str_get(&text), text.length, 50000, &g);
        assert_int_equal(o.code, KRX_E_DATA_LOSS);
        assert_non_null(strstr(o.message, "deeper than"));
    }
    krx_str_reset(&text);
    krx_str_add(&text, "{\"items\":[[0");
    for (int i = 0; i < 500000; i++)
        krx_str_add(&text, ",0");
    krx_str_add(&text, "]]}");
    options.item_max = 0;
    o = run(&options, krx_str_get(&text), text.length, 50000, &g);
    assert_int_equal(o.code, KRX_E_DATA_LOSS);
    assert_non_null(strstr(o.message, "values"));
    krx_str_free(&g.text);
}

static void the_taker_can_stop(void **state)
{
    krx_error error;
    krx_call call;
    gathered g = {.stop_at = 2};
    const char *text = "{\"items\":[1,2,3,4]}";
    (void)state;
    krx_call_init(&call, &error);
    krx_json_items_options options = {.member = "items", .on_item = gather, .ctx = &g};
    krx_auto_json_items krx_json_items *items = krx_json_items_new(&options);
    assert_non_null(items);
    assert_int_equal(krx_json_items_feed(&call, items, text, strlen(text)), 77);
    assert_int_equal(g.count, 2);
    /* and then it has stopped */
    assert_int_equal(krx_json_items_feed(&call, items, text, strlen(text)), KRX_E_DATA_LOSS);
    assert_int_equal(krx_json_items_end(&call, items, NULL), KRX_E_DATA_LOSS);
    assert_int_equal(g.count, 2);
    krx_str_free(&g.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_cut_at_every_byte),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(everything_has_a_bound),
        cmocka_unit_test(the_taker_can_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
