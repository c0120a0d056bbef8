/* SPDX-License-Identifier: Apache-2.0 */
/* Names, labels and annotations, and what each object begins with. */
#include <string.h>

#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define ANNOTATIONS_MAX ((size_t)256 * 1024) /* the server's bound on all of one object */

typedef struct pair {
    const char *key;
    const char *value;
} pair;

/* Kept from both ends: blanks. */
static const char *trimmed(krx_k8s_build *b, const char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length && strchr(" \t", text[length - 1]))
        length--;
    return krx_k8s_text(b, "%.*s", (int)length, text);
}

static const char *own_label(const krx_k8s_build *b, const char *key)
{
    const pair own[] = {{KRX_K8S_APP, b->spec->name},
                        {KRX_K8S_MANAGED_BY, KRX_K8S_KRANIX},
                        {KRX_K8S_WORKLOAD, b->spec->name},
                        {KRX_K8S_STANDARD_MANAGED_BY, KRX_K8S_KRANIX}};
    for (size_t i = 0; i < KRX_COUNT(own); i++)
        if (krx_streq(own[i].key, key))
            return own[i].value;
    return NULL;
}

/* A label that says what ours says anyway is nobody's mistake. */
static void put_label(krx_k8s_build *b, cJSON *labels, const char *field, const char *key,
                      const char *value)
{
    const char *bad_key = krx_k8s_bad_label_key(key), *bad_value = krx_k8s_bad_label_value(value);
    if (bad_key)
        krx_k8s_refuse(b, field, "a label of Kubernetes is %s, not '%.80s'", bad_key, key);
    else if (krx_k8s_key_reserved(key) && !krx_streq(own_label(b, key), value)) {
        krx_k8s_refuse(b, field, "the label '%s' is kranix's own", key);
        krx_k8s_advise(b, "choose another key");
    } else if (bad_value)
        krx_k8s_refuse(b, field, "the value of a label of Kubernetes is %s, not '%.80s'", bad_value,
                       value);
    krx_k8s_put(b, labels, key, value);
}

static void put_labels(krx_k8s_build *b, cJSON *labels, const char *field, const krx_kv *const *map)
{
    for (size_t i = 0; map && map[i]; i++)
        put_label(b, labels, krx_k8s_text(b, "%s.%.100s", field, map[i]->key), map[i]->key,
                  map[i]->value);
}

static void put_tag(krx_k8s_build *b, cJSON *labels, const char *field, const char *key,
                    const char *value)
{
    const char *text = krx_blank(value) ? "" : trimmed(b, value);
    if (*text)
        put_label(b, labels, field, key, text);
}

static void put_tags(krx_k8s_build *b, cJSON *labels, const krx_tags *tags)
{
    if (!tags)
        return;
    put_tag(b, labels, "tags.team", KRX_K8S_TEAM, tags->team);
    put_tag(b, labels, "tags.environment", KRX_K8S_ENVIRONMENT, tags->environment);
    put_tag(b, labels, "tags.costCenter", KRX_K8S_COST_CENTER, tags->cost_center);
    for (size_t i = 0; tags->custom && tags->custom[i]; i++) {
        const char *key = trimmed(b, tags->custom[i]->key);
        if (*key)
            put_tag(b, labels, krx_k8s_text(b, "tags.custom.%.100s", key), key,
                    tags->custom[i]->value);
    }
}

void krx_k8s_put_labels(krx_k8s_build *b, cJSON *metadata)
{
    cJSON *labels = krx_json_add_object(&b->maker, metadata, "labels");
    put_labels(b, labels, "labels", b->spec->labels);
    put_tags(b, labels, b->spec->tags);
    krx_k8s_put(b, labels, KRX_K8S_APP, b->spec->name);
    krx_k8s_put(b, labels, KRX_K8S_MANAGED_BY, KRX_K8S_KRANIX);
    krx_k8s_put(b, labels, KRX_K8S_WORKLOAD, b->spec->name);
    krx_k8s_put(b, labels, KRX_K8S_STANDARD_MANAGED_BY, KRX_K8S_KRANIX);
}

void krx_k8s_put_selector(krx_k8s_build *b, cJSON *parent, const char *key)
{
    cJSON *labels = krx_json_add_object(&b->maker, parent, key);
    krx_json_add_text(&b->maker, labels, KRX_K8S_APP, b->spec->name);
    krx_json_add_text(&b->maker, labels, KRX_K8S_MANAGED_BY, KRX_K8S_KRANIX);
}

static void put_annotation(krx_k8s_build *b, cJSON *annotations, const krx_kv *note)
{
    const char *field = krx_k8s_text(b, "annotations.%.100s", note->key);
    const char *lowered = krx_k8s_sanitized(b->arena, note->key); /* as the server checks it */
    const char *bad = lowered ? krx_k8s_bad_label_key(lowered) : NULL;
    if (bad)
        krx_k8s_refuse(b, field, "an annotation of Kubernetes has %s", bad);
    else if (krx_k8s_key_reserved(note->key) && !own_label(b, note->key)) {
        krx_k8s_refuse(b, field, "this annotation is kranix's own");
        krx_k8s_advise(b, "choose another key");
    }
    krx_k8s_put(b, annotations, note->key, note->value);
}

void krx_k8s_put_annotations(krx_k8s_build *b, cJSON *metadata)
{
    const krx_kv *const *map = b->spec->annotations;
    size_t size = b->spec_json ? strlen(b->spec_json) : 0;
    cJSON *annotations =
        map && map[0] ? krx_json_add_object(&b->maker, metadata, "annotations") : NULL;
    for (size_t i = 0; map && map[i]; i++) {
        size += strlen(map[i]->key) + strlen(map[i]->value);
        put_annotation(b, annotations, map[i]);
    }
    if (size > ANNOTATIONS_MAX)
        krx_k8s_refuse(b, "annotations",
                       "together with the spec, which is kept as one, they may have 256 KiB");
}

void krx_k8s_put_spec(krx_k8s_build *b, cJSON *metadata)
{
    cJSON *annotations = cJSON_GetObjectItemCaseSensitive(metadata, "annotations");
    if (!b->spec_json)
        return;
    if (!annotations)
        annotations = krx_json_add_object(&b->maker, metadata, "annotations");
    krx_k8s_put(b, annotations, KRX_K8S_SPEC, b->spec_json);
}

cJSON *krx_k8s_object(krx_k8s_build *b, krx_kube_kind kind, const char *api, const char *kind_name,
                      const char *name)
{
    cJSON *object = cJSON_CreateObject();
    if (!object || b->out->count >= KRX_K8S_OBJECTS_MAX) {
        cJSON_Delete(object);
        b->maker.failed = true;
        return NULL;
    }
    b->out->items[b->out->count].kind = kind;
    b->out->items[b->out->count++].json = object;
    krx_json_add_text(&b->maker, object, "apiVersion", api);
    krx_json_add_text(&b->maker, object, "kind", kind_name);
    cJSON *metadata = krx_json_add_object(&b->maker, object, "metadata");
    krx_json_add_text(&b->maker, metadata, "name", name);
    krx_json_add_text(&b->maker, metadata, "namespace", b->scope->namespace_);
    krx_k8s_put_labels(b, metadata);
    return object;
}
