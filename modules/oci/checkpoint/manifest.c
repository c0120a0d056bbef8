/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.json as text, both ways. */
#include "modules/oci/checkpoint/manifest.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/json/json.h"
#include "modules/oci/store/paths.h"

#define MANIFEST_MAX ((size_t)16 * 1024 * 1024)
#define VERSION_ 1
#define REPLICAS_MAX 10000
#define DEPTH_MAX 6

/* --------------------------------------------------------------------------------- writing it */

static void add_host(krx_json_maker *maker, cJSON *json, const krx_oci_saved_host *host)
{
    cJSON *o = krx_json_add_object(maker, json, "host");
    krx_json_add_text(maker, o, "kernel", host->kernel);
    krx_json_add_text(maker, o, "architecture", host->architecture);
    krx_json_add_texts(maker, o, "cpuFlags", host->cpu_flags);
    krx_json_add_text(maker, o, "runtime", host->runtime);
    krx_json_add_text(maker, o, "runtimeVersion", host->runtime_version);
    krx_json_add_text(maker, o, "platform", host->platform);
    krx_json_add_text(maker, o, "criu", host->criu);
}

static void add_containers(krx_json_maker *maker, cJSON *json,
                           const krx_oci_saved *const *containers)
{
    cJSON *list = krx_json_add_array(maker, json, "containers");
    for (size_t i = 0; containers[i]; i++) {
        cJSON *o = krx_json_add_object(maker, list, NULL);
        krx_json_add_int(maker, o, "replica", containers[i]->replica);
        krx_json_add_text(maker, o, "folder", containers[i]->folder);
        krx_json_add_text(maker, o, "id", containers[i]->id);
        krx_json_add_text(maker, o, "image", containers[i]->image);
        krx_json_add_text(maker, o, "imageId", containers[i]->image_id);
        krx_json_add_text(maker, o, "network", containers[i]->network);
        krx_json_add_bool(maker, o, "changes", containers[i]->changes);
        krx_json_add_bool(maker, o, "whole", containers[i]->whole);
        if (containers[i]->podman)
            krx_json_add_bool(maker, o, "podman", true);
    }
}

static void add_files(krx_json_maker *maker, cJSON *json, const krx_oci_saved_file *const *files)
{
    cJSON *list = krx_json_add_array(maker, json, "files");
    for (size_t i = 0; files[i]; i++) {
        cJSON *o = krx_json_add_object(maker, list, NULL);
        krx_json_add_text(maker, o, "path", files[i]->path);
        krx_json_add_int(maker, o, "size", files[i]->size);
        krx_json_add_text(maker, o, "sha256", files[i]->sha256);
    }
}

int32_t krx_oci_manifest_write(krx_call *call, const char *folder, const krx_oci_manifest *m)
{
    char created[KRX_TIME_TEXT_MAX];
    krx_json_maker maker = {0};
    krx_auto_json cJSON *json = cJSON_CreateObject();
    krx_json_add_int(&maker, json, "version", VERSION_);
    krx_json_add_text(&maker, json, "id", m->id);
    krx_json_add_text(&maker, json, "workload", m->workload);
    krx_json_add_text(&maker, json, "namespace", m->namespace_);
    krx_json_add_text(&maker, json, "comment", m->comment);
    krx_json_add_text(&maker, json, "created", krx_time_text(m->created_ns, created));
    krx_json_add_int(&maker, json, "flags", m->flags);
    add_host(&maker, json, &m->host);
    krx_json_add_item(&maker, json, "spec", cJSON_Parse(m->spec_json));
    add_containers(&maker, json, m->containers);
    add_files(&maker, json, m->files);
    krx_autofree char *path = krx_format("%s/" KRX_OCI_MANIFEST, folder);
    krx_autofree char *text = json && !maker.failed ? cJSON_Print(json) : NULL;
    if (!path || !text)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return krx_replace_file(call, path, text, strlen(text), 0600);
}

/* --------------------------------------------------------------------------------- reading it */

static char *text_of(krx_arena *arena, const cJSON *json, const char *key)
{
    const char *text = krx_json_text(json, key);
    return *text ? krx_arena_strdup(arena, text) : NULL;
}

static const char *const *texts_of(krx_arena *arena, const cJSON *json, const char *key)
{
    const cJSON *item;
    krx_ptrs list = {0};
    cJSON_ArrayForEach (item, krx_json_array(json, key)) {
        if (cJSON_IsString(item))
            (void)krx_ptrs_add(arena, &list, krx_arena_strdup(arena, item->valuestring));
    }
    return (const char *const *)krx_ptrs_end(arena, &list);
}

static void read_host(krx_arena *arena, const cJSON *json, krx_oci_saved_host *out)
{
    const cJSON *o = krx_json_object(json, "host");
    *out = (krx_oci_saved_host){.kernel = text_of(arena, o, "kernel"),
                                .architecture = text_of(arena, o, "architecture"),
                                .cpu_flags = texts_of(arena, o, "cpuFlags"),
                                .runtime = text_of(arena, o, "runtime"),
                                .runtime_version = text_of(arena, o, "runtimeVersion"),
                                .platform = text_of(arena, o, "platform"),
                                .criu = text_of(arena, o, "criu")};
}

