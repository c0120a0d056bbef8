/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on their way from the threads that watch to the one that emits. Bounded. */
#ifndef KRX_KUBERNETES_EVENT_QUEUE_H
#define KRX_KUBERNETES_EVENT_QUEUE_H

#include "modules/kubernetes/backend/backend.h"

typedef struct krx_k8s_news {
    struct krx_k8s_news *next;
    krx_kube_kind kind;
    krx_kube_change change;
    cJSON *object; /* NULL with SYNCED and LOST */
} krx_k8s_news;

void krx_k8s_news_free(krx_k8s_news *news); /* the whole chain */

/* One watch: what of, and from which version on. */
typedef struct krx_k8s_watched {
    krx_kube_select select;
    char *version; /* malloc'd, or NULL */
} krx_k8s_watched;

/*
 * Runs the watches until on_news answers non-zero or the call ends, and answers that. on_news is
 * called on the caller's thread. Times out at until_ns (instant; KRX_UNSET: never), which is 0.
 */
typedef int32_t krx_k8s_news_fn(void *ctx, const krx_k8s_news *news);
int32_t krx_k8s_watch_all(krx_call *call, krx_k8s_backend *backend, krx_k8s_watched *watches,
                          size_t count, int64_t until_ns, krx_k8s_news_fn *on_news, void *ctx);

#endif
