/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of image references: [registry[:port]/]path[:tag][@algorithm:hex] */
#include <ctype.h>
#include <string.h>

#include "lib/model/rules.h"

static size_t run(const char *p, const char *end, int (*is)(int))
{
    size_t n = 0;
    while (p + n < end && is((unsigned char)p[n]))
        n++;
    return n;
}

static int lower_alnum(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int ascii_alnum(int c)
{
    return lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

static int tag_char(int c)
{
    return ascii_alnum(c) || c == '_' || c == '.' || c == '-';
}

static int hex(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int decimal(int c)
{
    return c >= '0' && c <= '9';
}

/* Length of a separator inside a path component: . _ __ or dashes; 0 for none. */
static size_t separator(const char *p, const char *end)
{
    size_t n = 0;
    if (p >= end)
        return 0;
    if (*p == '.')
        return 1;
    if (*p == '_')
        return p + 1 < end && p[1] == '_' ? 2 : 1;
    while (p + n < end && p[n] == '-')
        n++;
    return n;
}

static bool component(const char *p, const char *end)
{
    for (;;) {
        size_t n = run(p, end, lower_alnum);
        if (n == 0)
            return false;
        p += n;
        if (p == end)
            return true;
        n = separator(p, end);
        if (n == 0)
            return false;
        p += n;
    }
}

static bool path(const char *p, const char *end)
{
    for (;;) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        if (!component(p, slash ? slash : end))
            return false;
        if (!slash)
            return true;
        p = slash + 1;
    }
}

static bool host_name(const char *p, const char *end)
{
    if (p < end && *p == '[') {
        const char *close = memchr(p, ']', (size_t)(end - p));
        return close && close + 1 == end && close - p > 2;
    }
    for (const char *label = p;; label = p + 1) {
        for (p = label; p < end && *p != '.'; p++)
            if (!ascii_alnum((unsigned char)*p) && *p != '-')
                return false;
        if (p == label || *label == '-' || p[-1] == '-')
            return false;
        if (p >= end)
            return true;
    }
}

/* The part before the first slash is a registry when it looks like a host. */
static bool is_registry(const char *p, const char *slash)
{
    size_t n = (size_t)(slash - p);
    if (memchr(p, '.', n) || memchr(p, ':', n) || *p == '[' ||
        (n == 9 && memcmp(p, "localhost", 9) == 0))
        return true;
    for (size_t i = 0; i < n; i++)
        if (isupper((unsigned char)p[i]))
            return true;
    return false;
}

static bool registry(const char *p, const char *end)
{
    const char *colon = end;
    while (colon > p && colon[-1] != ':' && colon[-1] != ']')
        colon--;
    if (colon == p || colon[-1] == ']')
        return host_name(p, end);
    size_t digits = run(colon, end, decimal);
    return digits >= 1 && digits <= 5 && colon + digits == end && host_name(p, colon - 1);
}

static bool digest(const char *p)
{
    const char *end = p + strlen(p), *colon = strchr(p, ':');
    if (!colon || !isalpha((unsigned char)*p))
        return false;
    for (const char *q = p; q < colon; q++)
        if (!ascii_alnum((unsigned char)*q) && !strchr("-_+.", *q))
            return false;
    size_t length = run(colon + 1, end, hex);
    if (colon + 1 + length != end || length < 32)
        return false;
    return colon - p != 6 || memcmp(p, "sha256", 6) != 0 || length == 64;
}

const char *krx_rule_image(const char *text)
{
    static const char allowed[] =
        "an image reference such as nginx:1.27, ghcr.io/team/app:v1 or app@sha256:<64 digits>";
    const char *at = strchr(text, '@'), *end = at ? at : text + strlen(text);
    const char *slash = memchr(text, '/', (size_t)(end - text));
    const char *name = text, *last = text, *tag = NULL;
    if (at && !digest(at + 1))
        return "a digest after '@', such as sha256:<64 hexadecimal digits>";
    if (slash && is_registry(text, slash)) {
        if (!registry(text, slash))
            return "a registry before the first '/', such as ghcr.io or localhost:5000";
        name = slash + 1;
    }
    for (const char *p = name; p < end; p++)
        last = *p == '/' ? p : last;
    if (last < name)
        last = name;
    tag = memchr(last, ':', (size_t)(end - last));
    if (tag) {
        size_t length = run(tag + 1, end, tag_char);
        if (length == 0 || length > 128 || tag + 1 + length != end || tag[1] == '.' ||
            tag[1] == '-')
            return "a tag after ':' of at most 128 letters, digits, '_', '.' and '-'";
        end = tag;
    }
    if (end - text > 255)
        return "an image name of at most 255 characters";
    for (const char *p = name; p < end; p++)
        if (isupper((unsigned char)*p))
            return "an image name in lower case (only registry and tag may have capitals)";
    return path(name, end) ? NULL : allowed;
}
