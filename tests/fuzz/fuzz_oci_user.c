/* SPDX-License-Identifier: Apache-2.0 */
/* Users of an image: a line with the user that is wanted, /etc/passwd, a zero byte, /etc/group. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local_host.h"
#include "modules/oci/bundle/bundle.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool id_valid(int64_t id)
{
    return id >= 0 && id <= INT32_MAX;
}

static void check_user(const krx_oci_user *user)
{
    if (!id_valid(user->uid) || !id_valid(user->gid) || (user->home && user->home[0] != '/') ||
        user->group_count > KRX_COUNT(user->groups))
        abort();
    for (size_t i = 0; i < user->group_count; i++)
        if (!id_valid(user->groups[i]) || user->groups[i] == user->gid)
            abort();
}

static void write_files(const uint8_t *data, size_t size)
{
    static bool made;
    const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
    size_t length = cut ? (size_t)(cut - data) : size;
    if (!made) {
        char path[160];
        (void)snprintf(path, sizeof path, "%s/etc", fuzz_folder());
        if (mkdir(path, 0700) < 0)
            abort();
        made = true;
    }
    fuzz_folder_write("etc/passwd", data, length);
    fuzz_folder_write("etc/group", cut ? cut + 1 : data, cut ? size - length - 1 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krx_auto_arena krx_arena *arena = krx_arena_new_limited((size_t)64 * 1024 * 1024);
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    krx_oci_user user;
    krx_error error;
    krx_call call;
    if (!arena || !newline)
        return 0;
    size_t length = (size_t)(newline - data);
    char *name = krx_arena_strndup(arena, (const char *)data, length);
    if (!name)
        return 0;
    write_files(newline + 1, size - length - 1);
    krx_call_init(&call, &error);
    if (krx_oci_user_find(&call, arena, name, NULL, fuzz_folder(), &user) == 0)
        check_user(&user);
    return 0;
}
