/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/kinds.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/base/units.h"
#include "lib/model/rules.h"

bool krx_kind_scalar(int kind)
{
    return kind >= KRX_KIND_STR && kind <= KRX_KIND_DURATION;
}

bool krx_kind_strings(int kind)
{
    return kind == KRX_KIND_STRS || kind == KRX_KIND_WORDS;
}

bool krx_kind_pairs(int kind)
{
    return kind == KRX_KIND_MAP || kind == KRX_KIND_ENV;
}

static const void *at(const krx_field_info *field, const void *object)
{
    return (const char *)object + field->offset;
}

static void *at_mutable(const krx_field_info *field, void *object)
{
    return (char *)object + field->offset;
}

const void *krx_member_ptr(const krx_field_info *field, const void *object)
{
    const void *value;
    memcpy(&value, at(field, object), sizeof value);
    return value;
}

void krx_member_set_ptr(const krx_field_info *field, void *object, const void *value)
{
    memcpy(at_mutable(field, object), &value, sizeof value);
}

static int64_t get_int(const krx_field_info *field, const void *object)
{
    int64_t value;
    memcpy(&value, at(field, object), sizeof value);
    return value;
}

static void set_int(const krx_field_info *field, void *object, int64_t value)
{
    memcpy(at_mutable(field, object), &value, sizeof value);
}

static double get_num(const krx_field_info *field, const void *object)
{
    double value;
    memcpy(&value, at(field, object), sizeof value);
    return value;
}

static int32_t get_bool(const krx_field_info *field, const void *object)
{
    int32_t value;
    memcpy(&value, at(field, object), sizeof value);
    return value;
}

static void set_bool(const krx_field_info *field, void *object, int32_t value)
{
    memcpy(at_mutable(field, object), &value, sizeof value);
}

void krx_member_clear(const krx_field_info *field, void *object)
{
    double nan_value = NAN;
    switch (field->kind) {
    case KRX_KIND_BOOL:
        set_bool(field, object, -1);
        break;
    case KRX_KIND_NUM:
        memcpy(at_mutable(field, object), &nan_value, sizeof nan_value);
        break;
    case KRX_KIND_INT:
    case KRX_KIND_CPU:
    case KRX_KIND_BYTES:
    case KRX_KIND_BITRATE:
    case KRX_KIND_DURATION:
        set_int(field, object, KRX_UNSET);
        break;
    default:
        krx_member_set_ptr(field, object, NULL);
    }
}

bool krx_member_absent(const krx_field_info *field, const void *object)
{
    switch (field->kind) {
    case KRX_KIND_BOOL:
        return get_bool(field, object) < 0;
    case KRX_KIND_NUM:
        return isnan(get_num(field, object));
    case KRX_KIND_INT:
    case KRX_KIND_CPU:
    case KRX_KIND_BYTES:
    case KRX_KIND_BITRATE:
    case KRX_KIND_DURATION:
        return get_int(field, object) == KRX_UNSET;
    case KRX_KIND_STR:
    case KRX_KIND_ENUM:
        return krx_blank(krx_member_ptr(field, object));
    case KRX_KIND_OBJ:
        return krx_member_ptr(field, object) == NULL;
    default: {
        const void *const *list = krx_member_ptr(field, object);
        return !list || !*list;
    }
    }
}

bool krx_member_default(const krx_field_info *field, const void *object)
{
    krx_field_info alone = *field;
    int64_t held = 0;
    size_t size = field->kind == KRX_KIND_BOOL ? sizeof(int32_t) : sizeof held;
    if (!field->def || !krx_kind_scalar(field->kind))
        return false;
    if (field->kind == KRX_KIND_STR || field->kind == KRX_KIND_ENUM)
        return krx_streq(krx_member_ptr(field, object), field->def);
    alone.offset = 0;
    krx_member_set_default(&alone, &held);
    return memcmp(&held, at(field, object), size) == 0;
}

