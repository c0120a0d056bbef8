/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives of `podman container checkpoint --export`. Beside what ours have (config.dump is
 * podman's own there) they hold
 *     deleted.files          what the container removed of its image, as JSON
 *     devshm-checkpoint.tar  /dev/shm, which podman mounts from outside
 *     volumes/NAME.tar       each named volume
 * and, for people, ctr.log, network.status and stats-dump.
 */
#ifndef KRX_OCI_PODMAN_H
#define KRX_OCI_PODMAN_H

#include "modules/oci/checkpoint/saved.h"

#define KRX_OCI_PODMAN_CONFIG "config.dump"
#define KRX_OCI_PODMAN_SPEC "spec.dump"

/* Does the unpacked archive look like one? */
bool krx_oci_podman_is(const char *folder);

/*
 * What ours would say of it, hashes included; `file` is the archive. DATA_LOSS when it is not
 * whole, UNSUPPORTED with the reason when such a container can't be one of ours.
 */
int32_t krx_oci_podman_manifest(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                                const char *folder, const char *file, krx_oci_manifest *out);

/*
 * The container (made, not started) gets what the checkpoint has of files and mounts that our own
 * would not: all that podman keeps, or what was taken over from there once before.
 */
int32_t krx_oci_adopt_files(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                            const krx_workload *spec, const char *id, const char *folder,
                            const krx_oci_saved *saved);

/* Folder of a container with what it was given that way, and that as part of a checkpoint. */
#define KRX_OCI_TAKEN "taken"
#define KRX_OCI_SAVED_TAKEN "taken.tar"

/* ------------------------------------------------------------------------------ inside of this */

typedef struct krx_oci_podman {
    krx_call *call;
    krx_arena *arena;
    const char *file;
    const cJSON *config; /* config.dump */
    const cJSON *spec;   /* spec.dump: config.json of the runtime */
    const char *image;   /* as it is known here */
    const char *image_id;
    const char *runtime; /* crun or runc */
    const char *network; /* of our spec */
} krx_oci_podman;

/* Fills runtime and network; UNSUPPORTED for what can't be taken over. Logs what is lost. */
int32_t krx_oci_podman_check(krx_oci_podman *podman);
/* Our spec of it, as JSON; NULL when out of memory. */
char *krx_oci_podman_spec(const krx_oci_podman *podman, const char *name);
/* A name that ours can have. */
char *krx_oci_podman_name(krx_arena *arena, const char *name);
/* "v" and the beginning of what podman made up, or the name as above. */
char *krx_oci_podman_volume(krx_arena *arena, const char *name);

/* Of a mount in a config.json: does it show something of the host? */
bool krx_oci_mount_binds(const cJSON *mount);
/* The one of an array of mounts that is at `destination`, or NULL. */
const cJSON *krx_oci_mount_at(const cJSON *mounts, const char *destination);

#endif
