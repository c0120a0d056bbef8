/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/doc.h"

#include <string.h>
#include <sys/resource.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "tests/unit/unit.h"

typedef struct doc {
    krx_error error;
    krx_call call;
    krx_diags diags;
    krx_arena *arena;
    krx_node **roots;
    int32_t rc;
} doc;

static void read_bytes(doc *d, const char *text, size_t length)
{
    krx_call_init(&d->call, &d->error);
    krx_diags_init(&d->diags);
    d->arena = krx_arena_new();
    d->rc = krx_doc_parse(&d->call, d->arena, "f", text, length, &d->roots, &d->diags);
}

static void doc_free(doc *d)
{
    krx_diags_free(&d->diags);
    krx_arena_free(d->arena);
}

static const krx_node *get(const krx_node *node, const char *key)
{
    const krx_node *value = krx_node_get(node, key);
    assert_non_null(value);
    return value;
}

static void at(const krx_node *node, unsigned line, unsigned column)
{
    assert_int_equal(node->line, line);
    assert_int_equal(node->column, column);
}

static void yaml_nodes_know_their_place(void **state)
{
    (void)state;
    doc d;
    static const char text[] = "a: 1\nb:\n  - x\n  - 'no'\nc: {d: ~, \xc3\xa9: e}\n";
    read_bytes(&d, text, sizeof text - 1);
    assert_int_equal(d.rc, 0);
    const krx_node *root = d.roots[0];
    assert_null(d.roots[1]);
    assert_int_equal(root->type, KRX_NODE_MAP);
    assert_int_equal(root->count, 3);
    at(get(root, "a"), 1, 4);
    at(get(root, "b")->items[1], 4, 5);
    assert_true(get(root, "b")->items[1]->quoted);
    assert_false(get(root, "b")->items[0]->quoted);
    assert_int_equal(get(get(root, "c"), "d")->type, KRX_NODE_NULL);
    at(get(get(root, "c"), "\xc3\xa9"), 5, 14); /* in characters, not in bytes */
    doc_free(&d);
}

static void json_nodes_know_their_place(void **state)
{
    (void)state;
    doc d;
    static const char text[] = "{\"a\": [1,\n\t-2.5e3, \"\xc3\xa9\", true],\n \"b\\/\": "
                               "\"\\uD83D\\uDE00\\t\\u00e9\", \"c\": null}\n[]";
    read_bytes(&d, text, sizeof text - 1);
    assert_int_equal(d.rc, 0);
    const krx_node *a = get(d.roots[0], "a");
    at(a, 1, 7);
    at(a->items[1], 2, 2);
    assert_string_equal(a->items[1]->text, "-2.5e3");
    at(a->items[3], 2, 15);
    assert_string_equal(get(d.roots[0], "b/")->text, "\xf0\x9f\x98\x80\t\xc3\xa9");
    assert_true(get(d.roots[0], "b/")->quoted);
    assert_int_equal(get(d.roots[0], "c")->type, KRX_NODE_NULL);
    assert_int_equal(d.roots[1]->type, KRX_NODE_LIST);
    assert_null(d.roots[2]);
    doc_free(&d);
}

static void several_documents(void **state)
{
    (void)state;
    doc d;
    static const char text[] = "---\na: 1\n---\n---\nb: &x [1]\nc: *x\n...\n---\n# nothing\n";
    read_bytes(&d, text, sizeof text - 1);
    assert_int_equal(d.rc, 0);
    assert_non_null(krx_node_get(d.roots[0], "a"));
    assert_ptr_equal(get(d.roots[1], "b"), get(d.roots[1], "c"));
    assert_null(d.roots[2]);
    doc_free(&d);
}

static void flow_style_is_not_json(void **state)
{
    (void)state;
    doc d;
    static const char text[] = "{a: b, 'c': [d]}\n";
    read_bytes(&d, text, sizeof text - 1);
    assert_int_equal(d.rc, 0);
    assert_string_equal(get(d.roots[0], "a")->text, "b");
    doc_free(&d);
}

