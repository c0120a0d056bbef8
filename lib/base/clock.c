/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * KRX_NS_PER_S + t.tv_nsec;
}

int64_t krx_now_monotonic(void)
{
    return now(CLOCK_MONOTONIC);
}

int64_t krx_now_unix(void)
{
    return now(CLOCK_REALTIME);
}

const char *krx_time_text(int64_t unix_ns, char out[KRX_TIME_TEXT_MAX])
{
    int64_t ns = unix_ns % KRX_NS_PER_S;
    time_t s = (time_t)(unix_ns / KRX_NS_PER_S - (ns < 0));
    struct tm tm;
    char base[24] = "";
    if (ns < 0)
        ns += KRX_NS_PER_S;
    if (gmtime_r(&s, &tm))
        strftime(base, sizeof base, "%Y-%m-%dT%H:%M:%S", &tm);
    if (ns)
        (void)snprintf(out, KRX_TIME_TEXT_MAX, "%s.%09dZ", base, (int)ns);
    else
        (void)snprintf(out, KRX_TIME_TEXT_MAX, "%sZ", base);
    return out;
}

static bool parse_fraction(const char **p, int64_t *ns)
{
    int64_t unit = KRX_NS_PER_S / 10;
    if (**p != '.')
        return true;
    ++*p;
    if (!isdigit((unsigned char)**p))
        return false;
    for (; isdigit((unsigned char)**p); ++*p, unit /= 10)
        *ns += (**p - '0') * unit;
    return true;
}

static bool parse_offset(const char *p, int64_t *seconds)
{
    int hours, minutes, used = 0;
    if ((*p == 'Z' || *p == 'z') && !p[1])
        return true;
    if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
        used != 5 || p[6])
        return false;
    *seconds = (*p == '-' ? 1 : -1) * (hours * 3600 + minutes * 60);
    return true;
}

/* Exactly so many digits; lists of objects are full of times, and sscanf is slow. */
static bool digits(const char **p, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, ++*p) {
        if (!isdigit((unsigned char)**p))
            return false;
        *out = *out * 10 + (**p - '0');
    }
    return true;
}

static bool one_of(const char **p, const char *allowed)
{
    return **p && strchr(allowed, *(*p)++);
}

bool krx_time_parse(const char *text, int64_t *unix_ns)
{
    struct tm tm = {0};
    int64_t ns = 0, shift = 0;
    const char *p = text;
    if (!digits(&p, 4, &tm.tm_year) || !one_of(&p, "-") || !digits(&p, 2, &tm.tm_mon) ||
        !one_of(&p, "-") || !digits(&p, 2, &tm.tm_mday) || !one_of(&p, "Tt ") ||
        !digits(&p, 2, &tm.tm_hour) || !one_of(&p, ":") || !digits(&p, 2, &tm.tm_min) ||
        !one_of(&p, ":") || !digits(&p, 2, &tm.tm_sec))
        return false;
    if (tm.tm_year < 1678 || tm.tm_year > 2261 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
        tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (!parse_fraction(&p, &ns) || !parse_offset(p, &shift))
        return false;
    *unix_ns = ((int64_t)timegm(&tm) + shift) * KRX_NS_PER_S + ns;
    return true;
}
