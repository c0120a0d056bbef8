/* SPDX-License-Identifier: Apache-2.0 */
/* What plugins of networks answer, whether they did it or failed. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/json/json.h"
#include "modules/oci/net/cni.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const char *text)
{
    unsigned char raw[16];
    if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, raw) != 1)
        abort();
}

static void check_result(const krx_oci_cni_result *result)
{
    check_address(result->ip);
    if (result->gateway)
        check_address(result->gateway);
    if (result->host_interface && !krx_oci_ifname_valid(result->host_interface))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krx_auto_arena krx_arena *arena = krx_arena_new_limited((size_t)64 * 1024 * 1024);
    char *text = arena ? krx_arena_strndup(arena, (const char *)data, size) : NULL;
    krx_oci_cni_result result;
    krx_error error;
    krx_call call;
    cJSON *json = NULL;
    if (!text)
        return 0;
    krx_call_init(&call, &error);
    if (krx_json_parse(&call, "it", text, strlen(text), &json) == 0 &&
        krx_oci_cni_result_read(&call, arena, json, "kranix0", &result) == 0)
        check_result(&result);
    cJSON_Delete(json);
    (void)krx_oci_cni_fail(&call, "bridge", "ADD", 1, text, text);
    return 0;
}
