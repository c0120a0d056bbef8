/* SPDX-License-Identifier: Apache-2.0 */
/* One request as it goes out: credentials, repetition where it is safe and useful. */
#include <errno.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/kube/internal.h"

#define TRIES 4u
#define TRIES_TOLD 10u /* when the server says when to come back */
#define BACKOFF_FIRST_NS (100 * KRX_NS_PER_MS)
#define BACKOFF_MAX_NS (5 * KRX_NS_PER_S)
#define RETRY_AFTER_MAX_S 30

/* Where one request stands. */
typedef struct attempt {
    uint32_t made;
    uint32_t told;  /* by Retry-After */
    bool refreshed; /* credentials after a 401 */
} attempt;

static bool reads(const krx_kube_exchange *x)
{
    return krx_streq(x->method, "GET") || krx_streq(x->method, "HEAD");
}

/* Nothing was sent: even what acts may go out again. */
static bool never_arrived(const krx_call *call)
{
    int32_t err = call->error->sys_errno;
    return err == ECONNREFUSED || err == EHOSTUNREACH || err == ENETUNREACH || err == ENOENT;
}

static uint32_t tries_of(const krx_kube_exchange *x, uint32_t usual)
{
    return x->tries && x->tries < usual ? x->tries : usual;
}

/* Waits; false when the call would end before, so that there is no use in it. */
static int32_t pause_for(krx_call *call, int64_t ns, bool *useless)
{
    *useless =
        call->deadline_ns != KRX_NO_DEADLINE && krx_now_monotonic() + ns >= call->deadline_ns;
    return *useless ? 0 : krx_sleep(call, ns);
}

static int64_t backoff(uint32_t made)
{
    int64_t ns = BACKOFF_FIRST_NS;
    for (uint32_t i = 1; i < made && ns < BACKOFF_MAX_NS; i++)
        ns *= 3;
    if (ns > BACKOFF_MAX_NS)
        ns = BACKOFF_MAX_NS;
    /* many clients that failed at one time do not come back at one time */
    return ns - ns / 4 + krx_now_monotonic() % (ns / 2);
}

/* After a connection that failed. 1: send it again. */
static int32_t after_failure(krx_call *call, const krx_kube_exchange *x, const attempt *a)
{
    krx_error failure = *call->error;
    bool useless;
    bool lost = failure.code == KRX_E_UNAVAILABLE || failure.code == KRX_E_DATA_LOSS;
    /* TLS and the address don't get better by themselves, and they come with a hint of their own */
    bool hopeless = !failure.sys_errno && strstr(failure.message, "TLS");
    if (!lost || hopeless || a->made >= tries_of(x, TRIES) ||
        strstr(failure.message, "larger than") || !(reads(x) || x->again || never_arrived(call)))
        return failure.code;
    int32_t code = pause_for(call, backoff(a->made), &useless);
    if (code < 0 || useless) {
        if (useless)
            *call->error = failure;
        return call->error->code;
    }
    if (x->repeated && !never_arrived(call))
        *x->repeated = true;
    *call->error = failure;
    (void)krx_forgive(call);
    return 1;
}

static bool is_budget(const krx_http_response *response)
{
    krx_auto_json cJSON *status =
        cJSON_ParseWithLength(krx_str_get(&response->body), response->body.length);
    return krx_kube_is_budget(status);
}

/* How long to wait before the request goes out again; -1: not at all. */
static int64_t wait_for_status(krx_kube *kube, const krx_kube_exchange *x, attempt *a,
                               const krx_http_response *response)
{
    int64_t after = krx_kube_retry_after(response);
    int32_t status = response->status;
    if (status == 401 && !a->refreshed) {
        a->refreshed = true;
        return krx_kube_auth_refused(kube->auth) ? 0 : -1;
    }
    if ((status == 429 || status == 503) && after >= 0) {
        a->told++;
        if (after > RETRY_AFTER_MAX_S || a->told >= tries_of(x, TRIES_TOLD) || is_budget(response))
            return -1;
        return after ? after * KRX_NS_PER_S : backoff(a->told);
    }
    bool transient = status == 429 || (status / 100 == 5 && status != 501);
    if (!transient || !(reads(x) || (status == 429 && !is_budget(response))) ||
        a->made >= tries_of(x, TRIES))
        return -1;
    return backoff(a->made);
}

static int32_t send_once(krx_call *call, krx_kube *kube, const krx_kube_exchange *x,
                         krx_http_response *response)
{
    char **headers = NULL;
    int32_t code = krx_kube_credentials(call, kube, &headers);
    if (code < 0)
        return code;
    krx_http_request request = {.method = x->method,
                                .path = x->path,
                                .headers = (const char *const *)headers,
                                .body = x->body,
                                .body_length = x->body ? strlen(x->body) : 0,
                                .content_type = x->content_type,
                                .limit = x->limit,
                                .bulk = x->bulk,
                                .on_body = x->on_body,
                                .on_body_ctx = x->on_body_ctx,
                                .idle_timeout_ns = x->idle_timeout_ns};
    code = krx_http_request_run(call, kube->http, &request, response);
    krx_kube_headers_free(headers);
    return code;
}

int32_t krx_kube_run(krx_call *call, krx_kube *kube, const krx_kube_exchange *x,
                     krx_http_response *response)
{
    attempt a = {0};
    for (;;) {
        bool useless;
        a.made++;
        int32_t code = send_once(call, kube, x, response);
        if (code > 0)
            return code;
        if (code < 0) {
            if (x->begun && *x->begun) /* the code may be the taker's own */
                return code;
            if ((code = after_failure(call, x, &a)) == 1)
                continue;
            return code;
        }
        if (response->status / 100 == 2)
            return 0;
        int64_t ns = wait_for_status(kube, x, &a, response);
        if (ns < 0)
            return krx_kube_fail(call, kube, x, response);
        if ((code = pause_for(call, ns, &useless)) < 0)
            return code;
        if (useless)
            return krx_kube_fail(call, kube, x, response);
        if (x->repeated && response->status / 100 == 5)
            *x->repeated = true;
    }
}

/* --------------------------------------------------------------------------------- as JSON */

static int32_t parse_answer(krx_call *call, krx_kube *kube, const char *what,
                            const krx_http_response *response, cJSON **out)
{
    if (!out || !response->body.length)
        return 0;
    int32_t code =
        krx_json_parse(call, kube->label, response->body.data, response->body.length, out);
    return code < 0 ? krx_wrap(call, "%s", what) : 0;
}

int32_t krx_kube_fetch(krx_call *call, krx_kube *kube, const krx_kube_exchange *exchange,
                       int32_t *status, cJSON **out)
{
    bool repeated = false;
    krx_kube_exchange x = *exchange;
    krx_auto_http_response krx_http_response response = {0};
    x.idle_timeout_ns = KRX_KUBE_SILENCE_NS;
    x.repeated = &repeated;
    int32_t code = krx_kube_run(call, kube, &x, &response);
    if (status)
        *status = response.status;
    if (code == KRX_E_NOT_FOUND && repeated && krx_streq(x.method, "DELETE"))
        return krx_forgive(call); /* the first one did it, and its answer was lost */
    if (code < 0)
        return krx_kube_name_failure(call, x.what);
    return parse_answer(call, kube, x.what, &response, out);
}
