/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON in the order of the calls, so that equal input gives equal bytes. Failure is sticky.
 */
#ifndef KRX_DOCKER_JSONW_H
#define KRX_DOCKER_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include <kranix/workload.h>

#include "lib/base/str.h"

typedef struct krx_dk_json {
    krx_str text;
    bool comma; /* the next member needs one in front */
} krx_dk_json;

/* `key` is NULL inside lists and for the root. */
void krx_dk_json_open(krx_dk_json *json, const char *key, char bracket);
void krx_dk_json_close(krx_dk_json *json, char bracket);
void krx_dk_json_text(krx_dk_json *json, const char *key, const char *value);
void krx_dk_json_int(krx_dk_json *json, const char *key, int64_t value);
void krx_dk_json_bool(krx_dk_json *json, const char *key, bool value);
void krx_dk_json_texts(krx_dk_json *json, const char *key, const char *const *values);
/* As a list of KEY=VALUE; nothing when there is none. */
void krx_dk_json_env(krx_dk_json *json, const char *key, const krx_kv *const *env);
void krx_dk_json_free(krx_dk_json *json);
#define krx_auto_dk_json KRX_CLEANUP(krx_dk_json_free)

#endif
