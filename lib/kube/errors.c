/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of the API server means. */
#include <string.h>

#include "lib/kube/internal.h"

#define TEXT_MAX ((size_t)800)

static const struct {
    int32_t status;
    int32_t code;
} codes[] = {
    {400, KRX_E_INVALID_ARGUMENT},   {401, KRX_E_UNAUTHENTICATED}, {403, KRX_E_PERMISSION_DENIED},
    {404, KRX_E_NOT_FOUND},          {405, KRX_E_UNIMPLEMENTED},   {406, KRX_E_UNIMPLEMENTED},
    {408, KRX_E_DEADLINE_EXCEEDED},  {409, KRX_E_ABORTED},         {410, KRX_E_OUT_OF_RANGE},
    {413, KRX_E_RESOURCE_EXHAUSTED}, {415, KRX_E_UNIMPLEMENTED},   {422, KRX_E_INVALID_ARGUMENT},
    {429, KRX_E_RESOURCE_EXHAUSTED}, {501, KRX_E_UNIMPLEMENTED},   {504, KRX_E_DEADLINE_EXCEEDED},
};

static int32_t code_of(int32_t status)
{
    for (size_t i = 0; i < KRX_COUNT(codes); i++)
        if (codes[i].status == status)
            return codes[i].code;
    /* redirects are never followed: credentials stay with the server that they are for */
    return status / 100 == 5 || status / 100 == 3 ? KRX_E_UNAVAILABLE : KRX_E_UNKNOWN;
}

/* Whether one of the causes has this reason. */
static bool has_cause(const cJSON *status, const char *reason)
{
    const cJSON *cause;
    cJSON_ArrayForEach (cause, krx_json_array(krx_json_object(status, "details"), "causes")) {
        if (krx_streq(krx_json_text(cause, "reason"), reason))
            return true;
    }
    return false;
}

bool krx_kube_is_budget(const cJSON *status)
{
    return has_cause(status, "DisruptionBudget") ||
           strstr(krx_json_text(status, "message"), "disruption budget");
}

bool krx_kube_is_missing_api(const krx_http_response *response)
{
    if (response->status != 404)
        return false;
    /* a missing object is told as a Status with its name, an unknown path as plain text */
    krx_auto_json cJSON *status =
        cJSON_ParseWithLength(krx_str_get(&response->body), response->body.length);
    const cJSON *details = krx_json_object(status, "details");
    return !details || (!*krx_json_text(details, "name") && !*krx_json_text(details, "uid"));
}

int64_t krx_kube_retry_after(const krx_http_response *response)
{
    const char *value = krx_http_header(response, "Retry-After");
    char *end = NULL;
    if (krx_blank(value) || *value < '0' || *value > '9')
        return -1;
    long long seconds = strtoll(value, &end, 10);
    return *end && *end != ' ' ? -1 : seconds;
}

/* ----------------------------------------------------------------------------------------- text */

/* Adds the causes whose fields the message itself does not name. */
static void add_causes(krx_str *text, const cJSON *status)
{
    const cJSON *cause;
    cJSON_ArrayForEach (cause, krx_json_array(krx_json_object(status, "details"), "causes")) {
        const char *field = krx_json_text(cause, "field");
        const char *message = krx_json_text(cause, "message");
        if (text->length >= TEXT_MAX)
            return;
        if ((!*field && !*message) || (*field && strstr(krx_str_get(text), field)) ||
            (*message && strstr(krx_str_get(text), message)))
            continue;
        krx_str_addf(text, "%s%s%s%s", text->length ? "; " : "", field,
                     *field && *message ? ": " : "", message);
    }
}

static void status_text(const cJSON *status, char out[TEXT_MAX])
{
    krx_auto_str krx_str text = {.limit = 65536};
    const char *message = krx_json_text(status, "message");
    const char *reason = krx_json_text(status, "reason");
    krx_str_addn(&text, message, strnlen(message, 4 * TEXT_MAX));
    if (!text.length)
        krx_str_addn(&text, reason, strnlen(reason, 80));
    add_causes(&text, status);
    krx_text_clean(out, TEXT_MAX, krx_str_get(&text), text.length);
}

