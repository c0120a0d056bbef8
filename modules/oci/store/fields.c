/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/store/fields.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/store/container.h"

#define EXACT_MAX (INT64_C(1) << 53)

static const char *const phases[] = {
    [KRX_OCI_CREATED] = "created", [KRX_OCI_RUNNING] = "running", [KRX_OCI_PAUSED] = "paused",
    [KRX_OCI_WAITING] = "waiting", [KRX_OCI_EXITED] = "exited",   [KRX_OCI_REMOVING] = "removing",
};

static int phase_of(const char *text)
{
    for (size_t i = 1; i < KRX_COUNT(phases); i++)
        if (krx_streq(text, phases[i]))
            return (int)i;
    return 0;
}

/* ------------------------------------------------------------------------------------- writing */

static void add_int(krx_json_maker *maker, cJSON *parent, const char *key, int64_t value)
{
    char text[24];
    if (value > -EXACT_MAX && value < EXACT_MAX) {
        krx_json_add_int(maker, parent, key, value);
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    krx_json_add_text(maker, parent, key, text);
}

static void add_process(krx_json_maker *maker, cJSON *parent, const char *key,
                        const krx_oci_process *process)
{
    if (process->pid <= 0)
        return;
    cJSON *list = krx_json_add_array(maker, parent, key);
    add_int(maker, list, NULL, process->pid);
    add_int(maker, list, NULL, process->token);
}

static void add_ports(krx_json_maker *maker, cJSON *parent, const char *key,
                      const krx_oci_port *const *ports)
{
    if (!ports || !ports[0])
        return;
    cJSON *list = krx_json_add_array(maker, parent, key);
    for (size_t i = 0; ports[i]; i++) {
        cJSON *port = krx_json_add_object(maker, list, NULL);
        krx_json_add_int(maker, port, "host", ports[i]->host_port);
        krx_json_add_int(maker, port, "container", ports[i]->container_port);
        krx_json_add_text(maker, port, "protocol", ports[i]->protocol);
        krx_json_add_text(maker, port, "ip", ports[i]->host_ip);
    }
}

static void add_field(krx_json_maker *maker, cJSON *object, const krx_oci_field *field,
                      const void *at)
{
    switch (field->kind) {
    case KRX_OCI_TEXT:
        krx_json_add_text(maker, object, field->key, *(const char *const *)at);
        break;
    case KRX_OCI_INT:
        if (*(const int64_t *)at != field->absent)
            add_int(maker, object, field->key, *(const int64_t *)at);
        break;
    case KRX_OCI_BOOL:
        if (*(const bool *)at)
            krx_json_add_bool(maker, object, field->key, true);
        break;
    case KRX_OCI_TEXTS:
        krx_json_add_texts(maker, object, field->key, *(const char *const *const *)at);
        break;
    case KRX_OCI_PAIRS:
        krx_json_add_pairs(maker, object, field->key, *(const krx_kv *const *const *)at);
        break;
    case KRX_OCI_PROCESS:
        add_process(maker, object, field->key, at);
        break;
    case KRX_OCI_PORTS:
        add_ports(maker, object, field->key, *(const krx_oci_port *const *const *)at);
        break;
    default:
        if (*(const int *)at > 0 && *(const int *)at < (int)KRX_COUNT(phases))
            krx_json_add_text(maker, object, field->key, phases[*(const int *)at]);
    }
}

char *krx_oci_fields_text(const krx_oci_field *fields, size_t count, const void *in)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *object = cJSON_CreateObject();
    if (!object)
        return NULL;
    for (size_t i = 0; i < count; i++)
        add_field(&maker, object, &fields[i], (const char *)in + fields[i].offset);
    return maker.failed ? NULL : cJSON_PrintUnformatted(object);
}

/* ------------------------------------------------------------------------------------- reading */