/* NULL when all is well, else what is wrong. */
static const char *read_containers(krx_arena *arena, const cJSON *json, krx_oci_manifest *out)
{
    const cJSON *item;
    krx_ptrs list = {0};
    cJSON_ArrayForEach (item, krx_json_array(json, "containers")) {
        krx_oci_saved *c = krx_arena_new_of(arena, krx_oci_saved);
        if (!c)
            break;
        *c = (krx_oci_saved){.replica = krx_json_int(item, "replica", 0),
                             .folder = text_of(arena, item, "folder"),
                             .id = text_of(arena, item, "id"),
                             .image = text_of(arena, item, "image"),
                             .image_id = text_of(arena, item, "imageId"),
                             .network = text_of(arena, item, "network"),
                             .changes = krx_json_bool(item, "changes", false),
                             .whole = krx_json_bool(item, "whole", false),
                             .podman = krx_json_bool(item, "podman", false)};
        if (c->replica < 1 || c->replica > REPLICAS_MAX)
            return "a container without a number";
        if (!c->folder || (!krx_streq(c->folder, ".") && !krx_oci_plain_path(c->folder, 0)))
            return "a folder that lies elsewhere";
        (void)krx_ptrs_add(arena, &list, c);
    }
    if (!list.count)
        return "no container";
    out->containers = (const krx_oci_saved *const *)krx_ptrs_end(arena, &list);
    return NULL;
}

static const char *read_files(krx_arena *arena, const cJSON *json, krx_oci_manifest *out)
{
    const cJSON *item;
    krx_ptrs list = {0};
    cJSON_ArrayForEach (item, krx_json_array(json, "files")) {
        krx_oci_saved_file *f = krx_arena_new_of(arena, krx_oci_saved_file);
        if (!f)
            break;
        *f = (krx_oci_saved_file){.path = text_of(arena, item, "path"),
                                  .size = krx_json_int(item, "size", -1),
                                  .sha256 = text_of(arena, item, "sha256")};
        if (!f->path || !krx_oci_plain_path(f->path, DEPTH_MAX))
            return "a file that lies elsewhere";
        if (f->size < 0 || !f->sha256 || strlen(f->sha256) != 64)
            return "a file without size or hash";
        if (__builtin_add_overflow(out->size_bytes, f->size, &out->size_bytes))
            return "more bytes than there can be";
        (void)krx_ptrs_add(arena, &list, f);
    }
    if (!list.count)
        return "no files";
    out->files = (const krx_oci_saved_file *const *)krx_ptrs_end(arena, &list);
    return NULL;
}

static const char *read_all(krx_arena *arena, const cJSON *json, krx_oci_manifest *out)
{
    *out = (krx_oci_manifest){.id = text_of(arena, json, "id"),
                              .workload = text_of(arena, json, "workload"),
                              .namespace_ = text_of(arena, json, "namespace"),
                              .comment = text_of(arena, json, "comment"),
                              .flags = (uint32_t)krx_json_int(json, "flags", 0)};
    if (krx_json_int(json, "version", 0) != VERSION_)
        return "another version of the format";
    if (!out->id || !krx_oci_id_valid(out->id))
        return "no id";
    if (!out->workload || !out->namespace_)
        return "no workload";
    if (!krx_time_parse(krx_json_text(json, "created"), &out->created_ns))
        return "no time";
    read_host(arena, json, &out->host);
    if (!out->host.runtime || !out->host.architecture)
        return "no runtime";
    const cJSON *spec = krx_json_object(json, "spec");
    krx_autofree char *text = spec ? cJSON_PrintUnformatted(spec) : NULL;
    out->spec_json = krx_arena_strdup(arena, text);
    if (!spec)
        return "no spec";
    const char *wrong = read_containers(arena, json, out);
    return wrong ? wrong : read_files(arena, json, out);
}

int32_t krx_oci_manifest_parse(krx_call *call, krx_arena *arena, const char *text, size_t length,
                               krx_oci_manifest *out)
{
    krx_auto_json cJSON *json = NULL;
    int32_t code = krx_json_parse(call, KRX_OCI_MANIFEST, text, length, &json);
    if (code < 0)
        return code;
    const char *wrong = json ? read_all(arena, json, out) : "nothing in it";
    if (krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return wrong ? krx_fail(call, KRX_E_DATA_LOSS, KRX_OCI_MANIFEST " has %s", wrong) : 0;
}

int32_t krx_oci_manifest_read(krx_call *call, krx_arena *arena, const char *folder,
                              krx_oci_manifest *out)
{
    krx_auto_str krx_str text = {0};
    krx_autofree char *path = krx_format("%s/" KRX_OCI_MANIFEST, folder);
    if (!path)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = krx_read_file(call, path, MANIFEST_MAX, &text);
    return code < 0 ? code
                    : krx_oci_manifest_parse(call, arena, krx_str_get(&text), text.length, out);
}
