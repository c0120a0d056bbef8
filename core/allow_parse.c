/* SPDX-License-Identifier: Apache-2.0 */
/* The text of one allow file. */
#include <ctype.h>
#include <string.h>

#include "core/allow_parse.h"
#include "core/digest.h"
#include "lib/base/str.h"
#include "lib/base/units.h"

#define SETTINGS_MAX 256u
#define VERSION_LENGTH_MAX 31u

typedef struct reader {
    krx_call *call;
    krx_arena *arena;
    krx_diags *diags;
    krx_allow *out;
    bool no_memory;
} reader;

KRX_PRINTF(4, 5)
static void complain(reader *r, const krx_node *at, const char *key, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_diags_add(r->diags, r->out->file, at, key, NULL, "%s", text);
}

static const char *keep(reader *r, const char *text)
{
    const char *copy = krx_arena_strdup(r->arena, text);
    r->no_memory |= !copy;
    return copy;
}

static void read_name(reader *r, const krx_node *value, const char *key)
{
    if (strcmp(value->text, r->out->name) != 0)
        complain(r, value, key, "'%.80s' is not the name of the file, which is for '%s'",
                 value->text, r->out->name);
}

static int read_bool(reader *r, const krx_node *value, const char *key)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < KRX_COUNT(words); i++)
        if (krx_strcaseeq(value->text, words[i]))
            return (int)(i % 2);
    complain(r, value, key, "'%.80s' is neither true nor false", value->text);
    return 0;
}

static void read_enabled(reader *r, const krx_node *value, const char *key)
{
    r->out->enabled = read_bool(r, value, key);
}

static void read_critical(reader *r, const krx_node *value, const char *key)
{
    r->out->critical = read_bool(r, value, key);
}

static void read_log_calls(reader *r, const krx_node *value, const char *key)
{
    r->out->log_calls = read_bool(r, value, key);
}

static void read_sha256(reader *r, const krx_node *value, const char *key)
{
    char hex[KRX_SHA256_TEXT] = "";
    size_t length = strlen(value->text);
    if (length != sizeof hex - 1 || strspn(value->text, "0123456789abcdefABCDEF") != length) {
        complain(r, value, key, "it must be 64 hexadecimal digits, as sha256sum prints them");
        return;
    }
    for (size_t i = 0; i < length; i++)
        hex[i] = (char)tolower((unsigned char)value->text[i]);
    r->out->sha256 = keep(r, hex);
}

static void read_min_version(reader *r, const krx_node *value, const char *key)
{
    size_t length = strlen(value->text);
    if (length > VERSION_LENGTH_MAX || !isdigit((unsigned char)value->text[0]))
        complain(r, value, key, "'%.80s' is no version, such as 1.2.0", value->text);
    else
        r->out->min_version = keep(r, value->text);
}

static void read_isolation(reader *r, const krx_node *value, const char *key)
{
    if (!krx_streq(value->text, "none") && !krx_streq(value->text, "process"))
        complain(r, value, key, "'%.80s' is neither none nor process", value->text);
    else
        r->out->isolation = keep(r, value->text);
}

static void read_timeout(reader *r, const krx_node *value, const char *key)
{
    const char *wanted = krx_parse_duration(value->text, &r->out->timeout_ns);
    if (wanted)
        complain(r, value, key, "'%.80s' is no duration: %s", value->text, wanted);
    else if (r->out->timeout_ns <= 0)
        complain(r, value, key, "it must be more than nothing; leave it out for no limit");
}

static void read_description(reader *r, const krx_node *value, const char *key)
{
    (void)key;
    r->out->description = keep(r, value->text);
}

static const krx_kv *read_setting(reader *r, const krx_node *key, const krx_node *value)
{
    krx_kv *kv = krx_arena_new_of(r->arena, krx_kv);
    if (!kv)
        return NULL;
    *kv = (krx_kv){.struct_size = sizeof *kv, .key = keep(r, key->text)};
    kv->value = keep(r, value->text);
    return kv->key && kv->value ? kv : NULL;
}

static void read_settings(reader *r, const krx_node *value, const char *key)
{
    krx_ptrs list = {0};
    if (value->count > SETTINGS_MAX) {
        complain(r, value, key, "more than %u settings", SETTINGS_MAX);
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const krx_node *item = value->items[i];
        if (item->type == KRX_NODE_NULL)
            continue;
        if (item->type != KRX_NODE_SCALAR) {
            complain(r, item, key, "'%.80s' must be one value", value->keys[i]->text);
            continue;
        }
        const krx_kv *kv = read_setting(r, value->keys[i], item);
        if (!kv || krx_ptrs_add(r->arena, &list, kv) < 0)
            r->no_memory = true;
    }
    r->out->settings = (const krx_kv *const *)krx_ptrs_end(r->arena, &list);
    r->out->settings_node = value;
    r->no_memory |= !r->out->settings;
}

