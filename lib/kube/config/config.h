/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a cluster is and who we are there: kubeconfig files as kubectl reads them
 * (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/), or the account of the pod that
 * we run in. Nothing here contacts the cluster or runs a credential plugin.
 */
#ifndef KRX_KUBE_CONFIG_H
#define KRX_KUBE_CONFIG_H

#include <kranix/call.h>
#include <kranix/workload.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"

/* All may be NULL: then environment and defaults decide, as for kubectl. */
typedef struct krx_kube_config_options {
    const char *kubeconfig;  /* files, ':' between; NULL: KUBECONFIG, ~/.kube/config, in-cluster */
    const char *context;     /* NULL: current-context */
    const char *account_dir; /* NULL: /var/run/secrets/kubernetes.io/serviceaccount */
} krx_kube_config_options;

enum { KRX_KUBE_INTERACTIVE_NEVER, KRX_KUBE_INTERACTIVE_IF_AVAILABLE, KRX_KUBE_INTERACTIVE_ALWAYS };

/* A program that hands out credentials (client.authentication.k8s.io). */
typedef struct krx_kube_exec {
    const char *api_version;
    const char *command; /* relative ones are already relative to the file */
    const char *const *args;
    const krx_kv *const *env;
    const char *install_hint;
    bool provide_cluster_info;
    int interactive; /* KRX_KUBE_INTERACTIVE_* */
} krx_kube_exec;

/* Texts live as long as the config; NULL when absent. File names are absolute or as given. */
typedef struct krx_kube_config {
    const char *source;  /* files it came from, or "the pod's service account", for texts */
    const char *context; /* NULL in-cluster */
    const char *cluster;
    const char *user;
    const char *namespace_; /* of the context or the account; NULL: none is named */

    const char *server; /* "https://10.0.0.1:6443" */
    const char *ca_file;
    const char *ca_data; /* PEM, decoded */
    const char *tls_server_name;
    const char *proxy_url;
    bool insecure;

    const char *cert_file;
    const char *cert_data; /* PEM, decoded; secret as the rest */
    const char *key_file;
    const char *key_data;
    const char *token;
    const char *token_file; /* wins over token; read again as it changes */
    const char *username;
    const char *password;
    const krx_kube_exec *exec;
    const char *exec_cluster_config; /* JSON: the cluster's extension for plugins */
    const char *as_user;
    const char *as_uid;
    const char *const *as_groups;
    const krx_kv *const *as_extra; /* one pair for each value */

    const char *const *warnings; /* for people, such as a certificate that is not checked */
    krx_arena *arena;
} krx_kube_config;

/*
 * NOT_FOUND when there is no configuration at all or a named context, cluster or user is missing;
 * INVALID_ARGUMENT with place for a file that is wrong; PERMISSION_DENIED.
 */
int32_t krx_kube_config_load(krx_call *call, const krx_kube_config_options *options,
                             krx_kube_config **out);
/* Wipes what is secret. NULL is fine. */
void krx_kube_config_free(krx_kube_config *config);

KRX_DEFINE_CLEANUP(kube_config, krx_kube_config, krx_kube_config_free)
#define krx_auto_kube_config KRX_CLEANUP(krx_cleanup_kube_config_)

#endif
