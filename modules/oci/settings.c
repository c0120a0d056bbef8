/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/settings.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"

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
    &set_cni_path, &set_cgroup,       &set_log_size, NULL};
