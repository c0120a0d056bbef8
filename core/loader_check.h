/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of the loader: checks on the file, and mapping it. */
#ifndef KRX_CORE_LOADER_CHECK_H
#define KRX_CORE_LOADER_CHECK_H

#include "core/loader.h"

/* module_dir/kranix-module-<name>.so; malloc'd, NULL when out of memory. */
char *krx_loader_path(const char *module_dir, const char *name);

/* As krx_loader_check(); *fd gets the opened file that was checked, unless fd is NULL. */
int32_t krx_loader_check_file(krx_call *call, const char *path, const krx_allow *allow, bool digest,
                              int *fd, krx_noted *out);

#endif
