/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, watches and logs of an API server that does everything wrong that it can. */
#include "tests/unit/kube_served.h"

#define PODS "/api/v1/namespaces/shop/pods"
#define META(version, more) "\"metadata\":{\"resourceVersion\":\"" version "\"" more "}"
#define LIST(version, more, items)                                                                 \
    "    body {\"kind\":\"PodList\"," META(version, more) ",\"items\":[" items "]}\n"
#define NAMED(name, version)                                                                       \
    "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version                          \
    "\",\"managedFields\":[{}]},\"spec\":{\"big\":1}}"
#define EVENT(type, name, version)                                                                 \
    "    line {\"type\":\"" type "\",\"object\":" NAMED(name, version) "}\n"
#define EXPIRED                                                                                    \
    "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"too old resource "     \
    "version: 5 (9)\"}"

static const krx_kube_select pods = {.kind = KRX_KUBE_POD, .namespace_ = "shop"};

/* What was told, as one line: "present a, synced, added b". */
typedef struct heard {
    krx_str text;
    int stop_at; /* what is told with this number stops it */
    int count;
    int32_t stop_code;
    bool saw_managed;
    bool saw_spec;
} heard;

static int32_t hear(void *ctx, krx_kube_change change, const cJSON *item)
{
    static const char *const words[] = {"present", "added",  "modified",
                                        "deleted", "synced", "lost"};
    heard *h = ctx;
    const cJSON *meta = krx_json_get(item, "metadata");
    krx_str_addf(&h->text, "%s%s%s%s", h->text.length ? ", " : "", words[change], item ? " " : "",
                 krx_json_text(meta, "name"));
    h->saw_managed = h->saw_managed || krx_json_get(meta, "managedFields");
    h->saw_spec = h->saw_spec || krx_json_get(item, "spec");
    return ++h->count == h->stop_at ? h->stop_code : 0;
}

static int32_t hear_item(void *ctx, const cJSON *item)
{
    return hear(ctx, KRX_KUBE_PRESENT, item);
}

static void expect(const kube_served *s, heard *h, const char *text)
{
    if (strcmp(krx_str_get(&h->text), text) != 0)
        fail_msg("%s\nnot %s\n%s", krx_str_get(&h->text), text, s->error.message);
    krx_str_free(&h->text);
}

/* ---------------------------------------------------------------------------------------- lists */

static void lists_come_page_by_page(void **state)
{
    kube_served s;
    heard h = {0};
    krx_autofree char *version = NULL;
    (void)state;
    kube_serve(&s, "GET " PODS "?labelSelector=app%3Dweb&limit=2000&continue=t%3D\n" LIST(
                       "9", "", NAMED("c", "3")) "GET " PODS "?labelSelector=app%3Dweb&limit=2000\n"
                                                 "    chunked\n    pieces 7\n" LIST(
                                                     "5", ",\"continue\":\"t=\"",
                                                     NAMED("a", "1") "," NAMED("b", "2")));
    krx_kube_select select = pods;
    select.label_selector = "app=web";
    assert_int_equal(krx_kube_list(&s.call, s.kube, &select, hear_item, &h, &version), 0);
    expect(&s, &h, "present a, present b, present c");
    assert_false(h.saw_managed);
    assert_true(h.saw_spec);
    assert_string_equal(version, "5");
    assert_int_equal(krx_fake_connections(s.fake), 1);
    static const char *const keep[] = {"metadata", NULL};
    select.keep = keep;
    select.managed_fields = true;
    h = (heard){0};
    assert_int_equal(krx_kube_list(&s.call, s.kube, &select, hear_item, &h, NULL), 0);
    assert_true(h.saw_managed);
    assert_false(h.saw_spec);
    expect(&s, &h, "present a, present b, present c");
    kube_serve_stop(&s);
}

#define PAGE_2 "GET " PODS "?limit=2000&continue=t"
#define PAGE_1 "GET " PODS "?limit=2000\n" LIST("5", ",\"continue\":\"t\"", NAMED("a", "1"))

