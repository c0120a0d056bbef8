/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON with a failure that sticks. */
#include "lib/json/json.h"

/* Hangs the item in; what can't be hung in is freed. */
static cJSON *hang(krx_json_maker *maker, cJSON *parent, const char *key, cJSON *item)
{
    cJSON_bool hung = 0;
    if (item && parent)
        hung = key ? cJSON_AddItemToObject(parent, key, item) : cJSON_AddItemToArray(parent, item);
    if (hung)
        return item;
    cJSON_Delete(item);
    maker->failed = true;
    return NULL;
}

cJSON *krx_json_add_object(krx_json_maker *maker, cJSON *parent, const char *key)
{
    return hang(maker, parent, key, cJSON_CreateObject());
}

cJSON *krx_json_add_array(krx_json_maker *maker, cJSON *parent, const char *key)
{
    return hang(maker, parent, key, cJSON_CreateArray());
}

void krx_json_add_text(krx_json_maker *maker, cJSON *parent, const char *key, const char *value)
{
    if (value)
        (void)hang(maker, parent, key, cJSON_CreateString(value));
}

void krx_json_add_int(krx_json_maker *maker, cJSON *parent, const char *key, int64_t value)
{
    if (value != KRX_UNSET)
        (void)hang(maker, parent, key, cJSON_CreateNumber((double)value));
}

void krx_json_add_bool(krx_json_maker *maker, cJSON *parent, const char *key, bool value)
{
    (void)hang(maker, parent, key, cJSON_CreateBool(value));
}

void krx_json_add_texts(krx_json_maker *maker, cJSON *parent, const char *key,
                        const char *const *values)
{
    if (!values || !values[0])
        return;
    cJSON *list = krx_json_add_array(maker, parent, key);
    for (size_t i = 0; values[i]; i++)
        krx_json_add_text(maker, list, NULL, values[i]);
}

void krx_json_add_pairs(krx_json_maker *maker, cJSON *parent, const char *key,
                        const krx_kv *const *pairs)
{
    if (!pairs || !pairs[0])
        return;
    cJSON *map = krx_json_add_object(maker, parent, key);
    for (size_t i = 0; pairs[i]; i++)
        krx_json_add_text(maker, map, pairs[i]->key, pairs[i]->value);
}

void krx_json_add_item(krx_json_maker *maker, cJSON *parent, const char *key, cJSON *item)
{
    (void)hang(maker, parent, key, item);
}
