/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"

/* Longer lines are cut: a module must not be able to fill a disk with one call. */
#define LINE_MAX_BYTES 8192u

static const struct {
    int32_t level;
    const char *name;
} levels[] = {
    {KRX_LOG_ERROR, "error"},
    {KRX_LOG_WARN, "warn"},
    {KRX_LOG_INFO, "info"},
    {KRX_LOG_DEBUG, "debug"},
};

int32_t krx_log_level_of(const char *word)
{
    for (size_t i = 0; i < KRX_COUNT(levels); i++)
        if (krx_streq(levels[i].name, word))
            return levels[i].level;
    return 0;
}

const char *krx_log_level_name(int32_t level)
{
    for (size_t i = 0; i < KRX_COUNT(levels); i++)
        if (level <= levels[i].level)
            return levels[i].name;
    return "debug";
}

bool krx_log_wanted(const krx_logger *logger, int32_t level)
{
    return level <= logger->level;
}

/* Length of the valid UTF-8 sequence at p that is no control character, else 0. */
static size_t printable(const unsigned char *p, size_t left)
{
    if (*p >= 0x20 && *p < 0x7f)
        return 1;
    size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 0;
    if (n == 0 || n > left || !krx_utf8_valid((const char *)p, n, NULL))
        return 0;
    /* U+0080 to U+009F are controls too, U+202A to U+202E and U+2066 to U+2069 reorder text */
    if (n == 2 && *p == 0xc2 && p[1] < 0xa0)
        return 0;
    if (n == 3 && *p == 0xe2 &&
        ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
         (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
        return 0;
    return n;
}

static void add_escaped(krx_str *out, const char *text, bool json)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t left = strlen(text);
    while (left && out->length < LINE_MAX_BYTES) {
        size_t n = printable(p, left);
        if (json && (*p == '"' || *p == '\\'))
            krx_str_addf(out, "\\%c", *p);
        else if (n)
            krx_str_addn(out, p, n);
        else if (*p == '\n')
            krx_str_add(out, "\\n");
        else if (*p == '\t')
            krx_str_add(out, "\\t");
        else if (json)
            krx_str_addf(out, "\\u%04x", *p < 0x80 ? *p : 0xfffd);
        else
            krx_str_addf(out, "\\x%02x", *p);
        p += n ? n : 1;
        left -= n ? n : 1;
    }
    if (left)
        krx_str_add(out, "...");
}

static void json_member(krx_str *out, const char *key, const char *value)
{
    if (krx_blank(value))
        return;
    krx_str_addf(out, ",\"%s\":\"", key);
    add_escaped(out, value, true);
    krx_str_addc(out, '"');
}

/* RFC 3339, always with milliseconds: the columns stay in line. */
static void when_text(int64_t unix_ns, char out[KRX_TIME_TEXT_MAX])
{
    int64_t seconds = unix_ns / KRX_NS_PER_S;
    krx_time_text(seconds * KRX_NS_PER_S, out);
    size_t end = strcspn(out, "Z");
    (void)snprintf(out + end, KRX_TIME_TEXT_MAX - end, ".%03dZ",
                   (int)(unix_ns % KRX_NS_PER_S / KRX_NS_PER_MS));
}

void krx_log_line(krx_str *out, uint32_t format, int64_t unix_ns, int32_t level, const char *origin,
                  const char *prefix, const char *text)
{
    char when[KRX_TIME_TEXT_MAX];
    when_text(unix_ns, when);
    if (format == KRX_LOG_FORMAT_JSON) {
        krx_str_addf(out, "{\"time\":\"%s\",\"level\":\"%s\"", when, krx_log_level_name(level));
        json_member(out, "module", origin);
        json_member(out, "call", prefix);
        json_member(out, "message", text);
        krx_str_add(out, "}\n");
        return;
    }
    krx_str_addf(out, "%s %s: ", when, krx_log_level_name(level));
    const char *who = krx_blank(prefix) ? origin : prefix;
    if (!krx_blank(who)) {
        add_escaped(out, who, false);
        krx_str_add(out, ": ");
    }
    add_escaped(out, text, false);
    krx_str_addc(out, '\n');
}

void krx_log_write(const krx_logger *logger, int32_t level, const char *origin, const char *prefix,
                   const char *text)
{
    krx_auto_str krx_str line = {0};
    if (!krx_log_wanted(logger, level))
        return;
    krx_log_line(&line, logger->format, krx_now_unix(), level, origin, prefix, text ? text : "");
    if (!krx_str_failed(&line) && line.length)
        (void)krx_write_all(logger->fd, line.data, line.length);
}
