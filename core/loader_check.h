/* SPDX-License-Identifier: Apache-2.0 */
/* What is checked of a module while none of its code can run. */
#ifndef KRX_CORE_LOADER_CHECK_H
#define KRX_CORE_LOADER_CHECK_H

#include "core/allow.h"
#include "core/note.h"

/* module_dir/kranix-module-<name>.so, in the arena; NULL when out of memory. */
char *krx_module_path(krx_arena *arena, const char *module_dir, const char *name);
/* The same; malloc'd, NULL when out of memory. */
char *krx_loader_path(const char *module_dir, const char *name);

/* What the file tells without being executed. */
typedef struct krx_noted {
    krx_note note;
    char sha256[65]; /* "" when it was not asked for */
} krx_noted;

/*
 * Trust, note and (when asked for) digest, whatever the allow-list says. On failure *out holds what
 * was known by then (note.name "" when nothing). KRX_E_NOT_FOUND: no such file.
 */
int32_t krx_loader_note(krx_call *call, const char *module_dir, const char *name, bool digest,
                        krx_noted *out);

/*
 * All checks up to, not including, running code. sha256 is computed when `digest` is set or the
 * entry pins one. KRX_E_PERMISSION_DENIED: refused by allow-list, trust, version or digest;
 * KRX_E_FAILED_PRECONDITION: not a module that this host can run.
 */
int32_t krx_loader_check(krx_call *call, const char *module_dir, const krx_allow *allow,
                         bool digest, krx_noted *out);

/* As krx_loader_check(); *fd gets the opened file that was checked, unless fd is NULL. */
int32_t krx_loader_check_file(krx_call *call, const char *path, const krx_allow *allow, bool digest,
                              int *fd, krx_noted *out);

#endif
