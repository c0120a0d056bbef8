/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an allow file, and any text through the line editor. */
#include <stdlib.h>
#include <string.h>

#include "core/allow.h"
#include "core/allow_edit.h"
#include "lib/base/local_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static krx_allow parse(krx_call *call, krx_arena *arena, const char *text, size_t size)
{
    krx_allow out;
    require(krx_allow_parse(call, arena, "docker", "docker.yaml", text, size, &out) == 0);
    require((out.error_code != 0) == (out.message != NULL));
    require(out.settings && out.isolation);
    require(!out.error_code || !out.enabled);
    require(!out.sha256 || strlen(out.sha256) == 64);
    return out;
}

/* An edit that reads back must have changed the one thing and nothing else. */
static void edit(krx_call *call, krx_arena *arena, const char *text, size_t size,
                 const krx_allow *before)
{
    krx_auto_str krx_str edited = {0};
    krx_allow_edit(text, size, "enabled", before->enabled ? "false" : "true", "name", &edited);
    require(!krx_str_failed(&edited));
    if (before->error_code)
        return;
    krx_allow after = parse(call, arena, krx_str_get(&edited), edited.length);
    if (!after.error_code) {
        require(krx_streq(before->sha256, after.sha256));
        require(krx_streq(before->min_version, after.min_version));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    if (!arena || size > KRX_ALLOW_BYTES_MAX)
        return 0;
    const char *text = (const char *)data;
    krx_allow before = parse(&call, arena, text, size);
    edit(&call, arena, text, size, &before);
    return 0;
}
