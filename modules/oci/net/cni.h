/* SPDX-License-Identifier: Apache-2.0 */
/* Calling CNI plugins (specification 1.0.0, also understands answers of 0.4.0). */
#ifndef KRX_OCI_NET_CNI_H
#define KRX_OCI_NET_CNI_H

#include <cjson/cJSON.h>

#include "lib/base/arena.h"
#include "modules/oci/net/names.h"
#include "modules/oci/store/container.h"

#define KRX_OCI_CNI_VERSION "1.0.0"

/* One container on one network. */
typedef struct krx_oci_cni {
    krx_arena *arena;
    const char *id;
    const char *netns;
    const char *const *folders; /* of the plugins */
    /* Standard input of each plugin. Whoever holds its lock (flock) is the only one at work on this
     * container; a plugin that outlives us holds it too. */
    int input_fd;
    /* Told each result before the next plugin runs, so that it can be taken back whenever we end.
     */
    int32_t (*note)(krx_call *call, void *ctx, const cJSON *result);
    void *ctx;
} krx_oci_cni;

/* Path of a plugin; UNAVAILABLE with what to install. */
int32_t krx_oci_cni_find(krx_call *call, const krx_oci_cni *cni, const char *plugin,
                         const char **path);
/*
 * One plugin, CNI_COMMAND `command`, its configuration on standard input. *answer (may be NULL)
 * gets what it printed. Its error becomes ours.
 */
int32_t krx_oci_cni_call(krx_call *call, const krx_oci_cni *cni, const char *command,
                         const char *plugin, const cJSON *config, cJSON **answer);
/* The error object of a plugin that failed; text may be anything. */
int32_t krx_oci_cni_fail(krx_call *call, const char *plugin, const char *command, int status,
                         const char *text, const char *stderr_text);

/*
 * All plugins of a list, in order; *result gets the last one's. When one fails those before it and
 * itself are taken back.
 */
int32_t krx_oci_cni_add(krx_call *call, const krx_oci_cni *cni, const cJSON *list,
                        const krx_oci_port *const *ports, cJSON **result);
/* In reverse; goes on after a failure and answers the first. `previous` may be NULL. */
int32_t krx_oci_cni_del(krx_call *call, const krx_oci_cni *cni, const cJSON *list,
                        const krx_oci_port *const *ports, const cJSON *previous);

/* What we want of a result; texts live in the arena. DATA_LOSS when it makes no sense. */
typedef struct krx_oci_cni_result {
    const char *ip;             /* without the prefix length; the first of IPv4, else of IPv6 */
    const char *gateway;        /* or NULL */
    const char *host_interface; /* or NULL */
} krx_oci_cni_result;
int32_t krx_oci_cni_result_read(krx_call *call, krx_arena *arena, const cJSON *json,
                                const char *bridge, krx_oci_cni_result *out);

/* The network that we make: bridge and addresses, then portmap where wanted. */
typedef struct krx_oci_cni_network {
    const char *bridge;
    const char *subnet;
    const char *data; /* folder of the addresses that are given out */
    bool portmap;
} krx_oci_cni_network;
/* NULL when out of memory; to be deleted. */
cJSON *krx_oci_cni_list(const krx_oci_cni_network *network);

/* As portMappings of the runtime configuration; NULL when there are none or out of memory. */
cJSON *krx_oci_cni_ports(const krx_oci_port *const *ports);

#endif
