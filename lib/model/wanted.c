/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/wanted.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/str.h"

bool krx_cron_active(const krx_workload *spec)
{
    const krx_cron *cron = spec->cron_schedule;
    if (!cron || cron->suspended == 1 || !cron->schedule)
        return false;
    return cron->schedule[strspn(cron->schedule, " \t")] != '\0';
}

const char *krx_architecture_in(const char *image)
{
    static const char *const hints[][2] = {{"arm64", "arm64"}, {"aarch64", "arm64"},
                                           {"arm/v7", "arm"},  {"arm32", "arm"},
                                           {"amd64", "amd64"}, {"x86_64", "amd64"}};
    for (size_t i = 0; i < KRX_COUNT(hints); i++)
        if (strstr(image, hints[i][0]))
            return hints[i][1];
    return NULL;
}

static const char *alias_of(const char *name)
{
    static const char *const aliases[][2] = {
        {"aarch64", "arm64"}, {"x86_64", "amd64"}, {"x64", "amd64"}};
    for (size_t i = 0; i < KRX_COUNT(aliases); i++)
        if (krx_streq(name, aliases[i][0]))
            return aliases[i][1];
    return name;
}

const char *krx_architecture_wanted(krx_arena *arena, const krx_workload *spec)
{
    const char *text = spec->scheduling ? spec->scheduling->architecture : NULL;
    if (krx_blank(text))
        return NULL;
    text += strspn(text, " \t");
    char *name = krx_arena_strndup(arena, text, strcspn(text, " \t"));
    for (char *c = name; c && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return krx_blank(name) ? NULL : alias_of(name);
}

const char *krx_volume_path(krx_arena *arena, const krx_volume *volume)
{
    return krx_blank(volume->mount_path) ? krx_arena_printf(arena, "/data/%s", volume->name)
                                         : volume->mount_path;
}
