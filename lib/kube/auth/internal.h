/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about credentials share. */
#ifndef KRX_KUBE_AUTH_INTERNAL_H
#define KRX_KUBE_AUTH_INTERNAL_H

#include <pthread.h>

#include "lib/kube/auth/auth.h"
#include "lib/kube/auth/exec_credential.h"

/* A certificate and its key as files; a request that is about to use an older pair still may. */
#define KRX_KUBE_PAIRS 4u
typedef struct krx_kube_pair {
    int cert_fd; /* memfd, or -1 */
    int key_fd;
    char cert_name[40]; /* "/proc/self/fd/N" */
    char key_name[40];
} krx_kube_pair;

struct krx_kube_auth {
    const krx_kube_config *config;
    pthread_mutex_t lock; /* for all that follows */
    bool stale;           /* the server refused what we have */

    char *file_token;
    int64_t file_read_ns; /* monotonic */

    krx_kube_credential plugin;
    int64_t renewed_ns; /* monotonic */
    bool running;
    uint64_t runs;
    krx_error failure; /* of the last run; code 0: none */
    int idle_event;    /* readable while no plugin runs */

    krx_kube_pair pairs[KRX_KUBE_PAIRS];
    uint64_t generation; /* pairs[generation % KRX_KUBE_PAIRS] is the present one; 0: none yet */
    bool pair_is_old;    /* the plugin gave another one since */
};

void krx_kube_pairs_init(krx_kube_auth *auth);
void krx_kube_pairs_free(krx_kube_auth *auth);
/* The next pair from these texts (NULL: none); the oldest one goes. */
int32_t krx_kube_pairs_next(krx_call *call, krx_kube_auth *auth, const char *cert, const char *key);

#endif
