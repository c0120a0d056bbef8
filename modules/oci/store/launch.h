/* SPDX-License-Identifier: Apache-2.0 */
/* launch.json: what the keeper needs to start a container, written when it is made. */
#ifndef KRX_OCI_LAUNCH_H
#define KRX_OCI_LAUNCH_H

#include "modules/oci/store/container.h"

typedef struct krx_oci_launch {
    const char *run_root;            /* of the store; filled in by krx_oci_launch_write */
    const char *runtime;             /* row of the table: crun, runc, runsc */
    const char *runtime_path;        /* absolute */
    const char *const *runtime_args; /* global options before the command, --root included */
    const char *conmon_path;
    const char *const *layers;      /* folders, the topmost first; NULL: rootfs is used as it is */
    const char *rootfs;             /* rootfs:/path of the user; NULL with layers */
    const char *const *search_path; /* NULL, or folders put in front of PATH (criu) */
    const char *const *volumes;     /* "NAME:/place": those that may have to be filled; or NULL */
    const char *storage;            /* NULL: auto */
    bool shed;                      /* without /sys/fs/cgroup/unified */
    bool rootless;                  /* in a user namespace of its own */
    bool stdin_open;
    bool terminal;
    int64_t log_size_max; /* bytes */
    /* network */
    const char *network; /* bridge, host, none, pasta, slirp4netns, ns:/path */
    const char *subnet;
    const char *const *cni_path;
    const char *const *dns; /* name servers instead of the host's; may be NULL */
    const char *hostname;
    const char *const *extra_hosts;   /* name:address */
    const krx_oci_port *const *ports; /* host_port 0: any free one */
    int64_t egress_bps;               /* KRX_UNSET: no limit */
    int64_t ingress_bps;
} krx_oci_launch;

/* In config.json: container.json, as it is before the first start, and launch.json, for whoever has
 * lost them. */
#define KRX_OCI_ANNOTATION_RECORD "kranix.io/record"
#define KRX_OCI_ANNOTATION_LAUNCH "kranix.io/launch"

/* A store that does not know its run_root gets it from here. */
int32_t krx_oci_launch_read(krx_call *call, krx_arena *arena, krx_oci_store *store, const char *id,
                            krx_oci_launch *out);
/* The file's text, to be freed; NULL when out of memory. */
char *krx_oci_launch_text(const krx_oci_launch *launch, const char *run_root);
int32_t krx_oci_launch_write(krx_call *call, const krx_oci_store *store, const char *id,
                             const krx_oci_launch *launch);

#endif
