/* SPDX-License-Identifier: Apache-2.0 */
/* A container's log as the kubelet keeps it. */
#include "lib/base/clock.h"
#include "lib/kube/internal.h"

typedef struct reader {
    krx_kube_bytes_fn *fn;
    void *ctx;
    bool begun;
    bool stopped;
} reader;

static int32_t on_body(void *ctx, const char *data, size_t length)
{
    reader *r = ctx;
    r->begun = true;
    int32_t code = r->fn(r->ctx, data, length);
    r->stopped = code != 0;
    return code;
}

static void add_options(krx_str *path, const krx_kube_log_options *o)
{
    char since[KRX_TIME_TEXT_MAX];
    krx_url_query(path, "container", o->container);
    krx_url_query(path, "follow", o->follow ? "true" : NULL);
    krx_url_query(path, "previous", o->previous ? "true" : NULL);
    krx_url_query(path, "timestamps", o->timestamps ? "true" : NULL);
    if (o->tail != KRX_UNSET)
        krx_url_queryf(path, "tailLines", "%lld", (long long)o->tail);
    if (o->since_ns != KRX_UNSET)
        krx_url_query(path, "sinceTime", krx_time_text(o->since_ns, since));
}

int32_t krx_kube_log(krx_call *call, krx_kube *kube, const krx_kube_log_options *options,
                     krx_kube_bytes_fn *fn, void *ctx)
{
    char what[512];
    krx_auto_str krx_str path = {0};
    krx_auto_http_response krx_http_response response = {0};
    krx_kube_ref ref = {.kind = KRX_KUBE_POD,
                        .namespace_ = options->namespace_,
                        .name = options->pod,
                        .subresource = "log"};
    if (krx_blank(options->pod))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a log is of a pod, and none was named");
    int32_t code = krx_kube_path(call, kube, &ref, &path);
    if (code < 0)
        return code;
    add_options(&path, options);
    if (krx_str_failed(&path))
        return krx_no_memory(call);
    reader r = {.fn = fn, .ctx = ctx};
    krx_kube_what("GET", &ref, NULL, what, sizeof what);
    krx_kube_exchange x = {.method = "GET",
                           .path = krx_str_get(&path),
                           .what = what,
                           .ref = &ref,
                           .on_body = on_body,
                           .on_body_ctx = &r,
                           .begun = &r.begun,
                           .idle_timeout_ns = options->follow ? 0 : KRX_KUBE_SILENCE_NS};
    code = krx_kube_run(call, kube, &x, &response);
    if (code == 0 || r.stopped)
        return code;
    return response.status / 100 <= 2 ? krx_wrap(call, "%s", what) : code;
}
