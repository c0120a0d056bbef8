/* SPDX-License-Identifier: Apache-2.0 */
/* The one container of a pod: image, process, resources, rights. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/image.h"
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

#define USER_ID_MAX INT32_MAX
#define IMAGE_ID_LENGTH 64

static void put_words(krx_k8s_build *b, cJSON *container, const char *key, const char *const *words)
{
    if (!words || !words[0])
        return;
    cJSON *list = krx_json_add_array(&b->maker, container, key);
    for (size_t i = 0; words[i]; i++)
        krx_json_add_text(&b->maker, list, NULL, krx_k8s_literal(b, words[i]));
}

static void put_env(krx_k8s_build *b, cJSON *container)
{
    const krx_kv *const *env = b->spec->env;
    if (!env || !env[0])
        return;
    cJSON *list = krx_json_add_array(&b->maker, container, "env");
    for (size_t i = 0; env[i]; i++) {
        const char *bad = krx_k8s_bad_env_name(env[i]->key);
        if (bad)
            krx_k8s_refuse(b, krx_k8s_text(b, "env.%.100s", env[i]->key), "a name has %s", bad);
        cJSON *entry = krx_json_add_object(&b->maker, list, NULL);
        krx_json_add_text(&b->maker, entry, "name", env[i]->key);
        krx_json_add_text(&b->maker, entry, "value", krx_k8s_literal(b, env[i]->value));
    }
}

/* ------------------------------------------------------------------------------------ resources */

static const char *gpu_resource(const krx_gpu *gpu)
{
    return krx_strcaseeq(gpu->vendor, "amd") ? "amd.com/gpu" : "nvidia.com/gpu";
}

void krx_k8s_put_resources(krx_k8s_build *b, cJSON *container)
{
    krx_json_maker *m = &b->maker;
    const krx_resources *r = b->spec->resources;
    if (!r)
        return;
    const struct {
        const char *group;
        const char *key;
        const char *value;
    } rows[] = {
        {"requests", "cpu",
         r->cpu_request_milli == KRX_UNSET ? NULL : krx_k8s_cpu(b->arena, r->cpu_request_milli)},
        {"requests", "memory",
         r->memory_request_bytes == KRX_UNSET ? NULL
                                              : krx_k8s_bytes(b->arena, r->memory_request_bytes)},
        {"limits", "cpu",
         r->cpu_limit_milli == KRX_UNSET ? NULL : krx_k8s_cpu(b->arena, r->cpu_limit_milli)},
        {"limits", "memory",
         r->memory_limit_bytes == KRX_UNSET ? NULL
                                            : krx_k8s_bytes(b->arena, r->memory_limit_bytes)},
        {"limits", r->gpu ? gpu_resource(r->gpu) : "",
         r->gpu ? krx_k8s_text(b, "%" PRId64, r->gpu->count) : NULL},
    };
    cJSON *all = krx_json_add_object(m, container, "resources");
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        if (!rows[i].value)
            continue;
        cJSON *group = cJSON_GetObjectItemCaseSensitive(all, rows[i].group);
        if (!group)
            group = krx_json_add_object(m, all, rows[i].group);
        krx_json_add_text(m, group, rows[i].key, rows[i].value);
    }
}

/* --------------------------------------------------------------------------------------- rights */

static bool read_id(const char *text, size_t length, int64_t *id)
{
    if (length == 4 && strncmp(text, "root", 4) == 0) {
        *id = 0;
        return true;
    }
    if (length == 0 || length > 10 || strspn(text, "0123456789") < length)
        return false;
    *id = strtoll(text, NULL, 10);
    return *id <= USER_ID_MAX;
}

static void put_user(krx_k8s_build *b, cJSON *security)
{
    const char *user = b->spec->user;
    int64_t uid = KRX_UNSET, gid = KRX_UNSET;
    if (krx_blank(user))
        return;
    size_t length = strcspn(user, ":");
    const char *group = user[length] ? user + length + 1 : NULL;
    bool fine = (length == 0 && group) || read_id(user, length, &uid);
    fine = fine && (!group || read_id(group, strlen(group), &gid));
    if (!fine) {
        krx_k8s_refuse(b, "user", "Kubernetes knows users and groups by number only, not '%.80s'",
                       user);
        krx_k8s_advise(b, "write it as 1000 or 1000:1000");
    }
    krx_json_add_int(&b->maker, security, "runAsUser", uid);
    krx_json_add_int(&b->maker, security, "runAsGroup", gid);
}

void krx_k8s_put_security(krx_k8s_build *b, cJSON *container)
{
    const krx_workload *spec = b->spec;
    cJSON *security = krx_json_add_object(&b->maker, container, "securityContext");
    put_user(b, security);
    if (spec->read_only_root_filesystem == 1)
        krx_json_add_bool(&b->maker, security, "readOnlyRootFilesystem", true);
    if (spec->capabilities) {
        cJSON *capabilities = krx_json_add_object(&b->maker, security, "capabilities");
        krx_json_add_texts(&b->maker, capabilities, "add", spec->capabilities->add);
        krx_json_add_texts(&b->maker, capabilities, "drop", spec->capabilities->drop);
    }
    if (security && !security->child)
        cJSON_DeleteItemFromObjectCaseSensitive(container, "securityContext");
}

/* ------------------------------------------------------------------------------------------ all */

void krx_k8s_put_container(krx_k8s_build *b, cJSON *containers)
{
    krx_json_maker *m = &b->maker;
    const krx_workload *spec = b->spec;
    cJSON *container = krx_json_add_object(m, containers, NULL);
    krx_image_form form;
    if (strlen(spec->image) == IMAGE_ID_LENGTH &&
        strspn(spec->image, "0123456789abcdef") == IMAGE_ID_LENGTH) {
        krx_k8s_refuse(b, "image", "a node can't pull an image by its id");
        krx_k8s_advise(b, "name it as registry/repository:tag or @sha256:...");
    }
    if (krx_image_form_read(spec->image, &form) || form.kind != KRX_IMAGE_REFERENCE) {
        krx_k8s_refuse(b, "image", "a node takes images from registries only, not from files");
        krx_k8s_advise(b, "push it to a registry and name it as registry/repository:tag");
    }
    krx_json_add_text(m, container, "name", spec->name);
    krx_json_add_text(m, container, "image", spec->image);
    krx_json_add_text(m, container, "imagePullPolicy",
                      krx_blank(spec->pull_policy) ? "IfNotPresent" : spec->pull_policy);
    put_words(b, container, "command", spec->command);
    put_words(b, container, "args", spec->args);
    krx_json_add_text(m, container, "workingDir", spec->working_dir);
    put_env(b, container);
    if (spec->stdin_open == 1)
        krx_json_add_bool(m, container, "stdin", true);
    if (spec->tty == 1)
        krx_json_add_bool(m, container, "tty", true);
    krx_k8s_put_ports(b, container);
    krx_k8s_put_resources(b, container);
    krx_k8s_put_probes(b, container);
    krx_k8s_put_security(b, container);
}
