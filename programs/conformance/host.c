/* SPDX-License-Identifier: Apache-2.0 */
/* The host that the kit plays: the local one, with a store and an ear for the log. */
#include <pthread.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "programs/conformance/kit.h"

static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char *key, *value;
} stored[64];

static void kit_log(const krx_host *host, const krx_call *call, int32_t level, const char *text)
{
    krx_kit *kit = host->ctx;
    kit->logged++;
    CHECK(kit, text, "log: the text is NULL");
    if (!text)
        return;
    CHECK(kit, !strchr(text, '\n'), "log: the line has a newline: %s", text);
    CHECK(kit, level >= KRX_LOG_ERROR && level <= KRX_LOG_DEBUG, "log: unknown level %d", level);
    fprintf(stderr, "log %d %s%s%s\n", level, call ? call->prefix : "", call ? ": " : "", text);
}

static int32_t kit_get(const krx_host *host, krx_call *call, const char *key, krx_sink *out)
{
    (void)host;
    KRX_LOCK_SCOPE(&store_lock);
    for (size_t i = 0; i < KRX_COUNT(stored); i++)
        if (stored[i].key && strcmp(stored[i].key, key) == 0) {
            krx_text text = {.struct_size = sizeof text, .text = stored[i].value};
            return krx_emit(out, KRX_ITEM_TEXT, &text);
        }
    return krx_fail(call, KRX_E_NOT_FOUND, "nothing is stored as '%s'", key);
}

static int32_t kit_put(const krx_host *host, krx_call *call, const char *key, const char *value)
{
    size_t slot = KRX_COUNT(stored);
    (void)host;
    KRX_LOCK_SCOPE(&store_lock);
    for (size_t i = KRX_COUNT(stored); i-- > 0;)
        if (!stored[i].key)
            slot = i;
    for (size_t i = 0; i < KRX_COUNT(stored); i++)
        if (stored[i].key && strcmp(stored[i].key, key) == 0)
            slot = i;
    if (slot == KRX_COUNT(stored))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "the store is full");
    free(stored[slot].key);
    free(stored[slot].value);
    stored[slot].key = value ? strdup(key) : NULL;
    stored[slot].value = value ? strdup(value) : NULL;
    return 0;
}

void krx_kit_host_init(krx_kit *kit)
{
    kit->host = *krx_local_host();
    kit->host.version = "conformance";
    kit->host.ctx = kit;
    kit->host.log = kit_log;
    kit->host.store_get = kit_get;
    kit->host.store_put = kit_put;
}
