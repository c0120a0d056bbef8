/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON object being filled from a result. */
#ifndef KRX_MODEL_RESULT_OBJECT_H
#define KRX_MODEL_RESULT_OBJECT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include <kranix/abi.h>

/* failed once anything could not be added; adding goes on without harm. */
typedef struct krx_object {
    cJSON *json;
    bool failed;
} krx_object;

krx_object krx_object_begin(void);
/* The object, or NULL when it failed. */
cJSON *krx_object_end(krx_object *o);
/* Takes `value` over, also on failure. */
void krx_object_add(krx_object *o, const char *key, cJSON *value);
/* Always there. */
void krx_object_text(krx_object *o, const char *key, const char *value);
/* Left out when absent: NULL or "", KRX_UNSET, no finite number, below 0, no time, empty. */
void krx_object_optional(krx_object *o, const char *key, const char *value);
void krx_object_known(krx_object *o, const char *key, int64_t value);
void krx_object_fraction(krx_object *o, const char *key, double value);
void krx_object_boolean(krx_object *o, const char *key, int32_t value);
void krx_object_instant(krx_object *o, const char *key, int64_t unix_ns);
void krx_object_labels(krx_object *o, const char *key, const krx_kv *const *list);
void krx_object_strings(krx_object *o, const char *key, const char *const *list);
/* Every digit of it, which cJSON's doubles would lose. */
void krx_object_number(krx_object *o, const char *key, int64_t value);
/* JSON that somebody else wrote, as it is; as text when it is none. */
void krx_object_foreign(krx_object *o, const char *key, const char *json);
/* Takes `item` over, also on failure. */
bool krx_object_append(cJSON *array, cJSON *item);

#endif