static const struct {
    const char *script;
    int32_t code;
    const char *heard;
} lists[] = {
    /* a new token, which goes on in newer data */
    {PAGE_2 " 410\n    body {\"kind\":\"Status\",\"code\":410,\"metadata\":{\"continue\":\"u\"}}\n"
            "GET " PODS "?limit=2000&continue=u\n" LIST("9", "", NAMED("b", "2")) PAGE_1,
     0, "present a, present b"},
    /* none: from the start */
    {PAGE_2 " 410\n    times 1\n    body " EXPIRED "\n" PAGE_2 "\n" LIST("9", "", NAMED("b", "2"))
         PAGE_1,
     0, "present a, present a, present b"},
    {PAGE_2 " 410\n    body " EXPIRED "\n" PAGE_1, KRX_E_OUT_OF_RANGE, NULL},
    /* lost in the middle of a later page: what has been told is not told again */
    {PAGE_2 "\n    times 1\n    fault cut 180\n" LIST("9", "", NAMED("b", "2") "," NAMED("c", "3"))
         PAGE_2 "\n" LIST("9", "", NAMED("b", "2") "," NAMED("c", "3")) PAGE_1,
     0, "present a, present b, present c"},
    {PAGE_2 " 500\n    times 2\n" PAGE_2 "\n" LIST("9", "", NAMED("b", "2")) PAGE_1, 0,
     "present a, present b"},
    {"GET *\n    body {\"items\":[{},\n    fault half\n", KRX_E_DATA_LOSS, NULL},
    /* pages without end */
    {"GET *\n" LIST("5", ",\"continue\":\"t\"", NAMED("a", "1")), KRX_E_DATA_LOSS,
     "present a, present a"},
    {"GET * 302\n    header Location: /elsewhere\n", KRX_E_UNAVAILABLE, ""},
    {"GET *\n    body <html>\n", KRX_E_DATA_LOSS, ""},
    {"GET *\n", KRX_E_DATA_LOSS, ""},
    {"GET * 403\n    body {\"kind\":\"Status\",\"code\":403,\"message\":\"no\"}\n",
     KRX_E_PERMISSION_DENIED, ""},
    {"GET *\n    chunked\n    body {\"items\":[[[[[[[[\n    fault endless 5368709120\n",
     KRX_E_DATA_LOSS, NULL},
    {"GET *\n    chunked\n    body \"aaaaaaaaaaaaaa\n    fault endless 5368709120\n",
     KRX_E_DATA_LOSS, ""},
};

static void lists_survive_what_can_be_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(lists); i++) {
        kube_served s;
        heard h = {0};
        kube_serve(&s, lists[i].script);
        int32_t code = krx_kube_list(&s.call, s.kube, &pods, hear_item, &h, NULL);
        if (code != lists[i].code ||
            (code && !strstr(s.error.message, "listing pods in namespace")))
            fail_msg("%zu: %d %s", i, code, s.error.message);
        if (lists[i].heard)
            expect(&s, &h, lists[i].heard);
        krx_str_free(&h.text);
        kube_serve_stop(&s);
    }
}

static void the_taker_stops_a_list(void **state)
{
    kube_served s;
    heard h = {.stop_at = 1, .stop_code = 77};
    (void)state;
    kube_serve(&s, PAGE_1);
    assert_int_equal(krx_kube_list(&s.call, s.kube, &pods, hear_item, &h, NULL), 77);
    assert_int_equal(kube_asked(&s, "GET /"), 1);
    krx_str_free(&h.text);
    h = (heard){.stop_at = 1, .stop_code = KRX_E_UNAVAILABLE};
    assert_int_equal(krx_kube_list(&s.call, s.kube, &pods, hear_item, &h, NULL), KRX_E_UNAVAILABLE);
    assert_int_equal(kube_asked(&s, "GET /"), 2);
    krx_str_free(&h.text);
    kube_serve_stop(&s);
}

/* -------------------------------------------------------------------------------------- watches */

#define WATCH "GET " PODS "?watch=true&allowWatchBookmarks=true&resourceVersion="
#define LIST_A "GET " PODS "?limit=2000\n" LIST("5", "", NAMED("a", "1"))

