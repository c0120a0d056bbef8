/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/lifecycle/records.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "modules/kubernetes/lifecycle/scale.h"

#define RECORDS_MAX 16
#define COMMENT_MAX 1024

cJSON *krx_k8s_records(const cJSON *object)
{
    const char *text = krx_k8s_annotation(object, KRX_K8S_CHECKPOINT);
    cJSON *records = *text ? cJSON_Parse(text) : NULL;
    if (cJSON_IsArray(records))
        return records;
    cJSON_Delete(records);
    return cJSON_CreateArray();
}

int krx_k8s_record_find(const cJSON *records, const char *id, const char *in_force)
{
    int count = cJSON_GetArraySize(records);
    const char *wanted = id ? id : in_force;
    for (int i = count - 1; i >= 0; i--)
        if (krx_streq(krx_json_text(cJSON_GetArrayItem(records, i), "id"), wanted))
            return i;
    return id ? -1 : count - 1;
}

bool krx_k8s_record_add(cJSON *records, const char *id, int64_t created_ns, int64_t replicas,
                        const char *comment, const char *spec_hash)
{
    char time[KRX_TIME_TEXT_MAX], short_comment[COMMENT_MAX];
    krx_json_maker maker = {0};
    cJSON *record = krx_json_add_object(&maker, records, NULL);
    krx_json_add_text(&maker, record, "id", id);
    krx_json_add_text(&maker, record, "created", krx_time_text(created_ns, time));
    krx_json_add_int(&maker, record, "replicas", replicas);
    if (!krx_blank(comment)) {
        (void)snprintf(short_comment, sizeof short_comment, "%s", comment);
        krx_json_add_text(&maker, record, "comment", short_comment);
    }
    if (!krx_blank(spec_hash))
        krx_json_add_text(&maker, record, "specHash", spec_hash);
    while (cJSON_GetArraySize(records) > RECORDS_MAX)
        cJSON_DeleteItemFromArray(records, 0);
    return !maker.failed;
}

bool krx_k8s_records_keep(cJSON *object, const cJSON *records)
{
    krx_autofree char *text = cJSON_PrintUnformatted(records);
    return text && krx_k8s_set_annotation(object, KRX_K8S_CHECKPOINT, text);
}

void krx_k8s_records_text(const cJSON *records, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = cJSON_GetArraySize(records) - 1; i >= 0 && used + 1 < room; i--) {
        int n = snprintf(out + used, room - used, "%s%s", used ? ", " : "",
                         krx_json_text(cJSON_GetArrayItem(records, i), "id"));
        if (n < 0)
            return;
        used += (size_t)n;
    }
}

void krx_k8s_spec_hash(const cJSON *object, char out[17])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const char *spec = krx_k8s_annotation(object, KRX_K8S_SPEC);
    for (const char *c = spec; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    out[0] = '\0';
    if (*spec)
        (void)snprintf(out, 17, "%016" PRIx64, hash);
}
