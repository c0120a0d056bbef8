/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON that may be anything (the wrong type counts as absent), and writing it. */
#ifndef KRX_JSON_JSON_H
#define KRX_JSON_JSON_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include <kranix/call.h>
#include <kranix/workload.h>

#include "lib/base/cleanup.h"

static inline void krx_cleanup_json_(cJSON **json)
{
    if (*json)
        cJSON_Delete(*json);
}
#define krx_auto_json KRX_CLEANUP(krx_cleanup_json_)

/* For trees that hold secrets: texts are wiped. NULL is fine. */
void krx_secret_json_free(cJSON *json);
static inline void krx_cleanup_secret_json_(cJSON **json)
{
    krx_secret_json_free(*json);
}
#define krx_auto_secret_json KRX_CLEANUP(krx_cleanup_secret_json_)

/*
 * One document. `label` is who sent it, for texts. Nothing but blanks is no document: 0 and *out
 * NULL. Half a document, something else or more than a bounded number of values is DATA_LOSS.
 */
int32_t krx_json_parse(krx_call *call, const char *label, const char *text, size_t length,
                       cJSON **out);

/* ------------------------------------------------------------------------------------- reading */

const cJSON *krx_json_get(const cJSON *object, const char *key); /* NULL when absent */
/* Down a path of keys: "spec/template/metadata". NULL when a step is missing or no object. */
const cJSON *krx_json_dig(const cJSON *object, const char *path);
const char *krx_json_text(const cJSON *object, const char *key); /* "" when absent */
int64_t krx_json_int(const cJSON *object, const char *key, int64_t absent);
double krx_json_double(const cJSON *object, const char *key, double absent);
bool krx_json_bool(const cJSON *object, const char *key, bool absent);
const cJSON *krx_json_array(const cJSON *object, const char *key);  /* NULL unless an array */
const cJSON *krx_json_object(const cJSON *object, const char *key); /* NULL unless an object */

/* ------------------------------------------------------------------------------------- writing */

/*
 * Failure (out of memory) is sticky: add as often as you like, look at maker->failed once at the
 * end. A NULL parent, which a failure leaves, is taken and ignored. `key` is NULL inside arrays.
 */
typedef struct krx_json_maker {
    bool failed;
} krx_json_maker;

cJSON *krx_json_add_object(krx_json_maker *maker, cJSON *parent, const char *key);
cJSON *krx_json_add_array(krx_json_maker *maker, cJSON *parent, const char *key);
/* Nothing is added for NULL, KRX_UNSET, NULL or empty lists. */
void krx_json_add_text(krx_json_maker *maker, cJSON *parent, const char *key, const char *value);
void krx_json_add_int(krx_json_maker *maker, cJSON *parent, const char *key, int64_t value);
void krx_json_add_bool(krx_json_maker *maker, cJSON *parent, const char *key, bool value);
void krx_json_add_texts(krx_json_maker *maker, cJSON *parent, const char *key,
                        const char *const *values);
/* As a map of texts. */
void krx_json_add_pairs(krx_json_maker *maker, cJSON *parent, const char *key,
                        const krx_kv *const *pairs);
/* Takes `item` over, also on failure. */
void krx_json_add_item(krx_json_maker *maker, cJSON *parent, const char *key, cJSON *item);

#endif
