/* SPDX-License-Identifier: Apache-2.0 */
/* Values that people gave a module's settings, against what the module declares. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/loader.h"
#include "lib/base/str.h"
#include "lib/base/units.h"

#define NAMES_MAX 64u

typedef struct checker {
    krx_arena *arena;
    const krx_module *module;
    const char *file;
    const krx_node *places;
    krx_diags diags;
    bool no_memory;
} checker;

static const krx_node *place_of(const checker *c, const char *key)
{
    for (size_t i = 0; c->places && i < c->places->count; i++)
        if (strcmp(c->places->keys[i]->text, key) == 0)
            return c->places->keys[i];
    return NULL;
}

KRX_PRINTF(4, 5)
static void complain(checker *c, const char *key, const char *hint, const char *format, ...)
{
    char path[160], text[512];
    va_list args;
    (void)snprintf(path, sizeof path, "settings.%.128s", key);
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    krx_diags_add(&c->diags, c->file, place_of(c, key), path, hint, "%s", text);
}

static const krx_setting *find(const krx_module *module, const char *name)
{
    for (size_t i = 0; module->settings && module->settings[i]; i++)
        if (strcmp(module->settings[i]->name, name) == 0)
            return module->settings[i];
    return NULL;
}

static void report_unknown(checker *c, const char *key)
{
    const char *names[NAMES_MAX];
    char hint[128] = "";
    size_t count = 0;
    for (size_t i = 0; c->module->settings && c->module->settings[i] && count < NAMES_MAX; i++)
        names[count++] = c->module->settings[i]->name;
    const char *closest = krx_closest(key, names, count);
    if (closest)
        (void)snprintf(hint, sizeof hint, "did you mean '%.100s'?", closest);
    complain(c, key, closest ? hint : NULL, "module %s has no such setting", c->module->name);
}

/* Answers NULL and the number, or what would be allowed. */
static const char *parse_int(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return "a whole number";
    *value = number;
    return NULL;
}

typedef const char *(*number_parser)(const char *text, int64_t *value);

static number_parser parser_of(uint32_t type)
{
    return type == KRX_SETTING_INT        ? parse_int
           : type == KRX_SETTING_DURATION ? krx_parse_duration
           : type == KRX_SETTING_BYTES    ? krx_parse_bytes
                                          : NULL;
}

/* "low..high", either of which may be missing. Declarations were checked when loading. */
static bool is_in_range(const krx_setting *setting, int64_t value, number_parser parse)
{
    char low[64];
    int64_t bound;
    const char *dots = setting->allowed ? strstr(setting->allowed, "..") : NULL;
    if (!dots || (size_t)(dots - setting->allowed) >= sizeof low)
        return true;
    (void)snprintf(low, sizeof low, "%.*s", (int)(dots - setting->allowed), setting->allowed);
    if (low[0] && !parse(low, &bound) && value < bound)
        return false;
    return !dots[2] || parse(dots + 2, &bound) || value <= bound;
}

static bool is_one_of(const char *allowed, const char *text)
{
    size_t length = strlen(text);
    for (const char *p = allowed;; p++) {
        size_t n = strcspn(p, "|");
        if (n == length && strncmp(p, text, n) == 0)
            return true;
        p += n;
        if (!*p)
            return false;
    }
}

/* The value as complaints may show it. */
static const char *shown(const krx_setting *setting, const char *value)
{
    return setting->secret ? "********" : value;
}

static const char *keep(checker *c, const char *text)
{
    const char *copy = krx_arena_strdup(c->arena, text);
    c->no_memory |= !copy;
    return copy;
}

static const char *take_number(checker *c, const krx_setting *setting, const char *value)
{
    char text[32];
    int64_t number;
    number_parser parse = parser_of(setting->type);
    const char *wanted = parse(value, &number);
    if (wanted) {
        complain(c, setting->name, NULL, "'%.100s' is not %s", shown(setting, value), wanted);
        return NULL;
    }
    if (!is_in_range(setting, number, parse)) {
        complain(c, setting->name, NULL, "'%.100s' is outside %s", shown(setting, value),
                 setting->allowed);
        return NULL;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    return keep(c, text);
}

static const char *take_bool(checker *c, const krx_setting *setting, const char *value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < KRX_COUNT(words); i++)
        if (krx_strcaseeq(value, words[i]))
            return i % 2 ? "true" : "false";
    complain(c, setting->name, NULL, "'%.100s' is neither true nor false", shown(setting, value));
    return NULL;
}

static const char *take_path(checker *c, const krx_setting *setting, const char *value)
{
    if (value[0] != '~' || (value[1] && value[1] != '/'))
        return keep(c, value);
    const char *home = getenv("HOME");
    if (krx_blank(home)) {
        complain(c, setting->name, NULL, "~ can't be expanded: HOME is not set");
        return NULL;
    }
    const char *path = krx_arena_printf(c->arena, "%s%s", home, value + 1);
    c->no_memory |= !path;
    return path;
}

static const char *take_text(checker *c, const krx_setting *setting, const char *value)
{
    if (!krx_blank(setting->allowed) && !is_one_of(setting->allowed, value)) {
        complain(c, setting->name, NULL, "'%.100s' is none of %s", shown(setting, value),
                 setting->allowed);
        return NULL;
    }
    return keep(c, value);
}

static const char *take(checker *c, const krx_setting *setting, const char *value)
{
    switch (setting->type) {
    case KRX_SETTING_INT:
    case KRX_SETTING_DURATION:
    case KRX_SETTING_BYTES:
        return take_number(c, setting, value);
    case KRX_SETTING_BOOL:
        return take_bool(c, setting, value);
    case KRX_SETTING_PATH:
        return take_path(c, setting, value);
    default:
        return take_text(c, setting, value);
    }
}

static void check_one(checker *c, const krx_kv *given, krx_ptrs *list)
{
    const krx_setting *setting = find(c->module, given->key);
    if (!setting) {
        report_unknown(c, given->key);
        return;
    }
    const char *value = take(c, setting, given->value);
    if (!value)
        return;
    krx_kv *kv = krx_arena_new_of(c->arena, krx_kv);
    if (kv)
        *kv = (krx_kv){.struct_size = sizeof *kv, .key = setting->name, .value = value};
    c->no_memory |= !kv || krx_ptrs_add(c->arena, list, kv) < 0;
}

int32_t krx_settings_check(krx_call *call, krx_arena *arena, const krx_module *module,
                           const krx_kv *const *settings, const char *file, const krx_node *places,
                           const krx_kv *const **out)
{
    checker c = {.arena = arena, .module = module, .file = file, .places = places};
    krx_ptrs list = {0};
    int32_t rc = 0;
    krx_diags_init(&c.diags);
    for (size_t i = 0; settings && settings[i]; i++)
        check_one(&c, settings[i], &list);
    if (c.diags.count + c.diags.more)
        rc = krx_diags_fail(call, &c.diags, file);
    krx_diags_free(&c.diags);
    if (rc == 0 && (c.no_memory || !krx_ptrs_end(arena, &list)))
        rc = krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading settings");
    if (rc == 0)
        *out = (const krx_kv *const *)list.items;
    return rc;
}
