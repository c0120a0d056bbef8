/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/objects/syntax.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"

#define LABEL_MAX 63
#define SUBDOMAIN_MAX 253

static bool plain(char c)
{
    return isalnum((unsigned char)c) != 0;
}

static bool lower(char c)
{
    return islower((unsigned char)c) || isdigit((unsigned char)c);
}

/* Letters and digits at both ends, `inner` also between. */
static bool framed(const char *text, size_t length, const char *inner, bool (*letter)(char))
{
    if (length == 0 || !letter(text[0]) || !letter(text[length - 1]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!letter(text[i]) && (text[i] == '\0' || !strchr(inner, text[i])))
            return false;
    return true;
}

static bool subdomain(const char *text, size_t length)
{
    if (length == 0 || length > SUBDOMAIN_MAX)
        return false;
    for (size_t at = 0; at <= length;) {
        size_t part = strcspn(text + at, ".");
        if (part > length - at)
            part = length - at;
        if (!framed(text + at, part, "-", lower))
            return false;
        at += part + 1;
    }
    return true;
}

const char *krx_k8s_bad_label_key(const char *text)
{
    const char *slash = strchr(text, '/');
    const char *name = slash ? slash + 1 : text;
    size_t length = strlen(name);
    if ((!slash || subdomain(text, (size_t)(slash - text))) && length <= LABEL_MAX &&
        framed(name, length, "-_.", plain))
        return NULL;
    return "a key of at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both "
           "ends, and perhaps a DNS name and '/' in front, such as 'example.com/tier'";
}

const char *krx_k8s_bad_label_value(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || (length <= LABEL_MAX && framed(text, length, "-_.", plain)))
        return NULL;
    return "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
}

const char *krx_k8s_bad_subdomain(const char *text)
{
    if (subdomain(text, strlen(text)))
        return NULL;
    return "at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both "
           "ends of each part";
}

const char *krx_k8s_bad_namespace(const char *text)
{
    size_t length = strlen(text);
    if (length <= LABEL_MAX && framed(text, length, "-", lower))
        return NULL;
    return "at most 63 lower-case letters, digits and '-', with a letter or digit at both ends";
}

const char *krx_k8s_bad_env_name(const char *text)
{
    bool fine = *text && !isdigit((unsigned char)*text) && strcmp(text, ".") != 0 &&
                !krx_has_prefix(text, "..");
    for (const char *c = text; *c && fine; c++)
        fine = plain(*c) || strchr("-_.", *c);
    return fine ? NULL : "letters, digits, '_', '-' and '.', and no digit in front";
}

const char *krx_k8s_bad_quantity(const char *text)
{
    static const char *const suffixes[] = {"",  "n", "u",  "m",  "k",  "M",  "G",  "T",
                                           "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    size_t whole = strspn(text, "0123456789");
    size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") + 1 : 0;
    const char *rest = text + whole + part;
    if (whole + part > (part ? 1u : 0u) && whole + part <= 20)
        for (size_t i = 0; i < KRX_COUNT(suffixes); i++)
            if (strcmp(rest, suffixes[i]) == 0)
                return NULL;
    return "a Kubernetes quantity such as 100, 1.5, 500m or 10k";
}

/* -------------------------------------------------------------------------------------- writing */

const char *krx_k8s_cpu(krx_arena *arena, int64_t milli)
{
    if (milli % 1000 == 0)
        return krx_k8s_decimal(arena, milli / 1000);
    return krx_arena_printf(arena, "%" PRId64 "m", milli);
}

static const char *scaled(krx_arena *arena, int64_t number, int64_t step,
                          const char *const *suffixes, size_t count)
{
    size_t i = 0;
    while (number != 0 && number % step == 0 && i + 1 < count) {
        number /= step;
        i++;
    }
    return krx_arena_printf(arena, "%" PRId64 "%s", number, suffixes[i]);
}

const char *krx_k8s_decimal(krx_arena *arena, int64_t number)
{
    static const char *const suffixes[] = {"", "k", "M", "G", "T", "P", "E"};
    return scaled(arena, number, 1000, suffixes, KRX_COUNT(suffixes));
}

const char *krx_k8s_bytes(krx_arena *arena, int64_t bytes)
{
    static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    if (bytes % 1024 != 0)
        return krx_k8s_decimal(arena, bytes);
    return scaled(arena, bytes, 1024, suffixes, KRX_COUNT(suffixes));
}
