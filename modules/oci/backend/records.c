/* SPDX-License-Identifier: Apache-2.0 */
/* workloads/<base>.json: what a workload shall be, and what it was. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/backend/backend.h"
#include "modules/oci/store/fields.h"

/* Beyond it a file of the store is not read: earlier states go first. */
#define RECORD_MAX ((size_t)1000 * 1000)
#define SPEC_MAX ((size_t)1 << 20)
#define EARLIER_MAX 10

#define FIELD(type, key_, member, kind_, absent_)                                                  \
    {                                                                                              \
        .key = key_, .offset = offsetof(type, member), .kind = KRX_OCI_##kind_, .absent = absent_  \
    }

static const krx_oci_field fields[] = {
    FIELD(krx_oci_record, "name", name, TEXT, 0),
    FIELD(krx_oci_record, "namespace", namespace_, TEXT, 0),
    FIELD(krx_oci_record, "hash", hash, TEXT, 0),
    FIELD(krx_oci_record, "generation", generation, INT, 0),
    FIELD(krx_oci_record, "created", created_ns, INT, 0),
    FIELD(krx_oci_record, "revision", revision, INT, 0),
    FIELD(krx_oci_record, "revised", revised_ns, INT, 0),
    FIELD(krx_oci_record, "labels", labels, PAIRS, 0),
    FIELD(krx_oci_record, "spec", spec_json, TEXT, 0),
};

static const krx_oci_field revision_fields[] = {
    FIELD(krx_oci_revision, "number", number, INT, 0),
    FIELD(krx_oci_revision, "created", created_ns, INT, 0),
    FIELD(krx_oci_revision, "spec", spec_json, TEXT, 0),
};

/* --------------------------------------------------------------------------------------- reading
 */

static int read_earlier(krx_arena *arena, const cJSON *json, krx_oci_record *out)
{
    krx_ptrs list = {0};
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(json, "earlier")) {
        krx_oci_revision *one = krx_arena_new_of(arena, krx_oci_revision);
        if (!one ||
            krx_oci_fields_read(arena, revision_fields, KRX_COUNT(revision_fields), item, one) < 0)
            return -1;
        if (one->spec_json && krx_ptrs_add(arena, &list, one) < 0)
            return -1;
    }
    out->earlier = (const krx_oci_revision *const *)krx_ptrs_end(arena, &list);
    return out->earlier ? 0 : -1;
}

static int32_t read_at(krx_call *call, krx_arena *arena, int folder, const char *file,
                       krx_oci_record *out)
{
    krx_auto_json cJSON *json = NULL;
    *out = (krx_oci_record){0};
    int32_t code = krx_oci_json_at(call, folder, file, &json);
    if (code)
        return code;
    if (krx_oci_fields_read(arena, fields, KRX_COUNT(fields), json, out) < 0 ||
        read_earlier(arena, json, out) < 0)
        return krx_no_memory(call);
    if (!out->name || !out->spec_json)
        return krx_fail(call, KRX_E_DATA_LOSS, "%s is damaged: it names no workload", file);
    if (!out->namespace_)
        out->namespace_ = "default";
    return 0;
}

int32_t krx_oci_record_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *base, krx_oci_record *out)
{
    krx_autofree char *path = krx_format("%s/workloads/%s.json", store->root, base);
    if (krx_check(call) < 0)
        return call->error->code;
    return path ? read_at(call, arena, AT_FDCWD, path, out) : krx_no_memory(call);
}

static bool is_record(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && name[0] != '.' && krx_streq(name + length - 5, ".json");
}

static int32_t read_all(krx_call *call, krx_arena *arena, DIR *listing, krx_ptrs *list)
{
    struct dirent *entry;
    krx_side_call scratch;
    while ((entry = readdir(listing))) {
        if (!is_record(entry->d_name))
            continue;
        krx_oci_record *item = krx_arena_new_of(arena, krx_oci_record);
        if (!item)
            return krx_no_memory(call);
        int32_t code =
            read_at(krx_side_call_init(&scratch, call), arena, dirfd(listing), entry->d_name, item);
        if (code == KRX_E_RESOURCE_EXHAUSTED || (!code && krx_ptrs_add(arena, list, item) < 0))
            return krx_no_memory(call);
        if (code && code != KRX_E_NOT_FOUND)
            krx_log(call, KRX_LOG_WARN, "%s", scratch.error.message);
    }
    return 0;
}

int32_t krx_oci_records_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                             krx_oci_record ***out)
{
    krx_ptrs list = {0};
    krx_autofree char *path = krx_format("%s/workloads", store->root);
    krx_autodir DIR *listing = path ? opendir(path) : NULL;
    if (!path)
        return krx_no_memory(call);
    if (!listing && errno != ENOENT)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening folder %s: %s", path,
                        strerror(errno));
    int32_t code = listing ? read_all(call, arena, listing, &list) : 0;
    if (code)
        return code;
    *out = (krx_oci_record **)(void *)krx_ptrs_end(arena, &list);
    return *out ? 0 : krx_no_memory(call);
}

int32_t krx_oci_spec_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const char *id, char **out)
{
    krx_auto_str krx_str text = {0};
    krx_autofree char *path = krx_format("%s/containers/%s/spec.json", store->root, id);
    if (!path)
        return krx_no_memory(call);
    int32_t code = krx_read_file(call, path, SPEC_MAX, &text);
    if (code)
        return code;
    *out = krx_arena_strdup(arena, krx_str_get(&text));
    return *out ? 0 : krx_no_memory(call);
}

/* --------------------------------------------------------------------------------------- writing
 */

static char *record_text(const krx_oci_record *record, size_t earlier)
{
    krx_json_maker maker = {0};
    krx_autofree char *head = krx_oci_fields_text(fields, KRX_COUNT(fields), record);
    krx_auto_json cJSON *json = head ? cJSON_Parse(head) : NULL;
    cJSON *list = json ? krx_json_add_array(&maker, json, "earlier") : NULL;
    if (!list)
        return NULL;
    for (size_t i = 0; i < earlier; i++) {
        krx_autofree char *text =
            krx_oci_fields_text(revision_fields, KRX_COUNT(revision_fields), record->earlier[i]);
        cJSON *item = text ? cJSON_Parse(text) : NULL;
        if (!item)
            return NULL;
        krx_json_add_item(&maker, list, NULL, item);
    }
    return maker.failed ? NULL : cJSON_PrintUnformatted(json);
}

int32_t krx_oci_record_write(krx_call *call, const krx_oci_store *store, const char *base,
                             const krx_oci_record *record)
{
    krx_autofree char *path = krx_format("%s/workloads/%s.json", store->root, base);
    size_t earlier = 0;
    while (record->earlier && earlier < EARLIER_MAX && record->earlier[earlier])
        earlier++;
    for (;; earlier--) {
        krx_autofree char *text = path ? record_text(record, earlier) : NULL;
        if (!text)
            return krx_no_memory(call);
        if (!earlier || strlen(text) <= RECORD_MAX)
            return krx_oci_replace(call, path, text);
    }
}

int32_t krx_oci_record_remove(krx_call *call, const krx_oci_store *store, const char *base)
{
    krx_autofree char *path = krx_format("%s/workloads/%s.json", store->root, base);
    if (!path)
        return krx_no_memory(call);
    if (unlink(path) < 0 && errno != ENOENT)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "removing %s: %s", path, strerror(errno));
    return 0;
}