/* The one complaint, with its place. */
static void refused(const char *text, size_t length, unsigned line, unsigned column,
                    const char *part)
{
    doc d;
    read_bytes(&d, text, length);
    if (d.rc != KRX_E_INVALID_ARGUMENT || d.diags.count != 1)
        print_error("%.60s: %d, %zu complaints\n", text, d.rc, d.diags.count);
    assert_int_equal(d.rc, KRX_E_INVALID_ARGUMENT);
    assert_int_equal(d.diags.count, 1);
    if (!strstr(d.diags.items[0].message, part) || d.diags.items[0].line != line ||
        d.diags.items[0].column != column)
        print_error("%.60s: %u:%u %s\n", text, d.diags.items[0].line, d.diags.items[0].column,
                    d.diags.items[0].message);
    assert_non_null(strstr(d.diags.items[0].message, part));
    assert_int_equal(d.diags.items[0].line, line);
    assert_int_equal(d.diags.items[0].column, column);
    assert_non_null(strstr(d.error.message, part));
    doc_free(&d);
}

#define REFUSED(text, line, column, part) refused(text, sizeof(text) - 1, line, column, part)

static void bad_texts_are_refused_with_their_place(void **state)
{
    (void)state;
    REFUSED("a: 1\nb: \xff\n", 2, 4, "not valid UTF-8 (byte 0xff)");
    REFUSED("a: b\0c\n", 1, 5, "NUL");
    REFUSED("a: \"x\\0y\"\n", 1, 4, "U+0000");
    REFUSED("{\"a\": \"\\u0000\"}", 1, 7, "U+0000");
    REFUSED("a: 1\nb: 2\na: 3\n", 3, 1, "'a' stands here twice, first in line 1");
    REFUSED("{\"a\":1,\n\"a\":2}", 2, 1, "twice");
    REFUSED("b: &b {x: 1}\nc:\n  <<: *b\n", 3, 3, "merge keys");
    REFUSED("a: !binary x\n", 1, 4, "tag");
    REFUSED("a: !!python/object:os.system x\n", 1, 4, "tag");
    REFUSED("a: *nope\n", 1, 4, "no anchor");
    REFUSED("a: &a [*a]\n", 1, 8, "no anchor");
    REFUSED("? [a]\n: 1\n", 1, 3, "a key must be a text");
    REFUSED("a: &a x\n*a : y\n", 2, 1, "alias can't be a key");
    REFUSED("a:\n\tb: 1\n", 2, 1, "not valid YAML");
    REFUSED("a: [1\nb: 2\n", 2, 2, "not valid YAML");
    REFUSED("a: 'b\n", 2, 1, "not valid YAML");
    REFUSED("{\"a\": 1 \"b\": 2}", 1, 9, "not valid JSON: expected ',' or '}'");
    REFUSED("{\"a\": \"\\ud83d\"}", 1, 14, "surrogate");
    REFUSED("[1, 2", 1, 6, "not valid JSON");
    REFUSED("~: x\n", 1, 1, "a key is missing");
}

/* Repeats `part` to make a text of `count` of them. */
static void repeated(krx_str *s, const char *part, size_t count)
{
    for (size_t i = 0; i < count; i++)
        krx_str_add(s, part);
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Refused with `part`, in little memory and (very generously) bounded time. */
static void bounded(const krx_str *text, const char *part)
{
    doc d;
    long before = peak_kib();
    int64_t start = krx_now_monotonic();
    read_bytes(&d, krx_str_get(text), text->length);
    int64_t took = krx_now_monotonic() - start;
    assert_int_equal(d.rc, KRX_E_INVALID_ARGUMENT);
    if (!strstr(d.diags.items[0].message, part))
        print_error("%s\n", d.diags.items[0].message);
    assert_non_null(strstr(d.diags.items[0].message, part));
    assert_true(peak_kib() - before < 400 * 1024);
    assert_true(took < 60 * KRX_NS_PER_S);
    doc_free(&d);
}

static void hostile_texts_are_bounded(void **state)
{
    (void)state;
    krx_auto_str krx_str s = {0};
    repeated(&s, "[", 100000);
    bounded(&s, "deeper than 64");
    krx_str_reset(&s);
    krx_str_add(&s, "a: ");
    repeated(&s, "[", 100000);
    bounded(&s, "deeper than 64");
    krx_str_reset(&s);
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < i; k++)
            krx_str_addc(&s, ' ');
        krx_str_add(&s, "a:\n");
    }
    bounded(&s, "deeper than 64");
    krx_str_reset(&s);
    repeated(&s, "- x\n", 300000);
    bounded(&s, "more than 200000 values");
    krx_str_reset(&s);
    repeated(&s, "a: 1\n", 90000);
    bounded(&s, "twice");
    krx_str_reset(&s);
    for (int i = 0; i < 1001; i++)
        krx_str_addf(&s, "- &a%d x\n", i);
    bounded(&s, "more than 1000 anchors");
    krx_str_reset(&s);
    for (int i = 0; i < 100000; i++)
        krx_str_addf(&s, "%%TAG !t%d! tag:x\n", i);
    krx_str_add(&s, "---\na: 1\n");
    bounded(&s, "more than 100 %TAG directives");
}

