/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON that may be anything. */
#include <math.h>
#include <string.h>

#include "lib/json/json.h"

/* A document of 16 MiB could otherwise become a tree of half a gigabyte. */
#define NODES_MAX ((size_t)2000000)

const cJSON *krx_json_get(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

const cJSON *krx_json_dig(const cJSON *object, const char *path)
{
    char key[256];
    while (object && *path) {
        size_t length = strcspn(path, "/");
        if (length >= sizeof key)
            return NULL;
        memcpy(key, path, length);
        key[length] = '\0';
        object = krx_json_get(object, key);
        path += length + (path[length] == '/');
    }
    return object;
}

const char *krx_json_text(const cJSON *object, const char *key)
{
    const cJSON *item = krx_json_get(object, key);
    return cJSON_IsString(item) && item->valuestring ? item->valuestring : "";
}

double krx_json_double(const cJSON *object, const char *key, double absent)
{
    const cJSON *item = krx_json_get(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : absent;
}

int64_t krx_json_int(const cJSON *object, const char *key, int64_t absent)
{
    double value = krx_json_double(object, key, NAN);
    if (isnan(value))
        return absent;
    if (value >= 9223372036854775807.0)
        return INT64_MAX;
    if (value <= -9223372036854775808.0)
        return INT64_MIN + 1;
    return (int64_t)value;
}

bool krx_json_bool(const cJSON *object, const char *key, bool absent)
{
    const cJSON *item = krx_json_get(object, key);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : absent;
}

const cJSON *krx_json_array(const cJSON *object, const char *key)
{
    const cJSON *item = krx_json_get(object, key);
    return cJSON_IsArray(item) ? item : NULL;
}

const cJSON *krx_json_object(const cJSON *object, const char *key)
{
    const cJSON *item = krx_json_get(object, key);
    return cJSON_IsObject(item) ? item : NULL;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How many values there are, roughly, and whether the last bracket or string is still open. */
static size_t count_nodes(const char *text, size_t length, bool *open)
{
    size_t nodes = 0, depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            nodes++;
            depth++;
        } else if (c == ',') {
            nodes++;
        } else if ((c == ']' || c == '}') && depth) {
            depth--;
        }
    }
    *open = in_string || depth;
    return nodes;
}

static bool only_space(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_space(text[i]))
            return false;
    return true;
}

int32_t krx_json_parse(krx_call *call, const char *label, const char *text, size_t length,
                       cJSON **out)
{
    const char *end = NULL;
    bool open = false;
    *out = NULL;
    while (length && is_space(text[length - 1]))
        length--;
    if (only_space(text, length))
        return 0;
    if (count_nodes(text, length, &open) > NODES_MAX)
        return krx_fail(call, KRX_E_DATA_LOSS,
                        "%s answered a JSON document of more than %zu values", label, NODES_MAX);
    *out = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    if (*out && end == text + length)
        return 0;
    cJSON_Delete(*out);
    *out = NULL;
    return krx_fail(call, KRX_E_DATA_LOSS, "%s answered %s", label,
                    open && (*text == '{' || *text == '[') ? "half a JSON document"
                                                           : "something that is not JSON");
}

static void wipe(cJSON *json)
{
    for (cJSON *item = json; item; item = item->next) {
        if (item->valuestring && !(item->type & cJSON_IsReference))
            explicit_bzero(item->valuestring, strlen(item->valuestring));
        wipe(item->child);
    }
}

void krx_secret_json_free(cJSON *json)
{
    wipe(json);
    cJSON_Delete(json);
}
