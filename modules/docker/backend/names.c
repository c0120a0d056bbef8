/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/backend/names.h"

#include "lib/base/str.h"
#include "modules/docker/backend/jsonw.h"

char *krx_dk_record_name(krx_arena *arena, const char *namespace_, const char *workload)
{
    char *base = krx_replica_base_name(arena, namespace_, workload);
    return base ? krx_arena_printf(arena, "%s-spec", base) : NULL;
}

char *krx_dk_label_filter(krx_arena *arena, const char *const *labels)
{
    krx_auto_dk_json krx_dk_json json = {0};
    krx_dk_json_open(&json, NULL, '{');
    krx_dk_json_texts(&json, "label", labels);
    krx_dk_json_close(&json, '}');
    if (krx_str_failed(&json.text))
        return NULL;
    return krx_arena_strdup(arena, krx_str_get(&json.text));
}
