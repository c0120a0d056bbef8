/* SPDX-License-Identifier: Apache-2.0 */
/* What a container had removed of its image goes again, below a folder that becomes the root. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/json/json.h"
#include "modules/oci/packer/packer.h"
#include "modules/oci/packer/unpack_entry.h"
#include "modules/oci/store/tree.h"

#define LIST_MAX ((size_t)64 * 1024 * 1024)

static int32_t refuse(krx_call *call, const char *path)
{
    return krx_fail(call, KRX_E_DATA_LOSS, "'%.200s' is no path inside of the container", path);
}

static int32_t erase(krx_oci_unpacker *u, const char *given)
{
    char path[KRX_OCI_PATH_MAX], above[KRX_OCI_PATH_MAX];
    if (!krx_oci_clean_path(given + strspn(given, "/"), path) || !*path)
        return refuse(u->call, given);
    (void)snprintf(above, sizeof above, "%s", path);
    char *slash = strrchr(above, '/');
    const char *name = slash ? path + (slash - above) + 1 : path;
    *(slash ? slash : above) = '\0';
    krx_autoclose int folder = krx_oci_open_beneath(u, above, O_RDONLY | O_DIRECTORY);
    if (folder >= 0)
        return krx_oci_tree_remove(u->call, folder, name, path);
    /* gone with what it was in */
    return errno == ENOENT || errno == ENOTDIR ? 0 : refuse(u->call, given);
}

int32_t krx_oci_verb_erase(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_auto_str krx_str text = {0};
    krx_auto_json cJSON *list = NULL;
    const cJSON *item;
    (void)argc, (void)answer;
    int32_t code = krx_read_file(call, argv[2], LIST_MAX, &text);
    if (code == 0)
        code = krx_json_parse(call, "the list", krx_str_get(&text), text.length, &list);
    if (code < 0)
        return code;
    krx_autoclose int folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return krx_fail(call, KRX_E_NOT_FOUND, "opening %s: %s", argv[1], strerror(errno));
    krx_oci_unpack unpack = {.folder = folder};
    krx_oci_unpacker u = {.call = call, .arena = arena, .unpack = &unpack, .parent = -1};
    code = krx_oci_cage(call, folder, argv[1]);
    cJSON_ArrayForEach (item, list) {
        if (code == 0)
            code = krx_check(call);
        if (code == 0)
            code = cJSON_IsString(item) ? erase(&u, item->valuestring) : refuse(call, "");
    }
    return code;
}
