/* SPDX-License-Identifier: Apache-2.0 */
/* container.json: who a container is, and how it is. */
#ifndef KRX_OCI_CONTAINER_H
#define KRX_OCI_CONTAINER_H

#include <stdbool.h>

#include <kranix/workload.h>

#include "modules/oci/store/paths.h"

enum {
    KRX_OCI_CREATED = 1, /* complete on disk, has never run */
    KRX_OCI_RUNNING,
    KRX_OCI_PAUSED,
    KRX_OCI_WAITING, /* ended, will be started again after its back-off */
    KRX_OCI_EXITED,
    KRX_OCI_REMOVING
};

/* A process that can't be mistaken for another one that got its number later. */
typedef struct krx_oci_process {
    int64_t pid;   /* 0: none */
    int64_t token; /* inode of its pidfd, or its start time where pidfds have none of their own */
} krx_oci_process;

/* Fills the token; false when there is no such process or it has ended (a zombie). */
bool krx_oci_process_of(int64_t pid, krx_oci_process *out);
bool krx_oci_process_alive(const krx_oci_process *process);
/* A pidfd of exactly this process, to wait for its end or to signal it; -1 when it is gone. */
int krx_oci_process_open(const krx_oci_process *process);

/* One port that is published. */
typedef struct krx_oci_port {
    int64_t host_port;
    int64_t container_port;
    const char *protocol; /* tcp, udp, sctp */
    const char *host_ip;  /* NULL: all */
} krx_oci_port;

typedef struct krx_oci_container {
    /* never change */
    const char *id;
    const char *name; /* as shown: "shop.web-1" */
    const char *workload;
    const char *namespace_;
    const char *image;    /* as the spec names it */
    const char *image_id; /* digest of its configuration */
    const char *hash;     /* of what can only be changed by making it anew */
    const char *runtime;  /* crun, runc, runsc */
    const char *network;  /* bridge, host, none, pasta, slirp4netns, ns:/path */
    int64_t replica;
    int64_t generation; /* the deploy that made it, unix ns */
    int64_t created_ns;
    const krx_kv *const *labels; /* the user's; may be NULL */
    /* may be changed by a deploy */
    const char *restart_policy; /* no, on-failure, always, unless-stopped */
    int64_t restart_retries;    /* KRX_UNSET: no limit */
    int64_t stop_signal;        /* number */
    int64_t stop_grace_ns;
    /* how it is */
    int phase; /* KRX_OCI_* */
    krx_oci_process init;
    krx_oci_process conmon; /* in WAITING: the keeper that sleeps until the next start */
    krx_oci_process prober;
    krx_oci_process pasta;            /* or slirp4netns */
    const char *boot;                 /* the boot that the processes belong to */
    const char *ip;                   /* NULL: none */
    const char *health;               /* NULL, starting, healthy, unhealthy */
    const krx_oci_port *const *ports; /* published; NULL-terminated or NULL */
    int64_t started_ns;               /* KRX_UNSET: never */
    int64_t finished_ns;
    int64_t exit_code; /* KRX_UNSET: has not ended; -1: not known */
    int64_t restarts;
    int64_t pause_ns; /* before the last start by the restart policy, 0: none */
    bool oom_killed;
    bool stop_asked;    /* no restart policy starts it again */
    bool restart_asked; /* whoever notes its end starts it anew, which ends this */
    bool starting;      /* a start was begun; in one whose lock is free it was cut off */
    const char *error;  /* why the last start failed, or NULL */
    int phase_now;      /* of krx_oci_containers_read: checked then. 0: not. Not in the file */
} krx_oci_container;

/* NOT_FOUND when there is none. Texts live in the arena. A pid of another boot is none. */
int32_t krx_oci_container_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                               const char *id, krx_oci_container *out);
/* Replaces the file. The caller holds the container's lock. */
int32_t krx_oci_container_write(krx_call *call, const krx_oci_store *store,
                                const krx_oci_container *container);
/* The file's text, to be freed; NULL when out of memory. And back: DATA_LOSS when it is none. */
char *krx_oci_container_text(const krx_oci_container *container);
int32_t krx_oci_container_parse(krx_call *call, krx_arena *arena, const char *text,
                                krx_oci_container *out);
/* All that can be read, NULL-terminated; what can't is logged and left out. */
int32_t krx_oci_containers_read(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                                krx_oci_container ***out);
/* What `phase` says, checked against the processes: RUNNING becomes EXITED when init is gone,
 * WAITING when nobody is there who would start it. */
int krx_oci_container_phase(const krx_oci_container *container);
/* Nobody is left who would note its end or start it again, or a start of it was begun: unless
 * somebody holds its lock it has to be revived. `phase` is what the function above says. */
bool krx_oci_container_lost(const krx_oci_container *container, int phase);

#endif
