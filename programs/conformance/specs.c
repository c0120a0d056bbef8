/* SPDX-License-Identifier: Apache-2.0 */
/* Specs made from the schema table: a minimal one, and any field of it set to a fitting value. */
#include <fnmatch.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/base/units.h"
#include "programs/conformance/kit.h"

#define PLACEHOLDER_IMAGE "kranix-conformance:none"
#define MAIN_SCRIPT                                                                                \
    "echo kit-out; echo kit-err >&2; trap 'exit 0' TERM INT; while :; do sleep 1 & wait $!; done"

typedef struct pair {
    const char *pattern;
    const char *value;
} pair;

/* Values that fit together, by path; the first match holds. NULL: this one is not set by the kit.
 */
static const pair values[] = {
    {"name", NULL},
    {"namespace", NULL},
    {"image", NULL},
    {"command", NULL},
    {"envFile", NULL},
    {"replicas", "2"},
    {"workingDir", "/tmp"},
    {"user", "0"},
    {"pullPolicy", "IfNotPresent"},
    {"hostname", "kit-host"},
    {"tmpfs", "/kit-tmp"},
    {"ports.containerPort", "8080"},
    {"ports.hostPort", "0"},
    {"ports.protocol", "tcp"},
    {"resources.cpuRequest", "50m"},
    {"resources.cpuLimit", "500m"},
    {"resources.memoryRequest", "16Mi"},
    {"resources.memoryLimit", "64Mi"},
    {"volumes.name", "kit-data"},
    {"volumes.mountPath", "/kit-data"},
    {"mounts.source", "/tmp"},
    {"mounts.target", "/kit-mount"},
    {"mounts.type", "tmpfs"},
    {"probes.*.type", "exec"},
    {"probes.*.command", "true"},
    {"probes.*.path", "/"},
    {"probes.*.timeoutSeconds", "5"},
    {"capabilities.drop", "MKNOD"},
    {"labels", "KIT_KEY=kit-value"},
    {"tags.custom", "KIT_KEY=kit-value"},
    {"autoScaling.customMetrics.target.averageValue", "100"},
    {"autoScaling.customMetrics.target.value", "100"},
    {"autoScaling.customMetrics.target.type", "average"},
    {"autoScaling.minReplicas", "1"},
    {"autoScaling.maxReplicas", "3"},
    {"platform", "linux/amd64"},
    {"scheduling.architecture", "amd64"},
    {"*.labelSelector", NULL},
};

static const pair rules[] = {
    {"@name", "kit"},
    {"@portname", "web"},
    {"@ip", "127.0.0.1"},
    {"@abspath", "/kit"},
    {"@signal", "SIGTERM"},
    {"@hostentry", "kit:127.0.0.1"},
    {"@cron", "*/5 * * * *"},
    {"@timezone", "Europe/Berlin"},
    {"@capability", "NET_ADMIN"},
    {"@platform", "linux/amd64"},
    {"@network", "bridge"},
    {"@runtime", "runc"},
};

/* What a field needs beside it. */
static const struct {
    const char *path, *needs, *value;
} companions[] = {
    {"restartRetries", "restartPolicy", "on-failure"},
    {"mounts.source", "mounts.type", "bind"},
    {"probes.startup.path", "probes.startup.type", "http"},
    {"probes.liveness.path", "probes.liveness.type", "http"},
    {"probes.readiness.path", "probes.readiness.type", "http"},
    {"autoScaling.minReplicas", "autoScaling.maxReplicas", "3"},
    {"autoScaling.enabled", "autoScaling.maxReplicas", "3"},
};

/* How a struct that is made for the sake of one of its fields begins. */
static const struct {
    const char *type, *key, *value;
} births[] = {
    {"probe", "type", "exec"},
    {"probe", "command", "true"},
    {"mount", "type", "tmpfs"},
    {"mount", "target", "/kit-mount"},
};

static const char *const dry_only[] = {
    "resources.gpu*", "scheduling*",   "platform",     "composeFile",          "remoteHost",
    "backend",        "dependencies*", "warmStandby*", "volumes.storageClass", "runtime",
};

bool krx_kit_spec_dry_only(const char *path)
{
    for (size_t i = 0; i < KRX_COUNT(dry_only); i++)
        if (fnmatch(dry_only[i], path, 0) == 0)
            return true;
    return false;
}

static const pair *value_for(const char *path)
{
    for (size_t i = 0; i < KRX_COUNT(values); i++)
        if (fnmatch(values[i].pattern, path, 0) == 0)
            return &values[i];
    return NULL;
}

/* ----------------------------------------------------------------------------- one value by kind
 */

