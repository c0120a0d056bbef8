/* SPDX-License-Identifier: Apache-2.0 */
/* "deployment/web" or "sts/db", as kubectl users name what keeps pods. */
#ifndef KRX_KUBERNETES_KIND_WORD_H
#define KRX_KUBERNETES_KIND_WORD_H

#include "lib/kube/kube.h"

/* The kind in front of the slash, KRX_KUBE_KIND_COUNT_ when there is none: then the word may be a
 * namespace. *name gets what follows the slash. */
krx_kube_kind krx_k8s_kind_word(const char *text, const char **name);

#endif
