/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, page by page and object by object. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/json/items.h"
#include "lib/kube/internal.h"

#define PAGE "2000"   /* fewer of them are faster, and nobody holds one whole */
#define BROKEN_MAX 4  /* times that the connection may be lost in the middle of a page */
#define EXPIRED_MAX 3 /* page tokens that may expire */

typedef struct lister {
    krx_call *call;
    krx_kube *kube;
    const krx_kube_select *select;
    krx_kube_item_fn *fn;
    void *ctx;
    uint32_t tries;
    int expired;
    krx_json_items *items; /* of the page under way */
    size_t taken;          /* of it */
    size_t pass;           /* of it have been told already */
    bool begun;
    bool stopped; /* by fn */
    bool circular;
    char *token;
    char *version;
} lister;

static int32_t on_item(void *ctx, const cJSON *item)
{
    lister *l = ctx;
    if (l->taken++ < l->pass)
        return 0;
    int32_t code = l->fn(l->ctx, item);
    l->stopped = code != 0;
    return code;
}

static int32_t on_body(void *ctx, const char *data, size_t length)
{
    lister *l = ctx;
    l->begun = true;
    return krx_json_items_feed(l->call, l->items, data, length);
}

int32_t krx_kube_select_path(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                             krx_str *path)
{
    krx_kube_ref ref = {.kind = select->kind, .namespace_ = select->namespace_};
    int32_t code = krx_kube_path(call, kube, &ref, path);
    if (code < 0)
        return code;
    krx_url_query(path, "labelSelector", select->label_selector);
    krx_url_query(path, "fieldSelector", select->field_selector);
    return krx_str_failed(path) ? krx_no_memory(call) : 0;
}

const char *const *krx_kube_dropped(const krx_kube_select *select)
{
    static const char *const managed_fields[] = {"managedFields", NULL};
    return select->managed_fields ? NULL : managed_fields;
}

static int32_t make_path(lister *l, krx_str *path)
{
    int32_t code = krx_kube_select_path(l->call, l->kube, l->select, path);
    if (code < 0)
        return code;
    krx_url_query(path, "limit", PAGE);
    krx_url_query(path, "continue", l->token);
    return krx_str_failed(path) ? krx_no_memory(l->call) : 0;
}

static int32_t keep_text(lister *l, char **slot, const char *text)
{
    free(*slot);
    *slot = *text ? strdup(text) : NULL;
    return *text && !*slot ? krx_no_memory(l->call) : 0;
}

/* A page that names itself as the next one would make a list without end. */
static int32_t next_page(lister *l, const char *token)
{
    if (!l->token || !krx_streq(token, l->token))
        return keep_text(l, &l->token, token);
    l->circular = true;
    return krx_fail(l->call, KRX_E_DATA_LOSS, "%s gave a page of a list that goes on with itself",
                    l->kube->label);
}

/* Asks for the page; its objects have been told when this answers 0. */
static int32_t ask(lister *l, const krx_kube_exchange *x, krx_http_response *response)
{
    const krx_kube_select *select = l->select;
    krx_json_items_options options = {.label = l->kube->label,
                                      .member = "items",
                                      .skip = krx_kube_dropped(select),
                                      .keep = select->keep,
                                      .on_item = on_item,
                                      .ctx = l};
    krx_auto_json_items krx_json_items *items = krx_json_items_new(&options);
    krx_auto_json cJSON *rest = NULL;
    if (!items)
        return krx_no_memory(l->call);
    l->items = items;
    l->taken = 0;
    l->begun = false;
    int32_t code = krx_kube_run(l->call, l->kube, x, response);
    if (code == 0)
        code = krx_json_items_end(l->call, items, &rest);
    l->items = NULL;
    if (code)
        return code;
    const cJSON *meta = krx_json_object(rest, "metadata");
    /* the first page's: a watch from there misses nothing */
    if (!l->version && (code = keep_text(l, &l->version, krx_json_text(meta, "resourceVersion"))))
        return code;
    return next_page(l, krx_json_text(meta, "continue"));
}

/* The server may give a token that goes on in newer data; else all begins again. */
static int32_t take_new_token(lister *l, const krx_http_response *response)
{
    krx_auto_json cJSON *status =
        cJSON_ParseWithLength(krx_str_get(&response->body), response->body.length);
    l->pass = 0;
    (void)krx_forgive(l->call);
    return keep_text(l, &l->token, krx_json_text(krx_json_object(status, "metadata"), "continue"));
}

static bool is_broken(const lister *l, int32_t code)
{
    return l->begun && (code == KRX_E_UNAVAILABLE || code == KRX_E_DATA_LOSS) &&
           !strstr(l->call->error->message, "not JSON") &&
           !strstr(l->call->error->message, "more than");
}

static int32_t run_page(lister *l)
{
    char what[512];
    int broken = 0;
    krx_kube_ref ref = {.kind = l->select->kind, .namespace_ = l->select->namespace_};
    krx_kube_what("GET", &ref, NULL, what, sizeof what);
    for (l->pass = 0;;) {
        krx_auto_str krx_str path = {0};
        krx_auto_http_response krx_http_response response = {0};
        int32_t code = make_path(l, &path);
        if (code < 0)
            return code;
        krx_kube_exchange x = {.method = "GET",
                               .path = krx_str_get(&path),
                               .what = what,
                               .ref = &ref,
                               .tries = l->tries,
                               .bulk = true,
                               .on_body = on_body,
                               .on_body_ctx = l,
                               .begun = &l->begun,
                               .idle_timeout_ns = KRX_KUBE_SILENCE_NS};
        code = ask(l, &x, &response);
        if (code == 0 || l->stopped)
            return code;
        if (l->circular)
            return krx_kube_name_failure(l->call, what);
        if (response.status == 410 && l->token && l->expired++ < EXPIRED_MAX) {
            if ((code = take_new_token(l, &response)) < 0)
                return code;
            continue;
        }
        if (!is_broken(l, code) || l->tries == 1 || ++broken >= BROKEN_MAX)
            return krx_kube_name_failure(l->call, what);
        /* pages after the first come from one state of the data */
        if (l->token && l->taken > l->pass)
            l->pass = l->taken;
        (void)krx_forgive(l->call);
        if ((code = krx_sleep(l->call, broken * 200 * KRX_NS_PER_MS)) < 0)
            return code;
    }
}

int32_t krx_kube_list_tries(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                            krx_kube_item_fn *fn, void *ctx, uint32_t tries, char **version)
{
    lister l = {.call = call, .kube = kube, .select = select, .fn = fn, .ctx = ctx, .tries = tries};
    int32_t code;
    do {
        code = run_page(&l);
    } while (code == 0 && l.token);
    if (version)
        *version = code == 0 ? krx_move_ptr(l.version) : NULL;
    if (code == 0 && version && !*version)
        code = krx_fail(call, KRX_E_DATA_LOSS, "%s gave a list without a version", kube->label);
    free(l.token);
    free(l.version);
    return code;
}

int32_t krx_kube_list(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                      krx_kube_item_fn *fn, void *ctx, char **version)
{
    return krx_kube_list_tries(call, kube, select, fn, ctx, 0, version);
}