static const struct {
    const char *name;
    const char *script;
    const char *heard; /* its last word stops the watch */
} watches[] = {
    {"closed, resumed from the last event and from a bookmark",
     WATCH "5&*\n" EVENT("ADDED", "b", "6") EVENT("BOOKMARK", "", "7") WATCH
     "7&*\n" EVENT("MODIFIED", "b", "8") EVENT("DELETED", "a", "9") LIST_A,
     "present a, synced, added b, modified b, deleted a"},
    {"closed at once, many times",
     WATCH "5&*\n    times 4\n" WATCH "5&*\n" EVENT("ADDED", "b", "6") LIST_A,
     "present a, synced, added b"},
    {"410 as an answer",
     WATCH "5&* 410\n    times 1\n    body " EXPIRED "\n" WATCH "5&*\n" EVENT("ADDED", "b", "6")
         LIST_A,
     "present a, synced, present a, synced, added b"},
    {"410 as an event",
     WATCH "5&*\n    times 1\n    line {\"type\":\"ERROR\",\"object\":" EXPIRED "}\n" WATCH
           "5&*\n" EVENT("ADDED", "b", "6") LIST_A,
     "present a, synced, present a, synced, added b"},
    {"another error as an event",
     WATCH "5&*\n    times 1\n    line {\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":"
           "\"etcd\"}}\n" WATCH "5&*\n" EVENT("ADDED", "b", "6") LIST_A,
     "present a, synced, present a, synced, added b"},
    {"cut in the middle of an event",
     WATCH "5&*\n    times 1\n    fault cut 200\n" EVENT("ADDED", "b", "6") EVENT("ADDED", "c", "7")
         WATCH "6&*\n" EVENT("ADDED", "d", "8") LIST_A,
     "present a, synced, added b, added d"},
    {"unwell for a while",
     WATCH "5&* 503\n    times 2\n    body apiserver is starting\n" WATCH
           "5&*\n" EVENT("ADDED", "b", "6") LIST_A,
     "present a, synced, lost, added b"},
    {"away, and then it does not know us yet",
     WATCH "5&*\n    times 2\n    fault drop\n" WATCH
           "5&* 403\n    times 2\n    body {\"code\":403}\n" WATCH "5&*\n" EVENT("ADDED", "b", "6")
               LIST_A,
     "present a, synced, lost, added b"},
    {"silent",
     WATCH "5&*\n    times 1\n    fault hang\n" WATCH "5&*\n" EVENT("ADDED", "b", "6") LIST_A,
     "present a, synced, lost, added b"},
    {"the list fails first",
     "GET " PODS "?limit=2000 500\n    times 2\n" WATCH "5&*\n" EVENT("ADDED", "b", "6") LIST_A,
     "lost, present a, synced, added b"},
};

static void watches_go_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(watches); i++) {
        kube_served s;
        heard h = {.stop_at = 1, .stop_code = 77};
        kube_serve(&s, watches[i].script);
        for (const char *p = watches[i].heard; (p = strchr(p, ',')); p++)
            h.stop_at++;
        krx_kube_watch_options options = {.patience_ns = 20 * KRX_NS_PER_S,
                                          .quiet_ns = 300 * KRX_NS_PER_MS};
        int32_t code = krx_kube_watch(&s.call, s.kube, &pods, &options, hear, &h);
        if (code != 77)
            fail_msg("%s: %d %s\n%s", watches[i].name, code, s.error.message, krx_str_get(&h.text));
        assert_false(h.saw_managed);
        expect(&s, &h, watches[i].heard);
        kube_serve_stop(&s);
    }
}

static void a_watch_keeps_only_what_is_asked_for(void **state)
{
    static const char *const keep[] = {"metadata/name", NULL};
    kube_served s;
    heard h = {.stop_at = 2, .stop_code = 77};
    (void)state;
    kube_serve(&s, WATCH "5&*\n" EVENT("ADDED", "b", "6") WATCH "6&*\n" EVENT("ADDED", "c", "7"));
    krx_kube_select select = pods;
    select.keep = keep;
    krx_kube_watch_options options = {.from_version = "5", .patience_ns = KRX_UNSET};
    assert_int_equal(krx_kube_watch(&s.call, s.kube, &select, &options, hear, &h), 77);
    assert_false(h.saw_spec);
    expect(&s, &h, "added b, added c");
    kube_serve_stop(&s);
}

static const struct {
    const char *script;
    int32_t code;
    const char *text;
} ends[] = {
    {"GET * 403\n    body {\"kind\":\"Status\",\"code\":403,\"message\":\"no\"}\n",
     KRX_E_PERMISSION_DENIED, "listing pods in namespace shop: no"},
    {WATCH "5&* 403\n    body {\"kind\":\"Status\",\"code\":403,\"message\":\"no\"}\n" LIST_A,
     KRX_E_PERMISSION_DENIED, "watching pods in namespace shop: no"},
    {WATCH "5&*\n    body <html>\n" LIST_A, KRX_E_DATA_LOSS, "not JSON"},
    {WATCH "5&*\n    fault drop\n" LIST_A, KRX_E_UNAVAILABLE, "closed the connection"},
    {WATCH "5&*\n    fault hang\n" LIST_A, KRX_E_UNAVAILABLE, "sent nothing"},
};

static void watches_end_when_there_is_no_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(ends); i++) {
        kube_served s;
        heard h = {0};
        kube_serve(&s, ends[i].script);
        krx_kube_watch_options options = {.patience_ns = 400 * KRX_NS_PER_MS,
                                          .quiet_ns = 200 * KRX_NS_PER_MS};
        int32_t code = krx_kube_watch(&s.call, s.kube, &pods, &options, hear, &h);
        if (code != ends[i].code || !strstr(s.error.message, ends[i].text))
            fail_msg("%zu: %d %s", i, code, s.error.message);
        krx_str_free(&h.text);
        kube_serve_stop(&s);
    }
}

