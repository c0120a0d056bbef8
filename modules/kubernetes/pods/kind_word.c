/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/pods/kind_word.h"

#include <string.h>

#include "lib/base/str.h"

static const struct {
    krx_kube_kind kind;
    const char *short_name;
} words[] = {{KRX_KUBE_POD, "po"},           {KRX_KUBE_DEPLOYMENT, "deploy"},
             {KRX_KUBE_STATEFUL_SET, "sts"}, {KRX_KUBE_DAEMON_SET, "ds"},
             {KRX_KUBE_REPLICA_SET, "rs"},   {KRX_KUBE_REPLICATION_CONTROLLER, "rc"},
             {KRX_KUBE_JOB, "job"},          {KRX_KUBE_CRON_JOB, "cj"}};

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

krx_kube_kind krx_k8s_kind_word(const char *text, const char **name)
{
    const char *slash = text ? strchr(text, '/') : NULL;
    size_t length = slash ? (size_t)(slash - text) : 0;
    *name = slash ? slash + 1 : text;
    for (size_t i = 0; slash && slash[1] && i < KRX_COUNT(words); i++)
        if (is_word(text, length, words[i].short_name) ||
            is_word(text, length, krx_kube_kind_name(words[i].kind)) ||
            is_word(text, length, krx_kube_kind_plural(words[i].kind)))
            return words[i].kind;
    return KRX_KUBE_KIND_COUNT_;
}
