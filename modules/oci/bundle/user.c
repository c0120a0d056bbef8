/* SPDX-License-Identifier: Apache-2.0 */
/* Users by name, as the image knows them. */
#include <string.h>

#include "lib/base/side_call.h"
#include "modules/oci/bundle/bundle.h"
#include "modules/oci/bundle/layers.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)
#define ID_MAX INT64_C(2147483647)
#define FIELDS_MAX 8

/* A number and nothing else, small enough for an id. */
static bool number(const char *text, int64_t *out)
{
    int64_t value = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 10 || strspn(text, "0123456789") != n)
        return false;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (text[i] - '0');
    *out = value;
    return value <= ID_MAX;
}

/* Splits a line at its colons; how many fields there are. */
static size_t split(char *line, char *fields[FIELDS_MAX])
{
    size_t n = 0;
    for (char *field; n < FIELDS_MAX && (field = strsep(&line, ":"));)
        fields[n++] = field;
    return n;
}

/* Each next line of *rest; comments and blanks are none. */
static char *next_line(char **rest)
{
    for (char *line; *rest && (line = strsep(rest, "\n"));)
        if (*line && *line != '#')
            return line;
    return NULL;
}

/* The first entry of that name or number, as login does it; false when there is none. */
static bool find_user(krx_arena *arena, char *passwd, const char *name, bool by_number, int64_t id,
                      krx_oci_user *out, const char **login)
{
    char *fields[FIELDS_MAX], *line;
    while ((line = next_line(&passwd))) {
        int64_t uid, gid;
        size_t n = split(line, fields);
        if (n < 4 || !number(fields[2], &uid) || !number(fields[3], &gid))
            continue;
        if (by_number ? uid != id : strcmp(fields[0], name) != 0)
            continue;
        out->uid = uid;
        out->gid = gid;
        *login = krx_arena_strdup(arena, fields[0]);
        if (n > 5 && fields[5][0] == '/')
            out->home = krx_arena_strdup(arena, fields[5]);
        return true;
    }
    return false;
}

static bool find_group(char *group, const char *name, int64_t *gid)
{
    char *fields[FIELDS_MAX], *line;
    while ((line = next_line(&group)))
        if (split(line, fields) >= 3 && strcmp(fields[0], name) == 0 && number(fields[2], gid))
            return true;
    return false;
}

static void add_group(krx_oci_user *out, int64_t gid)
{
    for (size_t i = 0; i < out->group_count; i++)
        if (out->groups[i] == gid)
            return;
    if (gid != out->gid && out->group_count < KRX_COUNT(out->groups))
        out->groups[out->group_count++] = gid;
}

/* Every group that names the user as a member. */
static void add_memberships(char *group, const char *login, krx_oci_user *out)
{
    char *fields[FIELDS_MAX], *line;
    while ((line = next_line(&group))) {
        int64_t gid;
        if (split(line, fields) < 4 || !number(fields[2], &gid))
            continue;
        for (char *members = fields[3], *member; members && (member = strsep(&members, ","));)
            if (strcmp(member, login) == 0)
                add_group(out, gid);
    }
}

/* The file's text for splitting; "" when the image has none. */
static int32_t load(krx_call *call, krx_arena *arena, const char *const *layers, const char *path,
                    char **out)
{
    krx_side_call side;
    krx_auto_str krx_str text = {0};
    int32_t code =
        krx_oci_layers_read(krx_side_call_init(&side, call), layers, path, FILE_MAX, &text);
    if (code < 0 && code != KRX_E_NOT_FOUND)
        return krx_fail(call, code, "%s", side.error.message);
    *out = krx_arena_strndup(arena, krx_str_get(&text), text.length);
    return *out ? 0 : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static int32_t find_group_of(krx_call *call, krx_arena *arena, const char *const *layers,
                             const char *name, const char *user, krx_oci_user *out)
{
    char *text;
    if (number(name, &out->gid))
        return 0;
    int32_t code = load(call, arena, layers, "/etc/group", &text);
    if (code < 0)
        return code;
    if (!find_group(text, name, &out->gid))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "user '%s': the image has no group '%s'",
                        user, name);
    return 0;
}

static int32_t find(krx_call *call, krx_arena *arena, const char *user, const char *const *layers,
                    krx_oci_user *out)
{
    const char *colon = strchr(user, ':'), *login = NULL;
    char *name = krx_arena_strndup(arena, user, colon ? (size_t)(colon - user) : strlen(user));
    char *text;
    int64_t id = 0;
    int32_t code = name ? load(call, arena, layers, "/etc/passwd", &text)
                        : krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (code < 0)
        return code;
    bool by_number = *name == '\0' || number(name, &id);
    bool known = find_user(arena, text, name, by_number, id, out, &login);
    if (!known && !by_number)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "user '%s': the image has no user '%s'", user,
                        name);
    if (!known)
        *out = (krx_oci_user){.uid = id};
    if (colon && colon[1])
        return find_group_of(call, arena, layers, colon + 1, user, out);
    code = known ? load(call, arena, layers, "/etc/group", &text) : 0;
    if (known && code == 0 && login)
        add_memberships(text, login, out);
    return code;
}

int32_t krx_oci_user_find(krx_call *call, krx_arena *arena, const char *user,
                          const char *const *layers, const char *rootfs, krx_oci_user *out)
{
    const char *const folder[] = {rootfs, NULL};
    *out = (krx_oci_user){0};
    int32_t code = find(call, arena, user ? user : "", layers && layers[0] ? layers : folder, out);
    if (code == 0 && krx_arena_failed(arena))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return code;
}
