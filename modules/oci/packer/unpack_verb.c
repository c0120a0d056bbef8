/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs for layers: each folder they touch becomes their root first. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "modules/oci/packer/packer.h"
#include "modules/oci/packer/unpack.h"
#include "modules/oci/store/tree.h"

static int32_t fail_folder(krx_call *call, const char *doing, const char *folder)
{
    int saved = errno;
    krx_fail(call, saved == ENOENT ? KRX_E_NOT_FOUND : KRX_E_PERMISSION_DENIED, "%s %s: %s", doing,
             folder, strerror(saved));
    call->error->sys_errno = saved;
    return call->error->code;
}

static bool number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !errno && !*end && *out > 0;
}

int32_t krx_oci_verb_unpack(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_oci_unpacked done = {0};
    (void)arena;
    krx_oci_unpack unpack = {.source = STDIN_FILENO,
                             .folder = -1,
                             .diff_id = krx_streq(argv[2], "any") ? NULL : argv[2],
                             .user_attributes = argc > 5 && krx_streq(argv[5], "--rootless")};
    if (!number(argv[3], &unpack.bytes_max) || !number(argv[4], &unpack.entries_max))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a limit is no number");
    krx_autoclose int folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return fail_folder(call, "opening", argv[1]);
    /* names in archives are UTF-8 as a rule; must be there before the root changes */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    (void)umask(0);
    unpack.folder = folder;
    int32_t code = krx_oci_cage(call, folder, argv[1]);
    if (code == 0)
        code = krx_oci_unpack_run(call, &unpack, &done);
    if (code == 0 && syncfs(folder) < 0)
        return fail_folder(call, "writing", argv[1]);
    (void)cJSON_AddNumberToObject(answer, "bytes", (double)done.bytes);
    (void)cJSON_AddNumberToObject(answer, "entries", (double)done.entries);
    (void)cJSON_AddStringToObject(answer, "diff_id", done.diff_id);
    return code;
}

int32_t krx_oci_verb_plain(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    krx_oci_unpack unpack = {.source = STDIN_FILENO, .folder = -1};
    (void)arena;
    (void)argc;
    (void)answer;
    if (!number(argv[2], &unpack.bytes_max))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "a limit is no number");
    krx_autoclose int file = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return file < 0 ? fail_folder(call, "creating", argv[1])
                    : krx_oci_unpack_plain(call, &unpack, file);
}

int32_t krx_oci_verb_discard(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    (void)arena;
    (void)argc;
    (void)answer;
    return krx_oci_tree_remove(call, AT_FDCWD, argv[1], argv[1]);
}
