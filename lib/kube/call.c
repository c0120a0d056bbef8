/* SPDX-License-Identifier: Apache-2.0 */
/* A call as the callers of this folder make it: an object, or a path, and JSON both ways. */
#include <string.h>

#include "lib/kube/internal.h"

static int32_t make_path(krx_call *call, krx_kube *kube, const krx_kube_request *request,
                         krx_str *path)
{
    int32_t code = 0;
    if (request->path)
        krx_str_add(path, request->path);
    else
        code = krx_kube_path(call, kube, &request->ref, path);
    if (code < 0)
        return code;
    if (!krx_blank(request->query))
        krx_str_addf(path, "%c%s", strchr(krx_str_get(path), '?') ? '&' : '?', request->query);
    if (request->flags & KRX_KUBE_DRY_RUN)
        krx_url_query(path, "dryRun", "All");
    return krx_str_failed(path) ? krx_no_memory(call) : 0;
}

/* A PUT carries the version that it replaces, and a patch of values says the same twice. */
static bool may_repeat(const char *method, const char *content_type)
{
    if (krx_streq(method, "PUT") || krx_streq(method, "DELETE"))
        return true;
    return krx_streq(method, "PATCH") && !krx_streq(content_type, "application/json-patch+json");
}

int32_t krx_kube_call(krx_call *call, krx_kube *kube, const krx_kube_request *request, cJSON **out)
{
    char what[512];
    krx_auto_str krx_str path = {0};
    const char *method = request->method ? request->method : "GET";
    if (out)
        *out = NULL;
    if (request->status)
        *request->status = 0;
    int32_t code = make_path(call, kube, request, &path);
    if (code < 0)
        return code;
    krx_autofree char *body = request->json ? cJSON_PrintUnformatted(request->json) : NULL;
    if (request->json && !body)
        return krx_no_memory(call);
    krx_kube_what(method, &request->ref, request->path, what, sizeof what);
    krx_kube_exchange exchange = {.method = method,
                                  .path = krx_str_get(&path),
                                  .what = what,
                                  .ref = request->path ? NULL : &request->ref,
                                  .body = body,
                                  .content_type = request->content_type,
                                  .again = may_repeat(method, request->content_type),
                                  .tries = request->retries,
                                  .limit = request->limit};
    return krx_kube_fetch(call, kube, &exchange, request->status, out);
}
