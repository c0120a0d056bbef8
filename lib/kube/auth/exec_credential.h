/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a credential plugin. */
#ifndef KRX_KUBE_EXEC_CREDENTIAL_H
#define KRX_KUBE_EXEC_CREDENTIAL_H

#include "lib/kube/config/config.h"

/* What it gave; NULL where it gave none. Secret. */
typedef struct krx_kube_credential {
    char *token;
    char *cert; /* PEM, together with the key */
    char *key;
    int64_t expires_ns; /* KRX_UNSET: it did not say */
} krx_kube_credential;

void krx_kube_credential_free(krx_kube_credential *credential);
#define krx_auto_kube_credential KRX_CLEANUP(krx_kube_credential_free)

/* Wipes a malloc'd text and frees it. */
void krx_wipe_text(char *text);

/* UNAUTHENTICATED when it is not there, fails, or answers nonsense. */
int32_t krx_kube_exec_run(krx_call *call, const krx_kube_config *config, krx_kube_credential *out);

#endif
