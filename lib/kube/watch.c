/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watch that goes on: rounds of the server's own watches, each from where the last one ended, and
 * a new list when the server has forgotten that place.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/json/items.h"
#include "lib/kube/internal.h"

#define BACKOFF_FIRST_NS (100 * KRX_NS_PER_MS)
#define BACKOFF_MAX_NS (3 * KRX_NS_PER_S)
#define SHORT_ROUND_NS KRX_NS_PER_S
#define DAMAGED_MAX 5 /* answers in a row that can't be read */
#define REFUSED_MAX 5 /* after an outage: an API server that starts does not know its users yet */

typedef struct watcher {
    krx_call *call;
    krx_kube *kube;
    const krx_kube_select *select;
    krx_kube_change_fn *fn;
    void *ctx;
    int64_t patience_ns;
    int64_t quiet_ns;
    char *version; /* where to go on; NULL: list first */
    char what[256];
    krx_json_items *items;
    bool stopped;       /* by fn */
    bool progress;      /* something came in this round */
    bool expired;       /* told by an ERROR event */
    bool event_failed;  /* another ERROR event; the slot is filled */
    bool answered;      /* this round got a good answer */
    int64_t lost_since; /* 0: not lost */
    uint32_t failures;  /* in a row */
    uint32_t damaged;
    uint32_t refused;
    uint32_t forgotten; /* times in a row that the server did not know the place */
} watcher;

static int32_t tell(watcher *w, krx_kube_change change, const cJSON *item)
{
    int32_t code = w->fn(w->ctx, change, item);
    if (code)
        w->stopped = true;
    return code;
}

/* --------------------------------------------------------------------------------------- events */

static int32_t move_on(watcher *w, const cJSON *object)
{
    const char *version = krx_json_text(krx_json_object(object, "metadata"), "resourceVersion");
    if (!*version)
        return 0;
    char *copy = strdup(version);
    if (!copy)
        return krx_no_memory(w->call);
    free(w->version);
    w->version = copy;
    return 0;
}

static int32_t on_error_event(watcher *w, const cJSON *status)
{
    const char *reason = krx_json_text(status, "reason");
    w->expired = krx_json_int(status, "code", 0) == 410 || krx_streq(reason, "Expired") ||
                 krx_streq(reason, "Gone");
    w->event_failed = !w->expired;
    return krx_kube_fail_status(w->call, w->what, status);
}

static int32_t on_event(void *ctx, const cJSON *event)
{
    static const struct {
        const char *type;
        krx_kube_change change;
    } types[] = {
        {"MODIFIED", KRX_KUBE_MODIFIED}, {"ADDED", KRX_KUBE_ADDED}, {"DELETED", KRX_KUBE_DELETED}};
    watcher *w = ctx;
    const char *type = krx_json_text(event, "type");
    const cJSON *object = krx_json_object(event, "object");
    int32_t code = 0;
    if (krx_streq(type, "ERROR"))
        return on_error_event(w, object);
    w->progress = w->progress || object;
    for (size_t i = 0; object && i < KRX_COUNT(types) && code == 0; i++)
        if (krx_streq(type, types[i].type))
            code = tell(w, types[i].change, object);
    return code ? code : move_on(w, object);
}

static int32_t on_body(void *ctx, const char *data, size_t length)
{
    watcher *w = ctx;
    w->answered = true;
    return krx_json_items_feed(w->call, w->items, data, length);
}

/* --------------------------------------------------------------------------------------- rounds */

static int32_t on_present(void *ctx, const cJSON *item)
{
    watcher *w = ctx;
    w->answered = true;
    return tell(w, KRX_KUBE_PRESENT, item);
}

static int32_t tell_present(watcher *w)
{
    int32_t code = krx_kube_list_tries(w->call, w->kube, w->select, on_present, w, 1, &w->version);
    if (code)
        return code;
    w->answered = true;
    return tell(w, KRX_KUBE_SYNCED, NULL);
}

