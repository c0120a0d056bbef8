/* SPDX-License-Identifier: Apache-2.0 */
/* config.json of a container, from the workload's spec and the image's configuration. */
#ifndef KRX_OCI_BUNDLE_H
#define KRX_OCI_BUNDLE_H

#include <kranix/workload.h>

#include "modules/oci/image/image.h"
#include "modules/oci/runtime/runtime.h"

/* A folder of the host that appears inside. */
typedef struct krx_oci_bind {
    const char *source;
    const char *target;
    bool read_only;
} krx_oci_bind;

typedef struct krx_oci_bundle {
    const krx_workload *spec;
    const krx_oci_image *image;
    const krx_oci_runtime *runtime;
    const krx_oci_container *container; /* id, name, labels, network, hash, ... */
    const krx_oci_launch *launch;
    const char *run_root;
    const char *folder; /* containers/<id>: hosts, hostname and resolv.conf lie here */
    const char *rootfs; /* where the root file system can be read now, for user names; or NULL */
    const char *netns;  /* path of the network namespace to join, or NULL */
    const char *cgroup; /* cgroupsPath, or NULL for none */
    const krx_oci_bind *const *volumes; /* named volumes, made already; NULL-terminated or NULL */
} krx_oci_bundle;

/*
 * Writes folder/bundle/config.json (0600). Warnings (a limit clamped to what the host allows, a
 * field that the runtime can't) are logged. `layers` is looked up for passwd and group when user
 * is a name: INVALID_ARGUMENT when there is no such user.
 */
int32_t krx_oci_bundle_write(krx_call *call, const krx_oci_bundle *bundle);

/* The user and groups of `user` ("name", "uid:gid", ...) in a root file system made of `layers`
 * (the topmost first) or of one folder. */
typedef struct krx_oci_user {
    int64_t uid, gid;
    int64_t groups[64]; /* further ones */
    size_t group_count;
    const char *home; /* NULL when not known */
} krx_oci_user;
int32_t krx_oci_user_find(krx_call *call, krx_arena *arena, const char *user,
                          const char *const *layers, const char *rootfs, krx_oci_user *out);

/* process of `runtime exec --process`: that of config.json with argv, env, cwd, user, terminal
 * changed; JSON text in the arena. NULL members keep what the container has. */
typedef struct krx_oci_exec {
    const char *const *argv;
    const krx_kv *const *env;
    const char *working_dir;
    const char *user;
    bool terminal;
    uint32_t rows, columns;
} krx_oci_exec;
int32_t krx_oci_exec_process(krx_call *call, krx_arena *arena, const char *container_folder,
                             const krx_oci_launch *launch, const krx_oci_exec *exec, char **out);

/* Limits of the spec as linux.resources, for `runtime update` of a container that runs. */
char *krx_oci_resources_json(krx_arena *arena, const krx_workload *spec);

#endif