static void aliases_are_bounded(void **state)
{
    (void)state;
    krx_auto_str krx_str s = {0};
    krx_str_add(&s, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 30; i++) {
        krx_str_addf(&s, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++)
            krx_str_addf(&s, "%s*a%d", k ? ", " : "", i - 1);
        krx_str_add(&s, "]\n");
    }
    bounded(&s, "more than 200000 values");
    krx_str_reset(&s);
    krx_str_add(&s, "- &a ");
    repeated(&s, "xxxxxxxxxx", 100000);
    krx_str_addc(&s, '\n');
    repeated(&s, "- *a\n", 1000);
    bounded(&s, "16 MiB of text");
    krx_str_reset(&s);
    krx_str_add(&s, "- &a0 x\n");
    for (int i = 1; i < 100; i++)
        krx_str_addf(&s, "- &a%d [*a%d]\n", i, i - 1);
    bounded(&s, "deeper than 64");
}

static void large_documents_are_refused_unread(void **state)
{
    (void)state;
    doc d;
    size_t length = 100u << 20;
    char *text = calloc(1, length); /* never touched, so it takes no memory */
    assert_non_null(text);
    long before = peak_kib();
    read_bytes(&d, text, length);
    assert_int_equal(d.rc, KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(d.diags.items[0].message, "larger than 4 MiB"));
    assert_int_equal(d.diags.items[0].line, 0);
    assert_true(peak_kib() - before < 50 * 1024);
    doc_free(&d);
    free(text);
}

static void complaints_are_counted_and_tidy(void **state)
{
    (void)state;
    krx_diags diags;
    krx_error error;
    krx_call call;
    krx_node node = {.line = 3, .column = 4};
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    assert_int_equal(krx_diags_fail(&call, &diags, "f"), 0);
    krx_diags_add(&diags, "f", &node, "a.b", "try c", "bad \x1b[31m value");
    krx_autofree char *text = krx_diag_text(&diags.items[0]);
    assert_string_equal(text, "f:3:4: a.b: bad ?[31m value (try c)");
    assert_int_equal(krx_diags_fail(&call, &diags, "f"), KRX_E_INVALID_ARGUMENT);
    assert_string_equal(error.message, text);
    for (int i = 0; i < 200; i++)
        krx_diags_add(&diags, "f", NULL, "", NULL, "number %d", i);
    assert_int_equal(diags.count, KRX_DIAGS_MAX);
    assert_int_equal(diags.count + diags.more, 201);
    assert_int_equal(krx_diags_fail(&call, &diags, "f"), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "201 mistakes"));
    assert_non_null(strstr(error.message, " more"));
    krx_diags_free(&diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_nodes_know_their_place),
        cmocka_unit_test(json_nodes_know_their_place),
        cmocka_unit_test(several_documents),
        cmocka_unit_test(flow_style_is_not_json),
        cmocka_unit_test(bad_texts_are_refused_with_their_place),
        cmocka_unit_test(hostile_texts_are_bounded),
        cmocka_unit_test(aliases_are_bounded),
        cmocka_unit_test(large_documents_are_refused_unread),
        cmocka_unit_test(complaints_are_counted_and_tidy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