/* One member of "a|b|x=a": its spelling and what it stands for. */
typedef struct choice {
    const char *spelling;
    size_t spelling_length;
    const char *value;
    size_t value_length;
} choice;

static bool next_choice(const char **p, choice *c)
{
    if (!*p || !**p)
        return false;
    size_t length = strcspn(*p, "|");
    const char *equals = memchr(*p, '=', length);
    c->spelling = c->value = *p;
    c->spelling_length = c->value_length = length;
    if (equals) {
        c->spelling_length = (size_t)(equals - *p);
        c->value = equals + 1;
        c->value_length = length - c->spelling_length - 1;
    }
    *p += length;
    if (**p)
        ++*p;
    return true;
}

static bool same(const char *a, size_t length, const char *text, bool nocase)
{
    if (strlen(text) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        int x = (unsigned char)a[i], y = (unsigned char)text[i];
        if (nocase ? tolower(x) != tolower(y) : x != y)
            return false;
    }
    return true;
}

const char *krx_allowed_find(krx_arena *arena, const char *allowed, bool nocase, const char *text)
{
    choice c;
    while (next_choice(&allowed, &c))
        if (same(c.spelling, c.spelling_length, text, nocase))
            return krx_arena_strndup(arena, c.value, c.value_length);
    return NULL;
}

void krx_allowed_list(const char *allowed, krx_str *out)
{
    choice c, next;
    bool first = true, more = next_choice(&allowed, &c);
    while (more) {
        do
            more = next_choice(&allowed, &next);
        while (more && next.spelling != next.value);
        krx_str_add(out, first ? "" : more ? ", " : " or ");
        krx_str_addn(out, c.value, c.value_length);
        first = false;
        c = next;
    }
}

const char *krx_allowed_closest(krx_arena *arena, const char *allowed, const char *text)
{
    const char *words[32];
    size_t count = 0;
    choice c;
    while (count < KRX_COUNT(words) && next_choice(&allowed, &c)) {
        words[count] = krx_arena_strndup(arena, c.spelling, c.spelling_length);
        if (words[count])
            count++;
    }
    return krx_closest(text, words, count);
}

bool krx_allowed_range(const char *allowed, double *low, double *high)
{
    char *end;
    if (!allowed || !strstr(allowed, ".."))
        return false;
    *low = strtod(allowed, &end);
    *high = strtod(strstr(allowed, "..") + 2, &end);
    return true;
}

bool krx_allowed_rule(const char *allowed)
{
    return allowed && *allowed == '@';
}

static const char *range_text(krx_arena *arena, const char *what, const char *allowed)
{
    const char *dots = allowed ? strstr(allowed, "..") : NULL;
    const char *text = dots ? krx_arena_printf(arena, "%s from %.*s to %s", what,
                                               (int)(dots - allowed), allowed, dots + 2)
                            : what;
    return text ? text : what;
}

static const char *read_int(krx_arena *arena, const krx_field_info *field, const char *text,
                            void *object)
{
    char *end;
    double low, high;
    const char *p = *text == '-' ? text + 1 : text;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool fine = isdigit((unsigned char)*p) && !(*p == '0' && p[1]) && !*end && errno == 0;
    if (fine && krx_allowed_range(field->allowed, &low, &high))
        fine = (double)value >= low && (double)value <= high;
    if (!fine || value == KRX_UNSET)
        return range_text(arena, "a whole number", field->allowed);
    set_int(field, object, value);
    return NULL;
}

static const char *read_num(krx_arena *arena, const krx_field_info *field, const char *text,
                            void *object)
{
    char *end;
    double low, high;
    bool fine = *text && strspn(text, "0123456789+-.eE") == strlen(text);
    double value = fine ? strtod(text, &end) : 0;
    fine = fine && !*end && isfinite(value);
    if (fine && krx_allowed_range(field->allowed, &low, &high))
        fine = value >= low && value <= high;
    if (!fine)
        return range_text(arena, "a number", field->allowed);
    memcpy(at_mutable(field, object), &value, sizeof value);
    return NULL;
}