static const char *first_allowed(krx_kit *kit, const char *allowed)
{
    size_t n = strcspn(allowed, "|=");
    return krx_arena_strndup(kit->arena, allowed, n);
}

static const char *generated(krx_kit *kit, const krx_field_info *field)
{
    const char *a = field->allowed;
    for (size_t i = 0; a && i < KRX_COUNT(rules); i++)
        if (strcmp(rules[i].pattern, a) == 0)
            return rules[i].value;
    switch (field->kind) {
    case KRX_KIND_BOOL:
        return "true";
    case KRX_KIND_INT:
        return a && strtoll(a, NULL, 10) > 1 ? krx_arena_strndup(kit->arena, a, strcspn(a, "."))
                                             : "1";
    case KRX_KIND_NUM:
        return "0.5";
    case KRX_KIND_CPU:
        return "100m";
    case KRX_KIND_BYTES:
        return "16Mi";
    case KRX_KIND_BITRATE:
        return "10Mbit";
    case KRX_KIND_DURATION:
        return "5s";
    case KRX_KIND_MAP:
    case KRX_KIND_ENV:
        return "KIT_KEY=kit value";
    default:
        return a && a[0] != '@' ? first_allowed(kit, a) : "kit";
    }
}

static const void *one_string(krx_kit *kit, const char *text)
{
    const char **list = krx_arena_alloc(kit->arena, 2 * sizeof *list);
    REQUIRE(kit, list, "out of memory");
    list[0] = krx_arena_strdup(kit->arena, text);
    return list;
}

static const void *one_pair(krx_kit *kit, const char *text)
{
    const krx_kv **list = krx_arena_alloc(kit->arena, 2 * sizeof *list);
    krx_kv *kv = krx_arena_new_of(kit->arena, krx_kv);
    size_t n = strcspn(text, "=");
    REQUIRE(kit, list && kv, "out of memory");
    *kv = (krx_kv){.struct_size = sizeof *kv,
                   .key = krx_arena_strndup(kit->arena, text, n),
                   .value = krx_arena_strdup(kit->arena, text[n] ? text + n + 1 : "")};
    list[0] = kv;
    return list;
}

static void put_pointer(char *object, const krx_field_info *field, const void *value)
{
    memcpy(object + field->offset, &value, sizeof value);
}

static void put_number(krx_kit *kit, char *object, const krx_field_info *field, const char *text)
{
    int64_t n = 0;
    double d;
    int32_t b;
    const char *wrong = NULL;
    switch (field->kind) {
    case KRX_KIND_BOOL:
        b = strcmp(text, "true") == 0;
        memcpy(object + field->offset, &b, sizeof b);
        return;
    case KRX_KIND_NUM:
        d = strtod(text, NULL);
        memcpy(object + field->offset, &d, sizeof d);
        return;
    case KRX_KIND_CPU:
        wrong = krx_parse_cpu(text, &n);
        break;
    case KRX_KIND_BYTES:
        wrong = krx_parse_bytes(text, &n);
        break;
    case KRX_KIND_BITRATE:
        wrong = krx_parse_bitrate(text, &n);
        break;
    case KRX_KIND_DURATION:
        wrong = krx_parse_duration(text, &n);
        break;
    default:
        n = strtoll(text, NULL, 10);
    }
    REQUIRE(kit, !wrong, "the kit's own value for %s is wrong: %s", field->key, wrong);
    memcpy(object + field->offset, &n, sizeof n);
}

static void put_leaf(krx_kit *kit, char *object, const krx_field_info *field, const char *text)
{
    switch (field->kind) {
    case KRX_KIND_STR:
    case KRX_KIND_ENUM:
        put_pointer(object, field, krx_arena_strdup(kit->arena, text));
        return;
    case KRX_KIND_STRS:
    case KRX_KIND_WORDS:
        put_pointer(object, field, one_string(kit, text));
        return;
    case KRX_KIND_MAP:
    case KRX_KIND_ENV:
        put_pointer(object, field, one_pair(kit, text));
        return;
    default:
        put_number(kit, object, field, text);
    }
}

/* ---------------------------------------------------------------------------------- the way down
 */

static const krx_field_info *field_of(const krx_struct_info *type, const char *key, size_t length)
{
    for (size_t i = 0; i < type->count; i++)
        if (strlen(type->fields[i].key) == length && memcmp(type->fields[i].key, key, length) == 0)
            return &type->fields[i];
    return NULL;
}

static char *new_object(krx_kit *kit, const krx_struct_info *type, const char *path);