/* A Status, or the plain text of what stands before or in the API server. */
static void answer_text(const krx_http_response *response, const cJSON *json, char out[TEXT_MAX])
{
    const char *type = krx_http_header(response, "Content-Type");
    const char *body = krx_str_get(&response->body);
    size_t length = response->body.length;
    out[0] = '\0';
    if (json)
        status_text(json, out);
    else if (*body != '<' && (!type || krx_has_prefix(type, "text/plain")))
        krx_text_clean(out, TEXT_MAX, body, length < 200 ? length : 200);
    if (!out[0])
        (void)snprintf(out, TEXT_MAX, "the server answered with status %d and no reason",
                       (int)response->status);
}

/* ---------------------------------------------------------------------------------------- hints */

/* The text between `before` and the next `until`, cut to the room there is. */
static bool between(const char *text, const char *before, char until, char *out, size_t room)
{
    const char *p = strstr(text, before);
    out[0] = '\0';
    if (!p)
        return false;
    p += strlen(before);
    const char *end = strchr(p, until);
    if (!end || (size_t)(end - p) >= room)
        return false;
    memcpy(out, p, (size_t)(end - p));
    out[end - p] = '\0';
    return true;
}

bool krx_kube_rbac_hint(krx_call *call, const char *message)
{
    char user[128], verb[32], resource[96], group[96], name_space[80], path[96];
    if (!between(message, "User \"", '"', user, sizeof user) ||
        !between(message, "\" cannot ", ' ', verb, sizeof verb))
        return false;
    if (between(message, " path \"", '"', path, sizeof path)) {
        (void)krx_hint(call,
                       "bind a ClusterRole to %s with the rule {nonResourceURLs: [\"%s\"], verbs: "
                       "[\"%s\"]}",
                       user, path, verb);
        return true;
    }
    if (!between(message, " resource \"", '"', resource, sizeof resource))
        return false;
    (void)between(message, " API group \"", '"', group, sizeof group);
    bool local = between(message, " in the namespace \"", '"', name_space, sizeof name_space);
    (void)krx_hint(call,
                   "bind a %s to %s%s%s with the rule {apiGroups: [\"%s\"], resources: [\"%s\"], "
                   "verbs: [\"%s\"]}",
                   local ? "Role" : "ClusterRole", user, local ? " in namespace " : "", name_space,
                   group, resource, verb);
    return true;
}

static int32_t fail_forbidden(krx_call *call, const char *what, const cJSON *status,
                              const char *text)
{
    if (strstr(text, "exceeded quota")) {
        (void)krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "%s: %s", what, text);
        return krx_hint(call, "raise the ResourceQuota or ask for less: kubectl describe quota");
    }
    if (has_cause(status, "NamespaceTerminating")) {
        (void)krx_fail(call, KRX_E_FAILED_PRECONDITION, "%s: %s", what, text);
        return krx_hint(call, "wait until the namespace is gone, or use another one");
    }
    (void)krx_fail(call, KRX_E_PERMISSION_DENIED, "%s: %s", what, text);
    if (strstr(text, "RBAC: "))
        return krx_kube_rbac_hint(call, text) ? call->error->code
                                              : krx_hint(call, "repair the roles that it names");
    if (!krx_kube_rbac_hint(call, text) && strstr(text, "admission webhook"))
        return krx_hint(call, "the cluster's own policy refuses it");
    return call->error->code;
}

static int32_t fail_with(krx_call *call, const char *what, int32_t number, const cJSON *status,
                         const char *text)
{
    const char *reason = krx_json_text(status, "reason");
    int32_t code = code_of(number);
    if (number == 403)
        return fail_forbidden(call, what, status, text);
    if (number == 409 && krx_streq(reason, "AlreadyExists"))
        code = KRX_E_ALREADY_EXISTS;
    (void)krx_fail(call, code, "%s: %s", what, text);
    if (number == 401)
        return krx_hint(call, "the credentials are missing, wrong or expired: kubectl auth "
                              "can-i --list shows what they allow");
    if (number == 404 &&
        krx_streq(krx_json_text(krx_json_object(status, "details"), "kind"), "namespaces"))
        return krx_hint(call, "create it first: kubectl create namespace %s",
                        krx_json_text(krx_json_object(status, "details"), "name"));
    if (number == 409 && has_cause(status, "FieldManagerConflict"))
        return krx_hint(call, "another manager owns these fields: let it give them up, or force");
    return code;
}

int32_t krx_kube_fail_status(krx_call *call, const char *what, const cJSON *status)
{
    char text[TEXT_MAX];
    status_text(status, text);
    return fail_with(call, what, (int32_t)krx_json_int(status, "code", 500), status,
                     text[0] ? text : "no reason given");
}

