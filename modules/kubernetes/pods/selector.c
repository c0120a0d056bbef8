/* SPDX-License-Identifier: Apache-2.0 */
/* Which pods belong to what keeps them. */
#include "modules/kubernetes/pods/pods.h"

static void add_pairs(krx_str *out, const cJSON *map)
{
    const cJSON *pair;
    cJSON_ArrayForEach (pair, map) {
        if (pair->string && cJSON_IsString(pair))
            krx_str_addf(out, "%s%s=%s", out->length ? "," : "", pair->string, pair->valuestring);
    }
}

static void add_expression(krx_str *out, const cJSON *expression)
{
    const char *key = krx_json_text(expression, "key");
    const char *op = krx_json_text(expression, "operator");
    const cJSON *value;
    const char *comma = "";
    krx_str_addf(out, "%s%s%s", out->length ? "," : "", krx_streq(op, "DoesNotExist") ? "!" : "",
                 key);
    if (!krx_streq(op, "In") && !krx_streq(op, "NotIn"))
        return;
    krx_str_add(out, krx_streq(op, "In") ? " in (" : " notin (");
    cJSON_ArrayForEach (value, krx_json_array(expression, "values")) {
        krx_str_addf(out, "%s%s", comma, cJSON_IsString(value) ? value->valuestring : "");
        comma = ",";
    }
    krx_str_addc(out, ')');
}

const char *krx_k8s_selector_text(krx_arena *arena, krx_kube_kind kind, const cJSON *object)
{
    krx_auto_str krx_str text = {0};
    const cJSON *selector = krx_json_object(krx_json_object(object, "spec"), "selector"),
                *expression;
    if (kind == KRX_KUBE_REPLICATION_CONTROLLER)
        add_pairs(&text, selector);
    add_pairs(&text, krx_json_object(selector, "matchLabels"));
    cJSON_ArrayForEach (expression, krx_json_array(selector, "matchExpressions"))
        add_expression(&text, expression);
    if (krx_str_failed(&text) || !text.length)
        return NULL;
    return krx_arena_strdup(arena, krx_str_get(&text));
}