static const struct key {
    const char *name;
    int type;
    bool required;
    void (*read)(reader *r, const krx_node *value, const char *key);
} keys[] = {
    {"name", KRX_NODE_SCALAR, true, read_name},
    {"enabled", KRX_NODE_SCALAR, true, read_enabled},
    {"description", KRX_NODE_SCALAR, false, read_description},
    {"sha256", KRX_NODE_SCALAR, false, read_sha256},
    {"minVersion", KRX_NODE_SCALAR, false, read_min_version},
    {"isolation", KRX_NODE_SCALAR, false, read_isolation},
    {"critical", KRX_NODE_SCALAR, false, read_critical},
    {"timeout", KRX_NODE_SCALAR, false, read_timeout},
    {"logCalls", KRX_NODE_SCALAR, false, read_log_calls},
    {"settings", KRX_NODE_MAP, false, read_settings},
};

static void report_unknown(reader *r, const krx_node *key)
{
    const char *names[KRX_COUNT(keys)];
    char hint[64] = "";
    for (size_t i = 0; i < KRX_COUNT(keys); i++)
        names[i] = keys[i].name;
    const char *closest = krx_closest(key->text, names, KRX_COUNT(keys));
    if (closest)
        (void)snprintf(hint, sizeof hint, "did you mean '%s'?", closest);
    krx_diags_add(r->diags, r->out->file, key, key->text, closest ? hint : NULL, "unknown key");
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < KRX_COUNT(keys); i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static void read_map(reader *r, const krx_node *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct key *key = find_key(map->keys[i]->text);
        const krx_node *value = map->items[i];
        if (!key)
            report_unknown(r, map->keys[i]);
        else if (value->type == key->type)
            key->read(r, value, key->name);
        else if (value->type != KRX_NODE_NULL)
            complain(r, value, key->name, "it must be %s",
                     key->type == KRX_NODE_MAP ? "a map of settings" : "one value");
    }
    for (size_t i = 0; i < KRX_COUNT(keys); i++) {
        const krx_node *value = krx_node_get(map, keys[i].name);
        if (keys[i].required && (!value || value->type == KRX_NODE_NULL))
            complain(r, map, keys[i].name, "it is missing");
    }
}

static int32_t read_document(reader *r, const char *text, size_t length)
{
    krx_node **roots = NULL;
    int32_t rc = krx_doc_parse(r->call, r->arena, r->out->file, text, length, &roots, r->diags);
    if (rc < 0)
        return rc;
    if (!roots[0])
        complain(r, NULL, "", "the file is empty: it needs at least name and enabled");
    else if (roots[1])
        complain(r, roots[1], "", "a second document: a file is for one module");
    else if (roots[0]->type != KRX_NODE_MAP)
        complain(r, roots[0], "", "it must be keys with values, such as enabled: true");
    else
        read_map(r, roots[0]);
    return 0;
}

/* What counts when the file is wrong: only that it is. */
static void give_up(reader *r, const krx_allow *empty, const krx_error *error)
{
    *r->out = *empty;
    r->out->error_code = error->code;
    r->out->message = keep(r, error->message);
    r->out->hint = error->hint[0] ? keep(r, error->hint) : NULL;
}

int32_t krx_allow_parse(krx_call *call, krx_arena *arena, const char *name, const char *file,
                        const char *text, size_t length, krx_allow *out)
{
    static const krx_kv *const none[] = {NULL};
    const krx_allow empty = {
        .name = name, .file = file, .isolation = "none", .timeout_ns = KRX_UNSET, .settings = none};
    krx_error error = {.struct_size = sizeof error};
    krx_call sub = *call;
    krx_diags diags;
    reader r = {.call = &sub, .arena = arena, .diags = &diags, .out = out};
    sub.error = &error;
    *out = empty;
    krx_diags_init(&diags);
    int32_t rc = read_document(&r, text, length);
    if (diags.count + diags.more)
        rc = krx_diags_fail(&sub, &diags, file);
    krx_diags_free(&diags);
    if (rc < 0 && !r.no_memory)
        give_up(&r, &empty, &error);
    if (r.no_memory)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s", file);
    return 0;
}