/* The struct under a field of kind OBJ, or the first of OBJS; made when it is not there. */
static char *child_of(krx_kit *kit, char *object, const krx_field_info *field, const char *path)
{
    void *value, *made;
    memcpy(&value, object + field->offset, sizeof value);
    if (value && field->kind == KRX_KIND_OBJ)
        return value;
    if (value && *(void **)value)
        return *(void **)value;
    made = new_object(kit, field->type, path);
    if (field->kind == KRX_KIND_OBJS) {
        void **list = krx_arena_alloc(kit->arena, 2 * sizeof *list);
        REQUIRE(kit, list, "out of memory");
        list[0] = made;
        put_pointer(object, field, list);
    } else {
        put_pointer(object, field, made);
    }
    return made;
}

static const char *fitting(krx_kit *kit, const krx_field_info *field, const char *path)
{
    const pair *known = value_for(path);
    return known && known->value ? known->value : generated(kit, field);
}

static char *new_object(krx_kit *kit, const krx_struct_info *type, const char *path)
{
    char *object = krx_arena_alloc(kit->arena, type->size);
    REQUIRE(kit, object, "out of memory");
    krx_struct_init(type, object, true);
    for (size_t i = 0; i < type->count; i++) {
        const krx_field_info *field = &type->fields[i];
        const char *below = krx_arena_printf(kit->arena, "%s.%s", path, field->key);
        for (size_t b = 0; b < KRX_COUNT(births); b++)
            if (krx_streq(births[b].type, type->name) && krx_streq(births[b].key, field->key))
                put_leaf(kit, object, field, births[b].value);
        if (!(field->flags & KRX_F_REQUIRED))
            continue;
        if (field->kind == KRX_KIND_OBJ || field->kind == KRX_KIND_OBJS)
            (void)child_of(kit, object, field, below);
        else
            put_leaf(kit, object, field, fitting(kit, field, below));
    }
    return object;
}

static bool set_path(krx_kit *kit, krx_workload *spec, const char *path, const char *value)
{
    const krx_struct_info *type = krx_schema_workload();
    char *object = (char *)spec;
    const char *key = path;
    for (;;) {
        size_t n = strcspn(key, ".");
        const krx_field_info *field = field_of(type, key, n);
        if (!field)
            return false;
        bool nested = field->kind == KRX_KIND_OBJ || field->kind == KRX_KIND_OBJS;
        if (nested) {
            const char *here = krx_arena_strndup(kit->arena, path, (size_t)(key - path) + n);
            object = child_of(kit, object, field, here);
            type = field->type;
        }
        if (!key[n]) {
            if (!nested)
                put_leaf(kit, object, field, value ? value : fitting(kit, field, path));
            return true;
        }
        if (!nested)
            return false;
        key += n + 1;
    }
}

bool krx_kit_spec_set(krx_kit *kit, krx_workload *spec, const char *path, const char *value)
{
    const pair *known = value_for(path);
    if (known && !known->value && !value)
        return false;
    for (size_t i = 0; i < KRX_COUNT(companions); i++)
        if (strcmp(companions[i].path, path) == 0)
            (void)set_path(kit, spec, companions[i].needs, companions[i].value);
    return set_path(kit, spec, path, value);
}

/* --------------------------------------------------------------------------------- whole specs */

const char *krx_kit_name(krx_kit *kit)
{
    char *name = krx_arena_printf(kit->arena, "kit-%d-%d", (int)getpid(), ++kit->names);
    REQUIRE(kit, name, "out of memory");
    return name;
}

void krx_kit_spec_script(krx_kit *kit, krx_workload *spec, const char *script)
{
    const char **words = krx_arena_alloc(kit->arena, 4 * sizeof *words);
    REQUIRE(kit, words, "out of memory");
    words[0] = "/bin/sh";
    words[1] = "-c";
    words[2] = script;
    spec->command = words;
}

krx_workload *krx_kit_spec(krx_kit *kit)
{
    krx_workload *spec = krx_arena_new_of(kit->arena, krx_workload);
    REQUIRE(kit, spec, "out of memory");
    krx_struct_init(krx_schema_workload(), spec, true);
    spec->name = krx_kit_name(kit);
    spec->namespace_ = kit->options->namespace_;
    spec->image = kit->options->image ? kit->options->image : PLACEHOLDER_IMAGE;
    krx_kit_spec_script(kit, spec, MAIN_SCRIPT);
    return spec;
}

const char *krx_kit_spec_invalid(krx_kit *kit, const krx_workload *spec)
{
    krx_error error;
    krx_call call;
    krx_diags diags;
    krx_spec *checked = NULL;
    const char *why = NULL;
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    if (krx_spec_from_workload(&call, spec, &checked, &diags) != 0)
        why = krx_arena_printf(kit->arena, "%s%s%s", error.message, diags.count ? ": " : "",
                               diags.count ? diags.items[0].message : "");
    krx_spec_unref(checked);
    krx_diags_free(&diags);
    return why;
}
