/* SPDX-License-Identifier: Apache-2.0 */
/* Specs of the command line: from files, from standard input, from options. */
#ifndef KRX_CLI_SPECS_H
#define KRX_CLI_SPECS_H

#include "programs/kranix/cli.h"

/*
 * Reads and validates all of them; every mistake is printed. Each spec has its namespace set.
 * 0 or an exit status. The caller frees with krx_specs_free().
 */
int krx_cli_read_specs(krx_cli *cli, krx_specs *out);
/* The one that --name, --image ... describe. */
int krx_cli_spec_of_options(krx_cli *cli, krx_specs *out);

#endif