/* An apply that may change but not create is refused with no word about the right that lacks. */
static bool may_not_create(const krx_kube_exchange *exchange, const krx_http_response *response,
                           const char *text)
{
    size_t length = strlen(text);
    return response->status == 403 && exchange->ref && krx_kube_row(exchange->ref->kind) &&
           krx_streq(exchange->method, "PATCH") && length > 0 && strstr(text, " is forbidden:") &&
           text[length - 1] == ':';
}

static int32_t fail_create(krx_call *call, const krx_kube_exchange *exchange)
{
    const krx_kube_kind_row *row = krx_kube_row(exchange->ref->kind);
    const char *space = row->namespaced ? exchange->ref->namespace_ : NULL;
    (void)krx_fail(call, KRX_E_PERMISSION_DENIED,
                   "%s: the account cannot create resource \"%s\" in API group \"%s\"%s%s",
                   exchange->what, row->plural, row->group, space ? " in the namespace " : "",
                   space ? space : "");
    return krx_hint(call,
                    "bind a %s to the account%s%s with the rule {apiGroups: [\"%s\"], resources: "
                    "[\"%s\"], verbs: [\"create\"]}",
                    space ? "Role" : "ClusterRole", space ? " in namespace " : "",
                    space ? space : "", row->group, row->plural);
}

/* What is to be said of an answer that may come from something before the API server. */
static int32_t hint_of_way(krx_call *call, const krx_http_response *response, bool is_status)
{
    int64_t after = krx_kube_retry_after(response);
    if (response->status / 100 == 3)
        return krx_hint(call, "something before the API server points elsewhere, which is not "
                              "followed: name the API server's own address");
    if (!is_status && response->status >= 500)
        return krx_hint(call, "this may be a proxy before the API server, and not the server");
    if ((response->status == 429 || response->status == 503) && after > 0)
        return krx_hint(call, "the server asks to be tried again in %lld s", (long long)after);
    return call->error->code;
}

/* A failure of the connection or of the answer's form, which does not know what was asked. */
int32_t krx_kube_name_failure(krx_call *call, const char *what)
{
    return krx_has_prefix(call->error->message, what) ? call->error->code
                                                      : krx_wrap(call, "%s", what);
}

/* A missing object is a Status, a missing path is plain text; all else is from another server. */
static bool is_no_kubernetes(const krx_http_response *response, const cJSON *status)
{
    return response->status == 404 && !krx_streq(krx_json_text(status, "kind"), "Status") &&
           !krx_has_prefix(krx_str_get(&response->body), "404 page not found");
}

int32_t krx_kube_fail(krx_call *call, krx_kube *kube, const krx_kube_exchange *exchange,
                      const krx_http_response *response)
{
    char text[TEXT_MAX];
    const char *body = krx_str_get(&response->body);
    krx_auto_json cJSON *status = NULL;
    (void)krx_json_parse(call, kube->label, body, response->body.length, &status);
    answer_text(response, status, text);
    if (is_no_kubernetes(response, status)) {
        (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: %s answers, but not as Kubernetes does (%s)",
                       exchange->what, kube->label, text);
        return krx_hint(call, "check the server's address in the kubeconfig");
    }
    if (exchange->ref && krx_kube_is_missing_api(response)) {
        const krx_kube_kind_row *row = krx_kube_row(exchange->ref->kind);
        krx_kube_forget_version(kube, exchange->ref->kind);
        (void)krx_fail(call, KRX_E_UNIMPLEMENTED, "%s: %s has no %s in API group \"%s\" (%s)",
                       exchange->what, kube->label, row ? row->plural : "objects",
                       row ? row->group : "", text);
        return krx_hint(call, "see what the server has: kubectl api-resources");
    }
    if (response->status == 400 && !status && strstr(text, "HTTP request to an HTTPS server")) {
        (void)krx_fail(call, KRX_E_UNAVAILABLE, "%s: %s wants TLS", exchange->what, kube->label);
        return krx_hint(call, "the server's address in the kubeconfig must begin with https://");
    }
    if (may_not_create(exchange, response, text))
        return fail_create(call, exchange);
    int32_t code = fail_with(call, exchange->what, response->status, status, text);
    return call->error->hint[0] ? code : hint_of_way(call, response, status != NULL);
}
