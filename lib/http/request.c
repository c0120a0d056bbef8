/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/http/internal.h"

typedef struct exchange {
    krx_call *call;
    const krx_http *http;
    const krx_http_request *request;
    krx_http_response *response;
    krx_http_idle idle;
    size_t limit;
    int32_t stopped; /* what a callback said, or a bound of ours */
    bool out_of_memory;
} exchange;

void krx_http_response_free(krx_http_response *response)
{
    krx_str_free(&response->head);
    krx_str_free(&response->body);
}

const char *krx_http_header(const krx_http_response *response, const char *name)
{
    const char *p = response->head.data, *end = p ? p + response->head.length : NULL;
    while (p && p < end) {
        const char *value = p + strlen(p) + 1;
        if (strcasecmp(p, name) == 0)
            return value;
        p = value + strlen(value) + 1;
    }
    return NULL;
}

static int32_t parse_status(const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);
    if (!space || (size_t)(line + length - space) < 4)
        return 0;
    int32_t status = 0;
    for (int i = 1; i <= 3; i++) {
        if (!isdigit((unsigned char)space[i]))
            return 0;
        status = status * 10 + (space[i] - '0');
    }
    return status;
}

bool krx_http_take_head_line(krx_http_response *response, const char *line, size_t length)
{
    while (length && (line[length - 1] == '\r' || line[length - 1] == '\n'))
        length--;
    if (length > 5 && strncmp(line, "HTTP/", 5) == 0) {
        krx_str_reset(&response->head);
        response->status = parse_status(line, length);
        return true;
    }
    const char *colon = length ? memchr(line, ':', length) : NULL;
    if (!colon || memchr(line, '\0', length))
        return true;
    const char *value = colon + 1;
    size_t left = length - (size_t)(value - line);
    while (left && (*value == ' ' || *value == '\t')) {
        value++;
        left--;
    }
    response->head.limit = KRX_HTTP_HEAD_MAX;
    krx_str_addn(&response->head, line, (size_t)(colon - line));
    krx_str_addc(&response->head, '\0');
    krx_str_addn(&response->head, value, left);
    krx_str_addc(&response->head, '\0');
    return !krx_str_failed(&response->head);
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    exchange *x = ctx;
    size_t length = size * count;
    x->idle.last_ns = krx_now_monotonic();
    if (krx_http_take_head_line(x->response, data, length))
        return length;
    x->stopped = krx_fail(x->call, KRX_E_DATA_LOSS, "%s: the answer's head is larger than %zu KiB",
                          x->http->label, KRX_HTTP_HEAD_MAX / 1024);
    return 0;
}

/* The length given says already that the body passes the bound. */
static bool announces_more(const exchange *x)
{
    const char *length =
        x->response->body.length ? NULL : krx_http_header(x->response, "Content-Length");
    return length && strtoull(length, NULL, 10) > x->limit;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    exchange *x = ctx;
    size_t length = size * count;
    x->idle.last_ns = krx_now_monotonic();
    if (x->request->on_body && x->response->status / 100 == 2) {
        x->stopped = x->request->on_body(x->request->on_body_ctx, data, length);
        x->idle.last_ns = krx_now_monotonic();
        return x->stopped ? 0 : length;
    }
    if (x->response->body.length + length > x->limit || announces_more(x)) {
        x->stopped = krx_fail(x->call, KRX_E_DATA_LOSS,
                              "%s: the answer is larger than the %zu KiB that are accepted",
                              x->http->label, x->limit / 1024);
        return 0;
    }
    krx_str_addn(&x->response->body, data, length);
    if (!krx_str_failed(&x->response->body))
        return length;
    x->out_of_memory = true;
    return 0;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *ctx)
{
    exchange *x = ctx;
    size_t got = 0;
    x->idle.last_ns = krx_now_monotonic();
    x->stopped = x->request->read_body(x->request->read_ctx, buffer, size * count, &got);
    return x->stopped ? CURL_READFUNC_ABORT : got;
}

/* Headers may hold credentials. */
static void free_headers(struct curl_slist *list)
{
    for (struct curl_slist *p = list; p; p = p->next)
        explicit_bzero(p->data, strlen(p->data));
    curl_slist_free_all(list);
}

static bool add_header(struct curl_slist **list, const char *text)
{
    struct curl_slist *next = curl_slist_append(*list, text);
    if (next)
        *list = next;
    return next != NULL;
}

static bool add_headers(struct curl_slist **list, const krx_http *http, const krx_http_request *r)
{
    bool has_body = r->body || r->read_body;
    krx_autofree char *type = krx_format("Content-Type:%s%s", has_body ? " " : "",
                                         !has_body         ? ""
                                         : r->content_type ? r->content_type
                                                           : "application/json");
    /* curl would ask "Expect: 100-continue" before larger bodies and wait a second for it */
    bool ok = type && add_header(list, type) && add_header(list, "Expect:") &&
              (!http->host_header || add_header(list, http->host_header));
    for (size_t i = 0; ok && r->headers && r->headers[i]; i++)
        ok = add_header(list, r->headers[i]);
    return ok;
}

static void set_body(CURL *easy, exchange *x)
{
    const krx_http_request *r = x->request;
    bool get = krx_streq(r->method, "GET");
    if (r->read_body) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, x);
    } else if (r->body || krx_streq(r->method, "POST") || krx_streq(r->method, "PUT")) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body ? (const char *)r->body : "");
    } else if (krx_streq(r->method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    if (!get || r->body || r->read_body)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_request(CURL *easy, exchange *x, const char *url, struct curl_slist *headers)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    if (x->request->bulk)
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    set_body(easy, x);
}

static int32_t verdict(exchange *x, const krx_http_lane *lane, CURLcode result)
{
    if (x->out_of_memory)
        return krx_fail(x->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory for the answer of %s",
                        x->http->label);
    if (x->stopped)
        return x->stopped;
    if (result != CURLE_OK)
        return krx_http_fail_curl(x->call, x->http, lane, result, x->response->status != 0);
    return 0;
}

int32_t krx_http_request_run(krx_call *call, krx_http *http, const krx_http_request *request,
                             krx_http_response *response)
{
    struct curl_slist *headers = NULL;
    CURLcode result = CURLE_OK;
    exchange x = {.call = call,
                  .http = http,
                  .request = request,
                  .response = response,
                  .idle = {.timeout_ns = request->idle_timeout_ns},
                  .limit = request->limit ? request->limit : KRX_HTTP_BODY_MAX};
    response->status = 0;
    krx_str_reset(&response->head);
    krx_str_reset(&response->body);
    krx_autofree char *url = krx_format("%s%s", http->base_url, request->path);
    krx_http_lane *lane = krx_http_lane_take(call, http);
    if (!lane)
        return call->error->code;
    int32_t code;
    if (!url || !add_headers(&headers, http, request)) {
        code = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory for a request to %s",
                        http->label);
    } else {
        set_request(lane->easy, &x, url, headers);
        lane->unrepeatable = request->read_body != NULL;
        code = krx_http_lane_run(call, http, lane, &x.idle, &result);
        if (code == 0)
            code = verdict(&x, lane, result);
    }
    krx_http_lane_give(http, lane);
    free_headers(headers);
    return code;
}
