/* SPDX-License-Identifier: Apache-2.0 */
/* run_root/probe.json: what binaries said, until they change. */
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/runtime/table.h"

#define CACHE_MAX ((size_t)1024 * 1024)
#define ENTRIES_MAX 32
#define FORMAT "1" /* grows when more is probed */

/* Changes with the file, the kernel and the user, who all have a say in what works. */
static char *stamp_of(krx_arena *arena, const char *path)
{
    struct stat st;
    struct utsname system;
    if (stat(path, &st) < 0 || uname(&system) < 0)
        return NULL;
    return krx_arena_printf(arena, FORMAT " %lld.%09ld %lld %u %s", (long long)st.st_mtim.tv_sec,
                            st.st_mtim.tv_nsec, (long long)st.st_size, (unsigned)geteuid(),
                            system.release);
}

/* NULL when there is none that can be used. */
static cJSON *load(const krx_call *call, const char *file)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    if (krx_read_file(krx_side_call_init(&side, call), file, CACHE_MAX, &text) < 0)
        return NULL;
    cJSON *json = cJSON_ParseWithLength(krx_str_get(&text), text.length);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static const cJSON *entry_of(const cJSON *cache, const char *path, const char *stamp)
{
    const cJSON *entry = krx_json_object(cache, path);
    return stamp && krx_streq(krx_json_text(entry, "stamp"), stamp) ? entry : NULL;
}

/* Takes `entry`, which `made_by` has made. Others may have written meanwhile: the newest state is
 * changed, and a lost entry is only probed once more. */
static void save(krx_call *call, const char *file, const char *path, const krx_json_maker *made_by,
                 cJSON *entry)
{
    krx_side_call side;
    krx_json_maker maker = {0};
    if (made_by->failed) {
        cJSON_Delete(entry);
        return;
    }
    krx_auto_json cJSON *cache = load(call, file);
    if (!cache || cJSON_GetArraySize(cache) >= ENTRIES_MAX) {
        cJSON_Delete(cache);
        cache = cJSON_CreateObject();
    }
    cJSON_DeleteItemFromObjectCaseSensitive(cache, path);
    krx_json_add_item(&maker, cache, path, entry);
    krx_autofree char *text = maker.failed ? NULL : cJSON_PrintUnformatted(cache);
    if (text &&
        krx_replace_file(krx_side_call_init(&side, call), file, text, strlen(text), 0600) < 0)
        krx_log(call, KRX_LOG_DEBUG, "what was probed is not kept: %s", side.error.message);
}

static const char *kept(krx_arena *arena, const cJSON *entry, const char *key)
{
    const char *text = krx_json_text(entry, key);
    return *text ? krx_arena_strdup(arena, text) : NULL;
}

static const char *const *kept_list(krx_arena *arena, const cJSON *entry, const char *key)
{
    krx_ptrs list = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(entry, key))
        if (cJSON_IsString(item))
            (void)krx_ptrs_add(arena, &list, krx_arena_strdup(arena, item->valuestring));
    return (const char *const *)krx_ptrs_end(arena, &list);
}

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

int32_t krx_oci_probe_get(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const char *path, krx_oci_probe *out)
{
    char *file = krx_oci_run_path(arena, store, "probe.json", NULL, NULL);
    char *stamp = stamp_of(arena, path);
    if (!file)
        return no_memory(call);
    krx_auto_json cJSON *cache = load(call, file);
    const cJSON *entry = entry_of(cache, path, stamp);
    const krx_oci_kind *kind = krx_oci_kind_of(krx_json_text(entry, "name"));
    if (kind) {
        *out = (krx_oci_probe){.name = kind->name,
                               .version = kept(arena, entry, "version"),
                               .platforms = kept(arena, entry, "platforms"),
                               .flags = kept_list(arena, entry, "flags"),
                               .features = kept_list(arena, entry, "features")};
        return krx_arena_failed(arena) ? no_memory(call) : 0;
    }
    int32_t code = krx_oci_probe_ask(call, arena, path, out);
    if (code < 0 || !stamp)
        return code;
    cJSON *made = cJSON_CreateObject();
    krx_json_maker maker = {.failed = !made};
    krx_json_add_text(&maker, made, "stamp", stamp);
    krx_json_add_text(&maker, made, "name", out->name);
    krx_json_add_text(&maker, made, "version", out->version);
    krx_json_add_text(&maker, made, "platforms", out->platforms);
    krx_json_add_texts(&maker, made, "flags", out->flags);
    krx_json_add_texts(&maker, made, "features", out->features);
    save(call, file, path, &maker, made);
    return 0;
}

int32_t krx_oci_criu_get(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const char *path, krx_oci_criu *out)
{
    char *file = krx_oci_run_path(arena, store, "probe.json", NULL, NULL);
    char *stamp = stamp_of(arena, path);
    if (!file)
        return no_memory(call);
    krx_auto_json cJSON *cache = load(call, file);
    const cJSON *entry = entry_of(cache, path, stamp);
    if (entry) {
        *out = (krx_oci_criu){.path = path,
                              .version = kept(arena, entry, "version"),
                              .refusal = kept(arena, entry, "refusal")};
        return krx_arena_failed(arena) ? no_memory(call) : 0;
    }
    int32_t code = krx_oci_criu_ask(call, arena, path, out);
    if (code < 0 || !stamp)
        return code;
    cJSON *made = cJSON_CreateObject();
    krx_json_maker maker = {.failed = !made};
    krx_json_add_text(&maker, made, "stamp", stamp);
    krx_json_add_text(&maker, made, "version", out->version);
    krx_json_add_text(&maker, made, "refusal", out->refusal);
    save(call, file, path, &maker, made);
    return 0;
}
