/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/settings.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/base/units.h"

#define SETTING(id, type_, name_, def_, allowed_, help_)                                           \
    static const krx_setting id = {.struct_size = sizeof id,                                       \
                                   .type = type_,                                                  \
                                   .name = name_,                                                  \
                                   .def = def_,                                                    \
                                   .allowed = allowed_,                                            \
                                   .help = help_}

SETTING(set_runtime, KRX_SETTING_STRING, "runtime", "auto", "auto|crun|runc|runsc",
        "OCI runtime; auto: the first of crun, runc, runsc that works");
SETTING(set_runtime_path, KRX_SETTING_PATH, "runtime_path", NULL, NULL,
        "Its program, where it is not in PATH");
SETTING(set_platform, KRX_SETTING_STRING, "platform", NULL, "systrap|ptrace|kvm",
        "Platform of runsc; absent: systrap where known, else ptrace");
SETTING(set_root, KRX_SETTING_PATH, "root", "/var/lib/kranix/oci", NULL,
        "Folder of images, containers and volumes; without root: kranix/oci in XDG_DATA_HOME");
SETTING(set_run_root, KRX_SETTING_PATH, "run_root", "/run/kranix/oci", NULL,
        "Folder of what ends with the machine; without root: kranix/oci in XDG_RUNTIME_DIR");
SETTING(set_conmon, KRX_SETTING_PATH, "conmon_path", "conmon", NULL, "Program that supervises");
SETTING(set_skopeo, KRX_SETTING_PATH, "skopeo_path", "skopeo", NULL, "Program that copies images");
SETTING(set_criu, KRX_SETTING_PATH, "criu_path", "criu", NULL, "Program that makes checkpoints");
SETTING(set_keeper, KRX_SETTING_PATH, "keeper", NULL, NULL,
        "Our helper program, where it is not beside the module");
SETTING(set_authfile, KRX_SETTING_PATH, "authfile", NULL, NULL,
        "Credentials of registries; absent: the user's own");
SETTING(set_storage, KRX_SETTING_STRING, "storage", "auto", "auto|overlay|fuse-overlayfs|copy",
        "How containers share layers; auto: the first of the three that works");
SETTING(set_network, KRX_SETTING_STRING, "network", "bridge", "bridge|host|none",
        "Network of workloads that name none");
SETTING(set_subnet, KRX_SETTING_STRING, "subnet", "10.89.0.0/16", NULL,
        "Addresses of the bridge kranix0");
SETTING(set_cni_path, KRX_SETTING_STRING, "cni_path", "/opt/cni/bin:/usr/lib/cni", NULL,
        "Folders of the CNI plugins");
SETTING(set_cgroup, KRX_SETTING_STRING, "cgroup_parent", "/kranix", NULL,
        "Control group above those of the containers");
SETTING(set_log_size, KRX_SETTING_BYTES, "log_size_max", "10Mi", NULL,
        "Size at which the log of a container begins anew");

const krx_setting *const krx_oci_settings[] = {
    &set_runtime,  &set_runtime_path, &set_platform, &set_root,     &set_run_root, &set_conmon,
    &set_skopeo,   &set_criu,         &set_keeper,   &set_authfile, &set_network,  &set_subnet,
    &set_cni_path, &set_cgroup,       &set_log_size, &set_storage,  NULL};

/* ---------------------------------------------------------------------------------------- reading
 */

#define LOG_SIZE_MAX (INT64_C(10) << 20)
#define STOP_GRACE_NS (10 * KRX_NS_PER_S)

/* NULL for what is not set or empty. */
static const char *text_of(krx_arena *arena, const krx_open_req *req, const char *name)
{
    const char *text = krx_setting_get(req, name);
    return krx_blank(text) ? NULL : krx_arena_strdup(arena, text);
}

static const char *text_or(krx_arena *arena, const krx_open_req *req, const krx_setting *setting)
{
    const char *text = text_of(arena, req, setting->name);
    return text ? text : setting->def;
}

static const char *const *folders_of(krx_arena *arena, const char *list)
{
    krx_ptrs folders = {0};
    while (list && *list) {
        size_t length = strcspn(list, ":");
        char *folder = length ? krx_arena_strndup(arena, list, length) : NULL;
        if (length && (!folder || krx_ptrs_add(arena, &folders, folder) < 0))
            return NULL;
        list += length + (list[length] == ':');
    }
    return (const char *const *)krx_ptrs_end(arena, &folders);
}

/* The host has checked the values against the table: anything else cannot come. */
static int64_t bytes_of(const krx_open_req *req, const char *name, int64_t absent)
{
    const char *text = krx_setting_get(req, name);
    int64_t bytes = 0;
    return krx_blank(text) || krx_parse_bytes(text, &bytes) ? absent : bytes;
}

int32_t krx_oci_settings_read(krx_call *call, const krx_open_req *req, krx_oci_backend *backend)
{
    krx_arena *arena = backend->arena;
    backend->choice = (krx_oci_choice){.runtime = text_or(arena, req, &set_runtime),
                                       .runtime_path = text_of(arena, req, "runtime_path"),
                                       .platform = text_of(arena, req, "platform"),
                                       .criu_path = text_of(arena, req, "criu_path")};
    backend->keeper = text_of(arena, req, "keeper");
    backend->conmon_path = text_or(arena, req, &set_conmon);
    backend->skopeo_path = text_of(arena, req, "skopeo_path");
    backend->authfile = text_of(arena, req, "authfile");
    backend->network = text_or(arena, req, &set_network);
    backend->storage = text_or(arena, req, &set_storage);
    backend->subnet = text_or(arena, req, &set_subnet);
    backend->cni_path = folders_of(arena, text_or(arena, req, &set_cni_path));
    backend->cgroup_parent = text_or(arena, req, &set_cgroup);
    backend->log_size_max = bytes_of(req, "log_size_max", LOG_SIZE_MAX);
    backend->stop_grace_ns = STOP_GRACE_NS;
    backend->rootless = geteuid() != 0;
    const char *root = text_of(arena, req, "root"), *run_root = text_of(arena, req, "run_root");
    if (krx_arena_failed(arena))
        return krx_no_memory(call);
    return krx_oci_store_open(call, arena, root, run_root, &backend->store);
}
