/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/wanted.h"
#include "modules/docker/backend/names.h"
#include "modules/docker/mapping/mapping.h"

static void put_volume(krx_dk_json *json, const krx_workload *spec, const krx_volume *volume)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    char *name =
        arena ? krx_replica_volume_name(arena, spec->namespace_, spec->name, volume->name) : NULL;
    const char *path = name ? krx_volume_path(arena, volume) : NULL;
    if (!name || !path) {
        json->text.failed = true;
        return;
    }
    krx_dk_json_open(json, NULL, '{');
    krx_dk_json_text(json, "Type", "volume");
    krx_dk_json_text(json, "Source", name);
    krx_dk_json_text(json, "Target", path);
    if (krx_strcaseeq(volume->access_mode, "ReadOnlyMany"))
        krx_dk_json_bool(json, "ReadOnly", true);
    krx_dk_json_close(json, '}');
}

static void put_mount(krx_dk_json *json, const krx_mount *mount)
{
    bool tmpfs = krx_strcaseeq(mount->type, "tmpfs");
    krx_dk_json_open(json, NULL, '{');
    krx_dk_json_text(json, "Type", tmpfs ? "tmpfs" : "bind");
    if (!tmpfs)
        krx_dk_json_text(json, "Source", mount->source);
    krx_dk_json_text(json, "Target", mount->target);
    if (mount->read_only == 1)
        krx_dk_json_bool(json, "ReadOnly", true);
    if (tmpfs && mount->size_bytes > 0) {
        krx_dk_json_open(json, "TmpfsOptions", '{');
        krx_dk_json_int(json, "SizeBytes", mount->size_bytes);
        krx_dk_json_close(json, '}');
    }
    krx_dk_json_close(json, '}');
}

void krx_dk_put_mounts(krx_dk_json *json, const krx_workload *spec)
{
    bool volumes = spec->volumes && spec->volumes[0];
    bool mounts = spec->mounts && spec->mounts[0];
    if (volumes || mounts) {
        krx_dk_json_open(json, "Mounts", '[');
        for (size_t i = 0; volumes && spec->volumes[i]; i++)
            put_volume(json, spec, spec->volumes[i]);
        for (size_t i = 0; mounts && spec->mounts[i]; i++)
            put_mount(json, spec->mounts[i]);
        krx_dk_json_close(json, ']');
    }
    if (spec->tmpfs && spec->tmpfs[0]) {
        krx_dk_json_open(json, "Tmpfs", '{');
        for (size_t i = 0; spec->tmpfs[i]; i++)
            krx_dk_json_text(json, spec->tmpfs[i], "");
        krx_dk_json_close(json, '}');
    }
}
