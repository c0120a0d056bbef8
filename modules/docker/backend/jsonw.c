/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/backend/jsonw.h"

#include <inttypes.h>

static void add_quoted(krx_str *out, const char *text)
{
    krx_str_addc(out, '"');
    for (const char *from = text; *from;) {
        const char *end = from;
        while ((unsigned char)*end >= 0x20 && *end != '"' && *end != '\\')
            end++;
        krx_str_addn(out, from, (size_t)(end - from));
        if (!*end)
            break;
        if (*end == '"' || *end == '\\') {
            krx_str_addc(out, '\\');
            krx_str_addc(out, *end);
        } else {
            krx_str_addf(out, "\\u%04x", (unsigned)(unsigned char)*end);
        }
        from = end + 1;
    }
    krx_str_addc(out, '"');
}

static void begin(krx_dk_json *json, const char *key)
{
    if (json->comma)
        krx_str_addc(&json->text, ',');
    json->comma = true;
    if (key) {
        add_quoted(&json->text, key);
        krx_str_addc(&json->text, ':');
    }
}

void krx_dk_json_open(krx_dk_json *json, const char *key, char bracket)
{
    begin(json, key);
    krx_str_addc(&json->text, bracket);
    json->comma = false;
}

void krx_dk_json_close(krx_dk_json *json, char bracket)
{
    krx_str_addc(&json->text, bracket);
    json->comma = true;
}

void krx_dk_json_text(krx_dk_json *json, const char *key, const char *value)
{
    begin(json, key);
    add_quoted(&json->text, value ? value : "");
}

void krx_dk_json_int(krx_dk_json *json, const char *key, int64_t value)
{
    begin(json, key);
    krx_str_addf(&json->text, "%" PRId64, value);
}

void krx_dk_json_bool(krx_dk_json *json, const char *key, bool value)
{
    begin(json, key);
    krx_str_add(&json->text, value ? "true" : "false");
}

void krx_dk_json_texts(krx_dk_json *json, const char *key, const char *const *values)
{
    krx_dk_json_open(json, key, '[');
    for (; values && *values; values++)
        krx_dk_json_text(json, NULL, *values);
    krx_dk_json_close(json, ']');
}

void krx_dk_json_env(krx_dk_json *json, const char *key, const krx_kv *const *env)
{
    if (!env || !env[0])
        return;
    krx_dk_json_open(json, key, '[');
    for (size_t i = 0; env[i]; i++) {
        krx_auto_str krx_str pair = {0};
        krx_str_addf(&pair, "%s=%s", env[i]->key, env[i]->value);
        if (krx_str_failed(&pair))
            json->text.failed = true;
        krx_dk_json_text(json, NULL, krx_str_get(&pair));
    }
    krx_dk_json_close(json, ']');
}

void krx_dk_json_free(krx_dk_json *json)
{
    krx_str_free(&json->text);
}
