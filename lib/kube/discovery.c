/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions of an API the server has, asked once and only when it matters. */
#include <string.h>

#include "lib/kube/internal.h"

#define RESOURCES_MAX ((size_t)4 << 20)
#define VERSION_MAX ((size_t)64 << 10)

static int32_t fetch(krx_call *call, krx_kube *kube, const char *path, size_t limit,
                     int32_t *status, cJSON **out)
{
    char what[128];
    (void)snprintf(what, sizeof what, "GET %s", path);
    krx_kube_exchange exchange = {.method = "GET", .path = path, .what = what, .limit = limit};
    return krx_kube_fetch(call, kube, &exchange, status, out);
}

static bool lists_plural(const cJSON *list, const char *plural)
{
    const cJSON *resource;
    cJSON_ArrayForEach (resource, krx_json_array(list, "resources")) {
        if (krx_streq(krx_json_text(resource, "name"), plural))
            return true;
    }
    return false;
}

/* Whether the server has this kind in this version. */
static int32_t ask(krx_call *call, krx_kube *kube, const char *version, const char *plural,
                   bool *has)
{
    int32_t status = 0;
    krx_auto_json cJSON *list = NULL;
    krx_autofree char *path = krx_format("/apis/%s", version);
    *has = false;
    if (!path)
        return krx_no_memory(call);
    int32_t code = fetch(call, kube, path, RESOURCES_MAX, &status, &list);
    if (code < 0)
        return status == 404 ? krx_forgive(call) : code;
    *has = lists_plural(list, plural);
    return 0;
}

static int32_t fail_missing(krx_call *call, krx_kube *kube, const krx_kube_kind_row *row)
{
    (void)krx_fail(call, KRX_E_UNIMPLEMENTED, "%s has no %s in API group %s (looked for: %s)",
                   kube->label, row->name, row->group, row->versions);
    if (krx_streq(row->group, "metrics.k8s.io"))
        return krx_hint(call, "install metrics-server in the cluster");
    return krx_hint(call, "see what the server has: kubectl api-resources --api-group=%s",
                    row->group);
}

int32_t krx_kube_api_version(krx_call *call, krx_kube *kube, krx_kube_kind kind, const char **out)
{
    const krx_kube_kind_row *row = krx_kube_row(kind);
    *out = NULL;
    if (!row)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "no such kind of Kubernetes object");
    const char *const *versions = kube->versions[kind];
    uint8_t number = krx_kube_chosen_version(kube, kind);
    /* every server has had these two since 1.9 */
    if (!*row->group || krx_streq(row->group, "apps"))
        number = 1;
    for (uint8_t i = 0; !number && i < KRX_KUBE_VERSIONS_MAX && versions[i]; i++) {
        bool has;
        int32_t code = ask(call, kube, versions[i], row->plural, &has);
        if (code < 0)
            return krx_wrap(call, "asking for API group %s", row->group);
        if (has)
            number = (uint8_t)(i + 1);
    }
    if (!number)
        return fail_missing(call, kube, row);
    krx_kube_choose_version(kube, kind, number);
    *out = versions[number - 1];
    return 0;
}

/* -------------------------------------------------------------------------------------- version */

/* "20", "20+" */
static int32_t leading_number(const char *text)
{
    int32_t n = 0;
    while (*text >= '0' && *text <= '9' && n < 100000)
        n = n * 10 + (*text++ - '0');
    return n;
}

static int32_t read_version(krx_call *call, krx_kube *kube)
{
    krx_auto_json cJSON *json = NULL;
    int32_t code = fetch(call, kube, "/version", VERSION_MAX, NULL, &json);
    if (code < 0)
        return code;
    char text[64];
    const char *git = krx_json_text(json, "gitVersion");
    krx_text_clean(text, sizeof text, git, strlen(git));
    int32_t major = leading_number(krx_json_text(json, "major"));
    int32_t minor = leading_number(krx_json_text(json, "minor"));
    if (!major)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s does not tell its version", kube->label);
    char *copy = strdup(text);
    if (!copy)
        return krx_no_memory(call);
    KRX_LOCK_SCOPE(&kube->lock);
    if (kube->version_text) { /* another thread was faster */
        free(copy);
        return 0;
    }
    kube->version_text = copy;
    kube->version_number = major * 1000 + minor;
    return 0;
}

int32_t krx_kube_server_version(krx_call *call, krx_kube *kube, int32_t *number, const char **text)
{
    pthread_mutex_lock(&kube->lock);
    bool known = kube->version_text != NULL;
    pthread_mutex_unlock(&kube->lock);
    int32_t code = known ? 0 : read_version(call, kube);
    if (code < 0)
        return code;
    KRX_LOCK_SCOPE(&kube->lock);
    if (number)
        *number = kube->version_number;
    if (text)
        *text = kube->version_text;
    return 0;
}
