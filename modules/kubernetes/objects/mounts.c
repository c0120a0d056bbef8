/* SPDX-License-Identifier: Apache-2.0 */
/* What a pod's file system has beside the image: claims, folders of the node, memory. */
#include <string.h>

#include "lib/model/wanted.h"
#include "modules/kubernetes/objects/build.h"
#include "modules/kubernetes/objects/syntax.h"

typedef struct mounter {
    krx_k8s_build *b;
    cJSON *volumes; /* of the pod */
    cJSON *mounts;  /* of the container */
} mounter;

static cJSON *add_volume(mounter *w, const char *name)
{
    cJSON *volume = krx_json_add_object(&w->b->maker, w->volumes, NULL);
    krx_json_add_text(&w->b->maker, volume, "name", name);
    return volume;
}

static void add_mount(mounter *w, const char *field, const char *name, const char *path,
                      bool read_only)
{
    krx_json_maker *m = &w->b->maker;
    if (strchr(path, ':'))
        krx_k8s_refuse(w->b, field, "a path that is mounted can't have a ':' in it");
    cJSON *mount = krx_json_add_object(m, w->mounts, NULL);
    krx_json_add_text(m, mount, "name", name);
    krx_json_add_text(m, mount, "mountPath", path);
    if (read_only)
        krx_json_add_bool(m, mount, "readOnly", true);
}

static bool taken(const krx_workload *spec, const char *name)
{
    for (size_t i = 0; spec->volumes && spec->volumes[i]; i++)
        if (krx_streq(spec->volumes[i]->name, name))
            return true;
    return false;
}

/* "mount-0", unless a volume of the spec is called so. */
static const char *free_name(krx_k8s_build *b, const char *what, size_t index)
{
    const char *name = krx_k8s_text(b, "%s-%zu", what, index);
    for (unsigned more = 1; taken(b->spec, name) && !b->maker.failed; more++)
        name = krx_k8s_text(b, "%s-%zu-%u", what, index, more);
    return name;
}

static void mount_claim(mounter *w, size_t index)
{
    krx_k8s_build *b = w->b;
    const krx_volume *volume = b->spec->volumes[index];
    const char *path = krx_volume_path(b->arena, volume);
    const char *claim = krx_k8s_claim_name(b->arena, b->spec->name, volume->name);
    if (!path || !claim) {
        b->maker.failed = true;
        return;
    }
    cJSON *source =
        krx_json_add_object(&b->maker, add_volume(w, volume->name), "persistentVolumeClaim");
    krx_json_add_text(&b->maker, source, "claimName", claim);
    add_mount(w, krx_k8s_text(b, "volumes[%zu].mountPath", index), volume->name, path,
              krx_strcaseeq(volume->access_mode, "ReadOnlyMany"));
}

static void add_memory(mounter *w, const char *name, int64_t size)
{
    krx_json_maker *m = &w->b->maker;
    cJSON *source = krx_json_add_object(m, add_volume(w, name), "emptyDir");
    krx_json_add_text(m, source, "medium", "Memory");
    if (size != KRX_UNSET)
        krx_json_add_text(m, source, "sizeLimit", krx_k8s_bytes(w->b->arena, size));
}

static void mount_other(mounter *w, size_t index)
{
    krx_k8s_build *b = w->b;
    const krx_mount *mount = b->spec->mounts[index];
    const char *name = free_name(b, "mount", index);
    if (krx_strcaseeq(mount->type, "tmpfs")) {
        add_memory(w, name, mount->size_bytes);
    } else {
        cJSON *source = krx_json_add_object(&b->maker, add_volume(w, name), "hostPath");
        krx_json_add_text(&b->maker, source, "path", mount->source);
    }
    add_mount(w, krx_k8s_text(b, "mounts[%zu].target", index), name, mount->target,
              mount->read_only == 1);
}

void krx_k8s_put_mounts(krx_k8s_build *b, cJSON *pod, cJSON *container)
{
    const krx_workload *spec = b->spec;
    mounter w = {.b = b};
    if (!(spec->volumes && spec->volumes[0]) && !(spec->mounts && spec->mounts[0]) &&
        !(spec->tmpfs && spec->tmpfs[0]))
        return;
    w.volumes = krx_json_add_array(&b->maker, pod, "volumes");
    w.mounts = krx_json_add_array(&b->maker, container, "volumeMounts");
    for (size_t i = 0; spec->volumes && spec->volumes[i]; i++)
        mount_claim(&w, i);
    for (size_t i = 0; spec->mounts && spec->mounts[i]; i++)
        mount_other(&w, i);
    for (size_t i = 0; spec->tmpfs && spec->tmpfs[i]; i++) {
        const char *name = free_name(b, "tmpfs", i);
        add_memory(&w, name, KRX_UNSET);
        add_mount(&w, krx_k8s_text(b, "tmpfs[%zu]", i), name, spec->tmpfs[i], false);
    }
}
