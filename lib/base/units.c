/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"

typedef struct unit {
    const char *suffix;
    int64_t num; /* value of one, as a fraction of the result's unit */
    int64_t den;
} unit;

#define KI INT64_C(1024)
#define K INT64_C(1000)

static const unit cpu_units[] = {{"", 1000, 1}, {"m", 1, 1}};

static const unit byte_units[] = {
    {"", 1, 1},
    {"b", 1, 1},
    {"k", K, 1},
    {"kb", K, 1},
    {"ki", KI, 1},
    {"kib", KI, 1},
    {"m", K *K, 1},
    {"mb", K *K, 1},
    {"mi", KI *KI, 1},
    {"mib", KI *KI, 1},
    {"g", K *K *K, 1},
    {"gb", K *K *K, 1},
    {"gi", KI *KI *KI, 1},
    {"gib", KI *KI *KI, 1},
    {"t", K *K *K *K, 1},
    {"tb", K *K *K *K, 1},
    {"ti", KI *KI *KI *KI, 1},
    {"tib", KI *KI *KI *KI, 1},
};

/* As tc(8) writes them: bit is bits per second, bps is bytes per second. Bare means Mbit. */
static const unit rate_units[] = {
    {"", K *K, 1},      {"bit", 1, 1},         {"kbit", K, 1},
    {"mbit", K *K, 1},  {"gbit", K *K *K, 1},  {"bps", 8, 1},
    {"kbps", 8 * K, 1}, {"mbps", 8 * K *K, 1}, {"gbps", 8 * K *K *K, 1},
    {"k", K, 1},        {"m", K *K, 1},        {"g", K *K *K, 1},
};

static const unit time_units[] = {
    {"ns", 1, 1},
    {"us", K, 1},
    {"ms", K *K, 1},
    {"s", K *K *K, 1},
    {"m", 60 * K *K *K, 1},
    {"h", 3600 * K *K *K, 1},
    {"d", 24 * 3600 * K *K *K, 1},
};

/* Digits with an optional fraction of at most 9 places: value = whole + part / 10^9. */
static bool scan_number(const char **p, int64_t *whole, int64_t *part)
{
    int64_t place = K * K * K / 10;
    const char *start = *p;
    *whole = *part = 0;
    for (; isdigit((unsigned char)**p); ++*p)
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, **p - '0', whole))
            return false;
    if (*p == start)
        return false;
    if (**p != '.')
        return true;
    if (!isdigit((unsigned char)*++*p))
        return false;
    for (; isdigit((unsigned char)**p); ++*p, place /= 10)
        *part += (**p - '0') * place;
    return true;
}

static bool scale(int64_t whole, int64_t part, const unit *u, int64_t *out)
{
    __int128 value;
    __int128 unit_size = (__int128)u->den * K * K * K;
    if (__builtin_mul_overflow((__int128)whole * K * K * K + part, u->num, &value))
        return false;
    if (value % unit_size != 0 && (u->num <= K || value < unit_size))
        return false; /* finer than the unit of the result */
    value /= unit_size;
    if (value > INT64_MAX)
        return false;
    *out = (int64_t)value;
    return true;
}

static const unit *find_unit(const char *p, size_t length, const unit *units, size_t count,
                             bool nocase)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(units[i].suffix) == length &&
            (nocase ? strncasecmp(units[i].suffix, p, length)
                    : strncmp(units[i].suffix, p, length)) == 0)
            return &units[i];
    return NULL;
}

static size_t letters(const char *p)
{
    size_t n = 0;
    while (isalpha((unsigned char)p[n]))
        n++;
    return n;
}

static const char *parse_one(const char *text, const unit *units, size_t count, bool nocase,
                             const char *allowed, int64_t *out)
{
    int64_t whole, part;
    while (isspace((unsigned char)*text))
        text++;
    if (!scan_number(&text, &whole, &part))
        return allowed;
    size_t n = letters(text);
    const unit *u = find_unit(text, n, units, count, nocase);
    text += n;
    while (isspace((unsigned char)*text))
        text++;
    return u && !*text && scale(whole, part, u, out) ? NULL : allowed;
}

const char *krx_parse_cpu(const char *text, int64_t *milli)
{
    return parse_one(text, cpu_units, KRX_COUNT(cpu_units), false,
                     "a number of CPUs such as 2, 1.5 or 500m", milli);
}

const char *krx_parse_bytes(const char *text, int64_t *bytes)
{
    return parse_one(text, byte_units, KRX_COUNT(byte_units), true,
                     "a size such as 256Mi, 1G, 512MB or a number of bytes", bytes);
}

const char *krx_parse_bitrate(const char *text, int64_t *bps)
{
    return parse_one(text, rate_units, KRX_COUNT(rate_units), true,
                     "a rate such as 10Mbit, 1Gbit or 500kbit", bps);
}

const char *krx_parse_duration(const char *text, int64_t *ns)
{
    static const char allowed[] = "a duration such as 500ms, 30s, 5m, 2h or 1h30m";
    static const unit seconds = {"", K * K * K, 1};
    int64_t whole, part, total = 0, one;
    while (isspace((unsigned char)*text))
        text++;
    do {
        if (!scan_number(&text, &whole, &part))
            return allowed;
        size_t n = letters(text);
        bool bare = n == 0 && !*text && total == 0;
        const unit *u =
            bare ? &seconds : find_unit(text, n, time_units, KRX_COUNT(time_units), false);
        if (!u || !scale(whole, part, u, &one) || __builtin_add_overflow(total, one, &total))
            return allowed;
        text += n;
    } while (isdigit((unsigned char)*text));
    while (isspace((unsigned char)*text))
        text++;
    if (*text)
        return allowed;
    *ns = total;
    return NULL;
}

/* The largest unit that divides the value. */
static const char *exact_text(int64_t value, const unit *units, size_t count, char *out)
{
    for (size_t i = count; i-- > 0;)
        if (value == 0 ? i == 0 : value % units[i].num == 0) {
            (void)snprintf(out, KRX_UNIT_TEXT_MAX, "%" PRId64 "%s", value / units[i].num,
                           units[i].suffix);
            break;
        }
    return out;
}

const char *krx_cpu_text(int64_t milli, char out[KRX_UNIT_TEXT_MAX])
{
    (void)snprintf(out, KRX_UNIT_TEXT_MAX, milli % 1000 ? "%" PRId64 "m" : "%" PRId64,
                   milli % 1000 ? milli : milli / 1000);
    return out;
}

const char *krx_bytes_text(int64_t bytes, char out[KRX_UNIT_TEXT_MAX])
{
    static const unit units[] = {
        {"", 1, 1}, {"Ki", KI, 1}, {"Mi", KI * KI, 1}, {"Gi", KI * KI * KI, 1}};
    return exact_text(bytes, units, KRX_COUNT(units), out);
}

const char *krx_bitrate_text(int64_t bps, char out[KRX_UNIT_TEXT_MAX])
{
    static const unit units[] = {
        {"bit", 1, 1}, {"kbit", K, 1}, {"Mbit", K * K, 1}, {"Gbit", K * K * K, 1}};
    return exact_text(bps, units, KRX_COUNT(units), out);
}

const char *krx_duration_text(int64_t ns, char out[KRX_UNIT_TEXT_MAX])
{
    if (ns == 0) {
        (void)snprintf(out, KRX_UNIT_TEXT_MAX, "0s");
        return out;
    }
    return exact_text(ns, time_units, KRX_COUNT(time_units) - 1, out);
}
