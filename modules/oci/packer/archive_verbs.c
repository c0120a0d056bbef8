/* SPDX-License-Identifier: Apache-2.0 */
/* changes DIR FILE [FOLDER], archive FILE FOLDER, unarchive FILE FOLDER */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/json/json.h"
#include "modules/oci/packer/archive.h"
#include "modules/oci/packer/packer.h"

int32_t krx_oci_verb_archive(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    (void)arena, (void)argc, (void)answer;
    return krx_oci_archive_make(call, argv[1], argv[2]);
}

int32_t krx_oci_verb_unarchive(krx_call *call, krx_arena *arena, int argc, char **argv,
                               cJSON *answer)
{
    (void)arena, (void)argc, (void)answer;
    return krx_oci_archive_take(call, argv[1], argv[2], 0);
}

/* A container without an overlay has a copy of its image, which is kept as it is. */
int32_t krx_oci_verb_changes(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    struct stat st;
    krx_oci_changed changed;
    krx_json_maker maker = {0};
    const char *copy = krx_arena_printf(arena, "%s/copy", argv[1]);
    const char *upper = krx_arena_printf(arena, "%s/upper", argv[1]);
    if (argc > 3)
        upper = krx_arena_printf(arena, "%s/%s", argv[1], argv[3]);
    if (!copy || !upper)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    bool whole = argc <= 3 && stat(copy, &st) == 0;
    if (!whole && stat(upper, &st) != 0)
        return krx_fail(call, KRX_E_NOT_FOUND, "%s: %s", upper, strerror(errno));
    int32_t code = krx_oci_changes_write(call, whole ? copy : upper, argv[2], &changed);
    krx_json_add_int(&maker, answer, "entries", changed.entries);
    krx_json_add_int(&maker, answer, "bytes", changed.bytes);
    krx_json_add_bool(&maker, answer, "whole", whole);
    return code;
}
