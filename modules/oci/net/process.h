/* SPDX-License-Identifier: Apache-2.0 */
/* Networks without root: a process of ours that speaks for the container. */
#ifndef KRX_OCI_NET_PROCESS_H
#define KRX_OCI_NET_PROCESS_H

#include "modules/oci/net/record.h"

/* Address inside at which names are answered, for machines whose own servers can't be reached. */
#define KRX_OCI_PASTA_DNS "169.254.1.1"
#define KRX_OCI_SLIRP_DNS "10.0.2.3"

/* pasta where it is installed, else slirp4netns; UNAVAILABLE with what to install. */
int32_t krx_oci_rootless_mode(krx_call *call, krx_arena *arena, const char **mode);

/* Starts it on the namespace at `netns`; *process gets who it is. */
int32_t krx_oci_pasta_start(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *id, const char *netns, const krx_oci_port *const *ports,
                            krx_oci_process *process);
int32_t krx_oci_slirp_start(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *id, const char *netns, const krx_oci_port *const *ports,
                            krx_oci_process *process);
/* Ends it and removes its files. */
int32_t krx_oci_process_end(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const char *id, const krx_oci_process *process);

/* The arguments of pasta for the ports. NULL-terminated, in the arena. */
const char *const *krx_oci_pasta_argv(krx_arena *arena, const char *pid_file, const char *netns,
                                      const krx_oci_port *const *ports);

#endif
