/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of the engine means. */
#include <string.h>
#include <strings.h>

#include "lib/engine/internal.h"

#define TEXT_MAX ((size_t)640)

static const struct {
    int32_t status;
    int32_t code;
} codes[] = {
    {400, KRX_E_INVALID_ARGUMENT},    {401, KRX_E_UNAUTHENTICATED},
    {403, KRX_E_PERMISSION_DENIED},   {404, KRX_E_NOT_FOUND},
    {405, KRX_E_UNIMPLEMENTED},       {406, KRX_E_INVALID_ARGUMENT},
    {408, KRX_E_DEADLINE_EXCEEDED},   {409, KRX_E_FAILED_PRECONDITION},
    {412, KRX_E_FAILED_PRECONDITION}, {413, KRX_E_RESOURCE_EXHAUSTED},
    {429, KRX_E_RESOURCE_EXHAUSTED},  {501, KRX_E_UNIMPLEMENTED},
    {502, KRX_E_UNAVAILABLE},         {503, KRX_E_UNAVAILABLE},
    {504, KRX_E_DEADLINE_EXCEEDED},   {507, KRX_E_RESOURCE_EXHAUSTED},
};

static int32_t code_of(const krx_engine_request *request, int32_t status)
{
    if (status == 409 && request->flags & KRX_ENGINE_CONFLICT_EXISTS)
        return KRX_E_ALREADY_EXISTS;
    for (size_t i = 0; i < KRX_COUNT(codes); i++)
        if (codes[i].status == status)
            return codes[i].code;
    /* an engine that fails to tell what it has is unwell; one that fails to act may be asked amiss
     */
    bool reads = !request->method || krx_streq(request->method, "GET");
    return reads && status / 100 == 5 ? KRX_E_UNAVAILABLE : KRX_E_UNKNOWN;
}

/* {"message": "..."}, podman's {"cause": ..., "message": ...}, or plain text. */
static void answer_text(const krx_http_response *response, char out[TEXT_MAX])
{
    const char *type = krx_http_header(response, "Content-Type");
    const char *body = krx_str_get(&response->body);
    size_t length = response->body.length;
    krx_auto_json cJSON *json = cJSON_ParseWithLength(body, length);
    const char *text = krx_json_text(json, "message");
    out[0] = '\0';
    if (*text)
        krx_text_clean(out, TEXT_MAX, text, strlen(text));
    else if (!json && *body != '<' && (!type || krx_has_prefix(type, "text/plain")))
        krx_text_clean(out, TEXT_MAX, body, length < 200 ? length : 200);
}

int32_t krx_engine_fail(krx_call *call, const krx_engine_request *request,
                        const krx_http_response *response)
{
    char text[TEXT_MAX];
    int32_t code = code_of(request, response->status);
    answer_text(response, text);
    if (!text[0])
        (void)snprintf(text, sizeof text, "the engine answered with status %d and no reason",
                       (int)response->status);
    if (request->what)
        return krx_fail(call, code, "%s: %s", request->what, text);
    return krx_fail(call, code, "%s %.*s: %s", request->method ? request->method : "GET",
                    (int)strcspn(request->path, "?"), request->path, text);
}

static const struct {
    const char *part;
    int32_t code;
    const char *hint;
} transfer_errors[] = {
    {"toomanyrequests", KRX_E_RESOURCE_EXHAUSTED, "log in to the registry, or wait"},
    {"no space left", KRX_E_RESOURCE_EXHAUSTED, "make room on the engine's disk"},
    {"unauthorized", KRX_E_UNAUTHENTICATED, "log in with 'docker login' and the registry's name"},
    {"authentication required", KRX_E_UNAUTHENTICATED,
     "log in with 'docker login' and the registry's name"},
    {"no basic auth", KRX_E_UNAUTHENTICATED, "log in with 'docker login' and the registry's name"},
    {"incorrect username", KRX_E_UNAUTHENTICATED,
     "log in with 'docker login' and the registry's name"},
    {"pull access denied", KRX_E_NOT_FOUND,
     "check the image's name; a private one needs 'docker login'"},
    {"denied", KRX_E_PERMISSION_DENIED, "the account has no access to this repository"},
    {"no matching manifest", KRX_E_NOT_FOUND, "the image does not exist for this platform"},
    {"does not match the specified platform", KRX_E_NOT_FOUND,
     "the image does not exist for this platform"},
    {"manifest unknown", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"not found", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"does not exist", KRX_E_NOT_FOUND, "check the image's name and tag"},
    {"invalid reference format", KRX_E_INVALID_ARGUMENT, NULL},
    {"no such host", KRX_E_UNAVAILABLE, "the engine cannot find the registry"},
    {"connection refused", KRX_E_UNAVAILABLE, "is the registry running?"},
    {"timeout", KRX_E_UNAVAILABLE, "the engine cannot reach the registry"},
    {"EOF", KRX_E_UNAVAILABLE, "the registry ended the connection; try again"},
};

int32_t krx_engine_fail_transfer(krx_call *call, const char *what, const char *text)
{
    char clean[TEXT_MAX];
    krx_text_clean(clean, sizeof clean, text, strlen(text));
    for (size_t i = 0; i < KRX_COUNT(transfer_errors); i++) {
        if (!strcasestr(clean, transfer_errors[i].part))
            continue;
        (void)krx_fail(call, transfer_errors[i].code, "%s: %s", what, clean);
        return transfer_errors[i].hint ? krx_hint(call, "%s", transfer_errors[i].hint)
                                       : call->error->code;
    }
    return krx_fail(call, KRX_E_UNKNOWN, "%s: %s", what, clean);
}