/* The wanted members as they stand in an event, and what we need ourselves. */
static const char *const *event_paths(krx_arena *arena, const char *const *keep)
{
    static const char *const own[] = {"type",           "object/metadata/resourceVersion",
                                      "object/code",    "object/reason",
                                      "object/message", "object/details"};
    krx_ptrs paths = {0};
    for (size_t i = 0; i < KRX_COUNT(own); i++)
        (void)krx_ptrs_add(arena, &paths, own[i]);
    for (size_t i = 0; keep[i]; i++)
        (void)krx_ptrs_add(arena, &paths, krx_arena_printf(arena, "object/%s", keep[i]));
    return (const char *const *)krx_ptrs_end(arena, &paths);
}

static int32_t run_round(watcher *w, const char *path, const char *const *keep)
{
    krx_auto_http_response krx_http_response response = {0};
    krx_kube_ref ref = {.kind = w->select->kind, .namespace_ = w->select->namespace_};
    krx_json_items_options options = {.label = w->kube->label,
                                      .skip = krx_kube_dropped(w->select),
                                      .keep = keep,
                                      .on_item = on_event,
                                      .ctx = w};
    krx_auto_json_items krx_json_items *items = krx_json_items_new(&options);
    if (!items)
        return krx_no_memory(w->call);
    krx_kube_exchange x = {.method = "GET",
                           .path = path,
                           .what = w->what,
                           .ref = &ref,
                           .tries = 1,
                           .on_body = on_body,
                           .on_body_ctx = w,
                           .begun = &w->answered,
                           .idle_timeout_ns = w->quiet_ns};
    w->items = items;
    int32_t code = krx_kube_run(w->call, w->kube, &x, &response);
    w->items = NULL;
    w->answered = w->answered || response.status / 100 == 2;
    return code ? code : krx_json_items_end(w->call, items, NULL);
}

static int32_t follow(watcher *w)
{
    krx_auto_str krx_str path = {0};
    krx_auto_arena krx_arena *arena = krx_arena_new();
    /* the server ends the round well before we would call it silent */
    int64_t seconds = w->quiet_ns * 2 / 3 / KRX_NS_PER_S;
    int32_t code = krx_kube_select_path(w->call, w->kube, w->select, &path);
    if (code < 0)
        return code;
    krx_url_query(&path, "watch", "true");
    krx_url_query(&path, "allowWatchBookmarks", "true");
    krx_url_query(&path, "resourceVersion", w->version);
    krx_url_queryf(&path, "timeoutSeconds", "%lld", (long long)(seconds ? seconds : 1));
    const char *const *keep = NULL;
    if (arena && w->select->keep)
        keep = event_paths(arena, w->select->keep);
    if (!arena || krx_arena_failed(arena) || krx_str_failed(&path))
        return krx_no_memory(w->call);
    return run_round(w, krx_str_get(&path), keep);
}

/* ------------------------------------------------------------------------------------- between */

static void forget_place(watcher *w)
{
    free(w->version);
    w->version = NULL;
}

/* Whether what failed may pass by itself. */
static bool may_pass(watcher *w, int32_t code)
{
    switch (code) {
    case KRX_E_UNAVAILABLE:
    case KRX_E_RESOURCE_EXHAUSTED:
    case KRX_E_DEADLINE_EXCEEDED: /* the call's own has been looked at before */
        return true;
    case KRX_E_DATA_LOSS:
        return ++w->damaged < DAMAGED_MAX;
    case KRX_E_UNAUTHENTICATED:
    case KRX_E_PERMISSION_DENIED:
        return w->lost_since && ++w->refused < REFUSED_MAX;
    default:
        return w->event_failed;
    }
}