/* Forgetting the place each time must not become a storm. */
static void a_server_that_forgets_is_not_hurried(void **state)
{
    kube_served s;
    heard h = {0};
    (void)state;
    kube_serve(&s, WATCH "5&* 410\n    body " EXPIRED "\n" LIST_A);
    s.call.deadline_ns = krx_now_monotonic() + 1500 * KRX_NS_PER_MS;
    assert_int_equal(krx_kube_watch(&s.call, s.kube, &pods, NULL, hear, &h),
                     KRX_E_DEADLINE_EXCEEDED);
    assert_true(kube_asked(&s, WATCH) < 8);
    krx_str_free(&h.text);
    kube_serve_stop(&s);
}

/* Nor must one that closes after each event. */
static void a_server_that_closes_is_not_hurried(void **state)
{
    kube_served s;
    heard h = {0};
    (void)state;
    kube_serve(&s, WATCH "5&*\n" EVENT("ADDED", "b", "5") LIST_A);
    s.call.deadline_ns = krx_now_monotonic() + 1500 * KRX_NS_PER_MS;
    assert_int_equal(krx_kube_watch(&s.call, s.kube, &pods, NULL, hear, &h),
                     KRX_E_DEADLINE_EXCEEDED);
    assert_in_range(kube_asked(&s, WATCH), 2, 21); /* 75 ms between two, at least */
    krx_str_free(&h.text);
    kube_serve_stop(&s);
}

/* ----------------------------------------------------------------------------------------- logs */

typedef struct taken {
    krx_str text;
    int32_t code;
} taken;

static int32_t take(void *ctx, const char *data, size_t length)
{
    taken *t = ctx;
    krx_str_addn(&t->text, data, length);
    return t->code;
}

static void logs_are_passed_on(void **state)
{
    kube_served s;
    taken t = {0};
    (void)state;
    kube_serve(&s, "GET " PODS "/p/log 503\n    times 1\n"
                   "GET " PODS "/p/log\n    chunked\n    pieces 2\n    line one\n    line two\n"
                   "GET " PODS "/q/log 400\n    body {\"kind\":\"Status\",\"code\":400,\"message\":"
                   "\"container \\\\\"c\\\\\" in pod \\\\\"q\\\\\" is waiting to start\"}\n"
                   "GET " PODS "/r/log\n    body 0123456789\n    fault half\n");
    krx_kube_log_options o = {.namespace_ = "shop",
                              .pod = "p",
                              .container = "c",
                              .follow = true,
                              .previous = true,
                              .timestamps = true,
                              .tail = 5,
                              .since_ns = INT64_C(1500000000) * KRX_NS_PER_S};
    assert_int_equal(krx_kube_log(&s.call, s.kube, &o, take, &t), 0);
    assert_string_equal(krx_str_get(&t.text), "one\ntwo\n");
    assert_int_equal(kube_asked(&s, "/p/log?container=c&follow=true&previous=true&timestamps=true&"
                                    "tailLines=5&sinceTime=2017-07-14T02%3A40%3A00Z\n"),
                     2);
    t.code = 77;
    assert_int_equal(krx_kube_log(&s.call, s.kube, &o, take, &t), 77);
    t.code = 0;
    o = (krx_kube_log_options){
        .namespace_ = "shop", .pod = "q", .tail = KRX_UNSET, .since_ns = KRX_UNSET};
    assert_int_equal(krx_kube_log(&s.call, s.kube, &o, take, &t), KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(s.error.message, "reading log of Pod q in namespace shop: container"));
    /* what was handed out is not asked for again */
    o.pod = "r";
    krx_str_reset(&t.text);
    assert_int_equal(krx_kube_log(&s.call, s.kube, &o, take, &t), KRX_E_DATA_LOSS);
    assert_string_equal(krx_str_get(&t.text), "01234");
    krx_str_free(&t.text);
    kube_serve_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_page_by_page),
        cmocka_unit_test(lists_survive_what_can_be_survived),
        cmocka_unit_test(the_taker_stops_a_list),
        cmocka_unit_test(watches_go_on),
        cmocka_unit_test(a_watch_keeps_only_what_is_asked_for),
        cmocka_unit_test(watches_end_when_there_is_no_use),
        cmocka_unit_test(a_server_that_forgets_is_not_hurried),
        cmocka_unit_test(a_server_that_closes_is_not_hurried),
        cmocka_unit_test(logs_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