static int64_t int_of(const cJSON *item, int64_t absent)
{
    if (cJSON_IsNumber(item))
        return (int64_t)item->valuedouble;
    char *end = NULL;
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    long long value = strtoll(text, &end, 10);
    return *text && !*end ? value : absent;
}

static const void *read_texts(krx_arena *arena, const cJSON *list)
{
    krx_ptrs out = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        if (cJSON_IsString(item))
            (void)krx_ptrs_add(arena, &out, krx_arena_strdup(arena, item->valuestring));
    }
    return out.items;
}

static const void *read_pairs(krx_arena *arena, const cJSON *map)
{
    krx_ptrs out = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, map) {
        krx_kv *pair = cJSON_IsString(item) ? krx_arena_new_of(arena, krx_kv) : NULL;
        if (!pair)
            continue;
        pair->struct_size = sizeof *pair;
        pair->key = krx_arena_strdup(arena, item->string);
        pair->value = krx_arena_strdup(arena, item->valuestring);
        (void)krx_ptrs_add(arena, &out, pair);
    }
    return out.items;
}

static const void *read_ports(krx_arena *arena, const cJSON *list)
{
    krx_ptrs out = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        krx_oci_port *port = krx_arena_new_of(arena, krx_oci_port);
        const cJSON *ip = krx_json_get(item, "ip"), *protocol = krx_json_get(item, "protocol");
        if (!port)
            break;
        port->host_port = krx_json_int(item, "host", 0);
        port->container_port = krx_json_int(item, "container", 0);
        port->protocol =
            krx_arena_strdup(arena, cJSON_IsString(protocol) ? protocol->valuestring : "tcp");
        port->host_ip = cJSON_IsString(ip) ? krx_arena_strdup(arena, ip->valuestring) : NULL;
        (void)krx_ptrs_add(arena, &out, port);
    }
    return out.items;
}

static void read_field(krx_arena *arena, const krx_oci_field *field, const cJSON *item, void *at)
{
    switch (field->kind) {
    case KRX_OCI_TEXT:
        *(const char **)at =
            cJSON_IsString(item) ? krx_arena_strdup(arena, item->valuestring) : NULL;
        break;
    case KRX_OCI_INT:
        *(int64_t *)at = int_of(item, field->absent);
        break;
    case KRX_OCI_BOOL:
        *(bool *)at = cJSON_IsTrue(item);
        break;
    case KRX_OCI_TEXTS:
        *(const void **)at = cJSON_IsArray(item) ? read_texts(arena, item) : NULL;
        break;
    case KRX_OCI_PAIRS:
        *(const void **)at = cJSON_IsObject(item) ? read_pairs(arena, item) : NULL;
        break;
    case KRX_OCI_PROCESS:
        *(krx_oci_process *)at = (krx_oci_process){
            .pid = int_of(cJSON_GetArrayItem(item, 0), 0),
            .token = int_of(cJSON_GetArrayItem(item, 1), 0),
        };
        break;
    case KRX_OCI_PORTS:
        *(const void **)at = cJSON_IsArray(item) ? read_ports(arena, item) : NULL;
        break;
    default:
        *(int *)at = cJSON_IsString(item) ? phase_of(item->valuestring) : 0;
    }
}

int krx_oci_fields_read(krx_arena *arena, const krx_oci_field *fields, size_t count,
                        const cJSON *object, void *out)
{
    const cJSON *item;
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        if (fields[i].kind == KRX_OCI_INT)
            *(int64_t *)(void *)((char *)out + fields[i].offset) = fields[i].absent;
    /* written in the order of the table, so the next key is mostly the next field */
    cJSON_ArrayForEach (item, object) {
        size_t tried = 0;
        while (tried < count && strcmp(fields[at].key, item->string) != 0) {
            tried++;
            at = at + 1 < count ? at + 1 : 0;
        }
        if (tried < count)
            read_field(arena, &fields[at], item, (char *)out + fields[at].offset);
    }
    return krx_arena_failed(arena) ? -1 : 0;
}
