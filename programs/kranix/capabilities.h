/* SPDX-License-Identifier: Apache-2.0 */
/* The capability report of a backend. */
#ifndef KRX_CLI_CAPABILITIES_H
#define KRX_CLI_CAPABILITIES_H

#include "programs/kranix/cli.h"

typedef struct krx_cli_caps {
    krx_cli_op *op;
    krx_ptrs list; /* krx_capability */
    krx_backend_info *info;
    krx_sink caps_sink;
    krx_sink info_sink;
} krx_cli_caps;

int32_t krx_cli_caps_load(krx_cli *cli, krx_call *call, krx_backend *backend, krx_cli_caps *caps);
void krx_cli_caps_free(krx_cli_caps *caps);
/* What is said of a path of a spec, such as "ports[0].hostPort" or "env.DEBUG"; NULL: nothing. */
const krx_capability *krx_cli_caps_find(const krx_cli_caps *caps, const char *path);

#endif