static int64_t backoff(uint32_t failures)
{
    int64_t ns = BACKOFF_FIRST_NS;
    for (uint32_t i = 1; i < failures && ns < BACKOFF_MAX_NS; i++)
        ns *= 2;
    if (ns > BACKOFF_MAX_NS)
        ns = BACKOFF_MAX_NS;
    return ns - ns / 4 + krx_now_monotonic() % (ns / 4);
}

/* The server is away: tells it once, waits as long as the caller has patience. */
static int32_t wait_for_server(watcher *w)
{
    krx_error failure = *w->call->error;
    int64_t now = krx_now_monotonic(), ns = backoff(w->failures);
    int32_t code = 0;
    if (!w->lost_since) {
        w->lost_since = now;
        if ((code = tell(w, KRX_KUBE_LOST, NULL)))
            return code;
    }
    if (w->patience_ns != KRX_UNSET) {
        int64_t left = w->lost_since + w->patience_ns - now;
        if (left <= 0) {
            *w->call->error = failure;
            w->call->error->code = KRX_E_UNAVAILABLE;
            return KRX_E_UNAVAILABLE;
        }
        if (ns > left)
            ns = left;
    }
    if ((code = krx_sleep(w->call, ns)) < 0)
        return code;
    return krx_forgive(w->call);
}

/* What to do after a round that ended with `code`; 0: another one. */
static int32_t after_round(watcher *w, int32_t code, bool listed, int64_t lasted)
{
    if (w->stopped)
        return code;
    if (w->progress)
        w->damaged = w->refused = w->failures = w->forgotten = 0;
    if (w->answered && !w->expired)
        w->lost_since = 0;
    if (code == 0 && (listed || lasted >= SHORT_ROUND_NS)) {
        w->failures = 0;
        return 0;
    }
    if (code == 0) /* also one that closes after each event is not hurried */
        return krx_sleep(w->call, backoff(++w->failures));
    krx_error failure = *w->call->error;
    int32_t over = krx_check(w->call);
    if (over < 0)
        return over;
    *w->call->error = failure;
    w->failures++;
    if (w->expired || code == KRX_E_OUT_OF_RANGE) {
        forget_place(w);
        (void)krx_forgive(w->call);
        return w->forgotten++ ? krx_sleep(w->call, backoff(w->forgotten)) : 0;
    }
    if (!may_pass(w, code))
        return code;
    if (w->event_failed) /* it may be the place that it can't go on from */
        forget_place(w);
    if (!w->answered)
        return wait_for_server(w);
    (void)krx_forgive(w->call);
    return krx_sleep(w->call, backoff(w->failures));
}

static int32_t run_rounds(watcher *w)
{
    for (;;) {
        int64_t began = krx_now_monotonic();
        w->progress = w->expired = w->event_failed = w->answered = false;
        bool list = !w->version;
        int32_t code = list ? tell_present(w) : follow(w);
        code = after_round(w, code, list, krx_now_monotonic() - began);
        if (code)
            return code;
    }
}

int32_t krx_kube_watch(krx_call *call, krx_kube *kube, const krx_kube_select *select,
                       const krx_kube_watch_options *options, krx_kube_change_fn *fn, void *ctx)
{
    char listing[200];
    watcher w = {.call = call,
                 .kube = kube,
                 .select = select,
                 .fn = fn,
                 .ctx = ctx,
                 .patience_ns = options ? options->patience_ns : KRX_UNSET,
                 .quiet_ns =
                     options && options->quiet_ns ? options->quiet_ns : KRX_KUBE_SILENCE_NS};
    krx_kube_ref ref = {.kind = select->kind, .namespace_ = select->namespace_};
    krx_kube_what("GET", &ref, NULL, listing, sizeof listing);
    (void)snprintf(w.what, sizeof w.what, "watching%s", listing + strcspn(listing, " "));
    if (options && options->from_version && !(w.version = strdup(options->from_version)))
        return krx_no_memory(call);
    int32_t code = run_rounds(&w);
    free(w.version);
    return code;
}