static const char *read_bool(const krx_field_info *field, const char *text, void *object)
{
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0)
        return "true or false";
    set_bool(field, object, yes);
    return NULL;
}

static const char *read_enum(krx_arena *arena, const krx_field_info *field, const char *text,
                             void *object)
{
    const char *found = krx_allowed_find(arena, field->allowed, field->flags & KRX_F_NOCASE, text);
    if (found) {
        krx_member_set_ptr(field, object, found);
        return NULL;
    }
    krx_auto_str krx_str list = {0};
    krx_allowed_list(field->allowed, &list);
    const char *copy = krx_arena_strdup(arena, krx_str_get(&list));
    return copy ? copy : "one of a few words";
}

static const char *read_text(krx_arena *arena, const krx_field_info *field, const char *text,
                             void *object)
{
    const char *value = NULL;
    const char *allowed = krx_allowed_rule(field->allowed)
                              ? krx_rule_check(arena, field->allowed, text, &value)
                              : NULL;
    if (allowed)
        return allowed;
    if (!value)
        value = krx_arena_strdup(arena, text);
    krx_member_set_ptr(field, object, value);
    return NULL;
}

static const char *read_quantity(const char *(*parse)(const char *, int64_t *),
                                 const krx_field_info *field, const char *text, void *object)
{
    int64_t value;
    const char *allowed = parse(text, &value);
    if (!allowed)
        set_int(field, object, value);
    return allowed;
}

const char *krx_scalar_read(krx_arena *arena, const krx_field_info *field, const char *text,
                            void *object)
{
    switch (field->kind) {
    case KRX_KIND_STR:
        return read_text(arena, field, text, object);
    case KRX_KIND_ENUM:
        return read_enum(arena, field, text, object);
    case KRX_KIND_BOOL:
        return read_bool(field, text, object);
    case KRX_KIND_INT:
        return read_int(arena, field, text, object);
    case KRX_KIND_NUM:
        return read_num(arena, field, text, object);
    case KRX_KIND_CPU:
        return read_quantity(krx_parse_cpu, field, text, object);
    case KRX_KIND_BYTES:
        return read_quantity(krx_parse_bytes, field, text, object);
    case KRX_KIND_BITRATE:
        return read_quantity(krx_parse_bitrate, field, text, object);
    default:
        return read_quantity(krx_parse_duration, field, text, object);
    }
}

static void num_text(double value, krx_str *out)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    krx_str_add(out, text);
}

void krx_member_set_default(const krx_field_info *field, void *object)
{
    if (!field->def)
        return;
    if (field->kind == KRX_KIND_STR || field->kind == KRX_KIND_ENUM)
        krx_member_set_ptr(field, object, field->def);
    else
        (void)krx_scalar_read(NULL, field, field->def, object);
}

void krx_scalar_text(const krx_field_info *field, const void *object, krx_str *out)
{
    char text[KRX_UNIT_TEXT_MAX];
    if (krx_member_absent(field, object))
        return;
    switch (field->kind) {
    case KRX_KIND_BOOL:
        krx_str_add(out, get_bool(field, object) ? "true" : "false");
        break;
    case KRX_KIND_INT:
        krx_str_addf(out, "%" PRId64, get_int(field, object));
        break;
    case KRX_KIND_NUM:
        num_text(get_num(field, object), out);
        break;
    case KRX_KIND_CPU:
        krx_str_add(out, krx_cpu_text(get_int(field, object), text));
        break;
    case KRX_KIND_BYTES:
        krx_str_add(out, krx_bytes_text(get_int(field, object), text));
        break;
    case KRX_KIND_BITRATE:
        krx_str_add(out, krx_bitrate_text(get_int(field, object), text));
        break;
    case KRX_KIND_DURATION:
        krx_str_add(out, krx_duration_text(get_int(field, object), text));
        break;
    default:
        krx_str_add(out, krx_member_ptr(field, object));
    }
}
