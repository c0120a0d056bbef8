/* SPDX-License-Identifier: Apache-2.0 */
/* From an object as the server has it to one that somebody could have written. Pure. */
#ifndef KRX_KUBERNETES_CLEAN_H
#define KRX_KUBERNETES_CLEAN_H

#include "lib/json/json.h"

/*
 * Takes away what the server or a controller added: status, identity, history, what scheduling and
 * allocation decided, and what says no more than the default. What stop or a checkpoint scaled down
 * has the count again that it comes back to.
 */
void krx_k8s_clean(cJSON *object);

/* The pod template of any kind ("spec/template", a CronJob's, or the pod itself), or NULL. */
cJSON *krx_k8s_template_of(cJSON *object);

#endif
