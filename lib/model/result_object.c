/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/result_object.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <kranix/abi.h>
#include <kranix/errors.h>
#include <kranix/workload.h>

#include "lib/base/clock.h"

krx_object krx_object_begin(void)
{
    krx_object o = {.json = cJSON_CreateObject()};
    o.failed = !o.json;
    return o;
}

cJSON *krx_object_end(krx_object *o)
{
    if (o->failed) {
        cJSON_Delete(o->json);
        return NULL;
    }
    return o->json;
}

void krx_object_add(krx_object *o, const char *key, cJSON *value)
{
    if (!o->failed && value && cJSON_AddItemToObject(o->json, key, value))
        return;
    cJSON_Delete(value);
    o->failed = true;
}

/* Always there. */
void krx_object_text(krx_object *o, const char *key, const char *value)
{
    krx_object_add(o, key, cJSON_CreateString(value ? value : ""));
}

/* Left out when absent. */
void krx_object_optional(krx_object *o, const char *key, const char *value)
{
    if (value && *value)
        krx_object_text(o, key, value);
}

/* cJSON keeps doubles; beyond 2^53 these would lose digits. */
void krx_object_number(krx_object *o, const char *key, int64_t value)
{
    char digits[24];
    if (value > -(INT64_C(1) << 53) && value < (INT64_C(1) << 53)) {
        krx_object_add(o, key, cJSON_CreateNumber((double)value));
        return;
    }
    (void)snprintf(digits, sizeof digits, "%" PRId64, value);
    krx_object_add(o, key, cJSON_CreateRaw(digits));
}

void krx_object_known(krx_object *o, const char *key, int64_t value)
{
    if (value != KRX_UNSET)
        krx_object_number(o, key, value);
}

void krx_object_fraction(krx_object *o, const char *key, double value)
{
    if (isfinite(value))
        krx_object_add(o, key, cJSON_CreateNumber(value));
}

void krx_object_boolean(krx_object *o, const char *key, int32_t value)
{
    if (value >= 0)
        krx_object_add(o, key, cJSON_CreateBool(value != 0));
}

void krx_object_instant(krx_object *o, const char *key, int64_t unix_ns)
{
    char out[KRX_TIME_TEXT_MAX];
    if (unix_ns != KRX_UNSET && unix_ns != 0)
        krx_object_text(o, key, krx_time_text(unix_ns, out));
}

void krx_object_labels(krx_object *o, const char *key, const krx_kv *const *list)
{
    krx_object map;
    if (!list || !*list)
        return;
    map = krx_object_begin();
    for (; *list; list++)
        krx_object_text(&map, (*list)->key, (*list)->value);
    krx_object_add(o, key, krx_object_end(&map));
}

bool krx_object_append(cJSON *array, cJSON *item)
{
    if (item && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

void krx_object_strings(krx_object *o, const char *key, const char *const *list)
{
    cJSON *array;
    if (!list || !*list)
        return;
    array = cJSON_CreateArray();
    for (; array && *list; list++)
        o->failed = !krx_object_append(array, cJSON_CreateString(*list)) || o->failed;
    krx_object_add(o, key, array);
}

/* JSON that somebody else wrote, as it is; as text when it is none. */
void krx_object_foreign(krx_object *o, const char *key, const char *json)
{
    if (!json || !*json)
        return;
    cJSON *parsed = cJSON_Parse(json);
    if (parsed)
        krx_object_add(o, key, parsed);
    else
        krx_object_text(o, key, json);
}
