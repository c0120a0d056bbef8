/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of devices, from their makers: the first byte says which device is wanted. */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local_host.h"
#include "modules/oci/bundle/cdi.h"
#include "tests/fuzz/folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool truth)
{
    if (!truth)
        abort();
}

static bool kernel_number(int64_t value)
{
    return value >= 0 && value <= INT32_MAX;
}

static void check_texts(const char *const *texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        need(strlen(texts[i]) < SIZE_MAX);
}

static void check_edits(const krx_oci_edits *edits)
{
    check_texts(edits->env);
    for (size_t i = 0; edits->devices && edits->devices[i]; i++) {
        const krx_oci_edit_device *device = edits->devices[i];
        need(device->path[0] == '/' && strlen(device->type) == 1 && *device->access);
        need(kernel_number(device->major) && kernel_number(device->minor));
        need(device->mode == KRX_UNSET || kernel_number(device->mode));
    }
    for (size_t i = 0; edits->mounts && edits->mounts[i]; i++) {
        need(*edits->mounts[i]->source && edits->mounts[i]->target[0] == '/');
        check_texts(edits->mounts[i]->options);
    }
    for (size_t i = 0; edits->hooks && edits->hooks[i]; i++) {
        need(*edits->hooks[i]->name && edits->hooks[i]->path[0] == '/');
        check_texts(edits->hooks[i]->args);
        check_texts(edits->hooks[i]->env);
    }
    need(edits->gid_count <= KRX_COUNT(edits->gids));
    for (size_t i = 0; i < edits->gid_count; i++)
        need(kernel_number(edits->gids[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const krx_oci_cdi_want wanted[][2] = {
        {{"nvidia.com/gpu", NULL, 1}, {NULL, NULL, 0}},
        {{"nvidia.com/gpu", NULL, 2}, {NULL, NULL, 0}},
        {{"nvidia.com/gpu", "all", 1}, {NULL, NULL, 0}},
    };
    krx_auto_arena krx_arena *arena = krx_arena_new_limited((size_t)64 * 1024 * 1024);
    const char *folders[] = {fuzz_folder(), NULL};
    krx_oci_edits edits;
    krx_error error;
    krx_call call;
    if (!arena || !size)
        return 0;
    fuzz_folder_write("it.yaml", data + 1, size - 1);
    krx_call_init(&call, &error);
    if (krx_oci_cdi_find(&call, arena, folders, wanted[*data % KRX_COUNT(wanted)], &edits) == 0)
        check_edits(&edits);
    return 0;
}
