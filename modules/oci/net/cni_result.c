/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin answered, which may be anything. */
#include <arpa/inet.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/net/cni.h"

/* "10.89.0.2/16" or "10.89.0.2": the address alone, NULL when it is none. */
static const char *address_of(krx_arena *arena, const char *text, int *family)
{
    unsigned char raw[16];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    if (!length || length >= INET6_ADDRSTRLEN)
        return NULL;
    char *address = krx_arena_strndup(arena, text, length);
    if (!address)
        return NULL;
    *family = strchr(address, ':') ? AF_INET6 : AF_INET;
    return inet_pton(*family, address, raw) == 1 ? address : NULL;
}

static int32_t read_addresses(krx_call *call, krx_arena *arena, const cJSON *json,
                              krx_oci_cni_result *out)
{
    const cJSON *item;
    int best = AF_UNSPEC, family = AF_UNSPEC, of_gateway = AF_UNSPEC;
    cJSON_ArrayForEach (item, krx_json_array(json, "ips")) {
        const char *text = krx_json_text(item, "address"), *way = krx_json_text(item, "gateway");
        const char *ip = address_of(arena, text, &family);
        if (!ip)
            return krx_fail(call, KRX_E_DATA_LOSS, "a plugin answered the address '%.64s'", text);
        if (best == AF_INET || best == family)
            continue;
        best = family;
        out->ip = ip;
        out->gateway = *way ? address_of(arena, way, &of_gateway) : NULL;
        if (*way && (!out->gateway || of_gateway != family))
            return krx_fail(call, KRX_E_DATA_LOSS, "a plugin answered the gateway '%.64s'", way);
    }
    return out->ip ? 0 : krx_fail(call, KRX_E_DATA_LOSS, "the plugins answered no address");
}

int32_t krx_oci_cni_result_read(krx_call *call, krx_arena *arena, const cJSON *json,
                                const char *bridge, krx_oci_cni_result *out)
{
    const cJSON *item;
    *out = (krx_oci_cni_result){0};
    if (!cJSON_IsObject(json))
        return krx_fail(call, KRX_E_DATA_LOSS, "the plugins answered no result");
    cJSON_ArrayForEach (item, krx_json_array(json, "interfaces")) {
        const char *name = krx_json_text(item, "name");
        if (!krx_oci_ifname_valid(name))
            return krx_fail(call, KRX_E_DATA_LOSS, "a plugin answered the interface '%.64s'", name);
        if (!out->host_interface && !*krx_json_text(item, "sandbox") && !krx_streq(name, bridge))
            out->host_interface = krx_arena_strdup(arena, name);
    }
    int32_t code = read_addresses(call, arena, json, out);
    if (code >= 0 && krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return code;
}
