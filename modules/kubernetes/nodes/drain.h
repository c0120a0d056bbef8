/* SPDX-License-Identifier: Apache-2.0 */
/* Moving the pods away from a node. */
#ifndef KRX_KUBERNETES_DRAIN_H
#define KRX_KUBERNETES_DRAIN_H

#include "modules/kubernetes/backend/backend.h"

/* What a drain does about a pod. */
typedef enum krx_k8s_drain_class {
    KRX_K8S_EVICT,
    KRX_K8S_STAYS_MIRROR,    /* static: the kubelet keeps it, whatever we do */
    KRX_K8S_STAYS_DAEMON,    /* would come back at once */
    KRX_K8S_NEEDS_DAEMON,    /* the same, and nobody said to leave those alone */
    KRX_K8S_NEEDS_FORCE,     /* nothing would start it again */
    KRX_K8S_NEEDS_EMPTY_DIR, /* data would be lost */
    KRX_K8S_DRAIN_CLASSES_
} krx_k8s_drain_class;

krx_k8s_drain_class krx_k8s_drain_classify(const cJSON *pod, const krx_drain_req *req);

/* A pod that is to go. Texts live in the drain's arena. */
typedef struct krx_k8s_leaving {
    const char *namespace_;
    const char *name;
    const char *uid;
    bool present;        /* at the last look */
    bool stopping;       /* has been told to end */
    bool hopeless;       /* its eviction fails in a way that time does not cure */
    int64_t next_try_ns; /* monotonic */
    char *why;           /* it was not evicted yet; malloc'd, or NULL */
} krx_k8s_leaving;

typedef struct krx_k8s_drain {
    krx_call *call;
    krx_kube *kube;
    const krx_drain_req *req;
    krx_sink *sink;
    krx_arena *arena;
    const char *eviction_api; /* "policy/v1" */
    int64_t grace_seconds;    /* KRX_UNSET: each pod's own */
    int64_t joining_until_ns; /* monotonic: pods that come later are none of ours */
    krx_ptrs pods;            /* krx_k8s_leaving */
    size_t gone;
    size_t staying[KRX_K8S_DRAIN_CLASSES_]; /* at the last look */
    krx_str needs[KRX_K8S_DRAIN_CLASSES_];  /* names of those that forbid it */
    bool away;                              /* the server did not answer just now */
} krx_k8s_drain;

void krx_k8s_drain_free(krx_k8s_drain *drain);
#define krx_auto_k8s_drain KRX_CLEANUP(krx_k8s_drain_free)

/* --------------------------------------------------------------------------------- drain_pods.c */

/* Looks at the node's pods: fills present, stopping, staying, needs, gone. */
int32_t krx_k8s_drain_look(krx_k8s_drain *drain);
/* FAILED_PRECONDITION with the pods and the flags named when some forbid it. */
int32_t krx_k8s_drain_permit(krx_k8s_drain *drain);
size_t krx_k8s_drain_remaining(const krx_k8s_drain *drain);
/* "shop/web-1 (why), shop/web-2, and 3 more" */
void krx_k8s_drain_names(const krx_k8s_drain *drain, krx_str *text);

/* -------------------------------------------------------------------------------- drain_evict.c */

/* What the server's eviction is called; UNSUPPORTED when it has none. */
int32_t krx_k8s_drain_find_eviction(krx_k8s_drain *drain);
/* Asks for the eviction of every pod whose turn it is. */
int32_t krx_k8s_drain_evict(krx_k8s_drain *drain);
void krx_k8s_drain_say(const krx_k8s_drain *drain, const krx_k8s_leaving *pod, bool done,
                       const char *text);

#endif
