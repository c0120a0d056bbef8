/* SPDX-License-Identifier: Apache-2.0 */
/* Inside following: what the op's thread, the watch's and those of the pods share. */
#ifndef KRX_KUBERNETES_FOLLOW_H
#define KRX_KUBERNETES_FOLLOW_H

#include "lib/logs/queue.h"
#include "modules/kubernetes/logs/logs.h"

typedef struct krx_k8s_follower krx_k8s_follower;

typedef struct krx_k8s_follow {
    krx_call *call;
    krx_k8s_backend *backend;
    const krx_logs_req *req;
    krx_log_queue queue;
    int stop_fd; /* readable: all threads shall end */
    bool single; /* one pod only: it ends with that */
    krx_kube_select select;
    pthread_t thread; /* of the watch */
    krx_call watch_call;
    krx_error watch_error;
    bool watch_left;
    /* of the watch's thread */
    krx_k8s_follower *followers;
    bool synced;
    bool full; /* and it was said */
    /* under the lock */
    pthread_mutex_t lock;
    bool complete; /* the first list was told */
} krx_k8s_follow;

/* What the watch knows of a container. */
typedef struct krx_k8s_sight {
    char id[128]; /* of its latest run; "" before the first */
    bool running;
    bool over; /* the pod has ended or is gone: there will be no further run */
    bool gone;
} krx_k8s_sight;

struct krx_k8s_follower {
    krx_k8s_follower *next;
    krx_k8s_follow *hub;
    pthread_t thread;
    krx_call call;
    krx_error error;
    char *namespace_, *pod, *uid, *container;
    bool later; /* was not there at the start: all of its log is new */
    bool told;  /* in the present list */
    bool left;
    int wake_fd;         /* the sight has changed */
    krx_k8s_sight sight; /* under the hub's lock */
    /* of its own thread */
    krx_k8s_log_lines lines;
    krx_k8s_log_position position;
    bool begun_reading;                             /* the server has let us */
    uint32_t refused;                               /* times in a row, after that */
    int64_t begun_ns;                               /* wall clock of the first try; 0: none yet */
    char reading[sizeof(((krx_k8s_sight *)0)->id)]; /* the run */
    bool passed;                                    /* the line whose parts come was accepted */
};

/* ----------------------------------------------------------------------------------- follower.c */

/* A call like the op's for a thread of its own, which ends with the hub. */
krx_call krx_k8s_follow_call(const krx_k8s_follow *h, krx_error *error);
bool krx_k8s_follow_thread(pthread_t *thread, void *(*run)(void *), void *arg);

/* NULL when out of memory. It reads in krx_k8s_follower_run, a thread's start. */
krx_k8s_follower *krx_k8s_follower_new(krx_k8s_follow *h, const cJSON *pod);
void *krx_k8s_follower_run(void *arg);
void krx_k8s_follower_free(krx_k8s_follower *f);
krx_k8s_sight krx_k8s_follower_see(krx_k8s_follower *f);
void krx_k8s_follower_show(krx_k8s_follower *f, const krx_k8s_sight *now);

/* -------------------------------------------------------------------------------- follow_pods.c */

/* Tells the followers what becomes of their pods, and starts further ones: a thread's start. */
void *krx_k8s_follow_watch(void *arg);

#endif
