/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: defaults overlaid by files, each value with the place it comes from. */
#ifndef KRX_CORE_CONFIG_H
#define KRX_CORE_CONFIG_H

#include <stdbool.h>

#include "core/config_value.h"
#include "lib/base/arena.h"
#include "lib/model/doc.h"

typedef struct krx_config_entry {
    const char *key;
    const char *value;
    const char *origin;        /* "default", or "file:line" */
    const krx_config_row *row; /* NULL: a module's own setting that only it knows */
} krx_config_entry;

typedef struct krx_config {
    krx_arena *arena;
    krx_config_entry *rows;      /* as many as krx_config_rows, in that order */
    krx_config_entry **settings; /* module settings outside the table, NULL-terminated */
    krx_config_plugin **plugins; /* NULL-terminated */
} krx_config;

typedef struct krx_config_files {
    const char *own; /* the user's file, in place of the others; or NULL */
    const char *system_file;
    const char *system_dir;
} krx_config_files;

/* The installed files, or `own`, or what KRANIX_CONFIG names. */
krx_config_files krx_config_files_get(const char *own);

/*
 * Reads it all. Complaints go to diags, and then there is no configuration. A system file or folder
 * that does not exist is no mistake; the user's own file must exist.
 */
int32_t krx_config_load(krx_call *call, const krx_config_files *files, krx_config **out,
                        krx_diags *diags);
void krx_config_free(krx_config *config);
KRX_DEFINE_CLEANUP(config, krx_config, krx_config_free)
#define krx_auto_config KRX_CLEANUP(krx_cleanup_config_)

/* NULL for a key that does not exist. */
const krx_config_entry *krx_config_find(const krx_config *config, const char *key);

/* Overlays one text: what the fuzzer calls. */
int32_t krx_config_parse(krx_call *call, krx_config *config, const char *file, const char *text,
                         size_t length, krx_diags *diags);
/* Only the defaults; NULL when out of memory. */
krx_config *krx_config_new(void);

/* Calls `visit` for every value that a file sets in the section of that module. The key is without
 * the section. Stops at the first non-zero answer. */
int32_t krx_config_settings(const krx_config *config, const char *module,
                            int32_t (*visit)(void *ctx, const char *name,
                                             const krx_config_entry *entry),
                            void *ctx);

/* Where it denies the module ("file:line"), or NULL when it does not. */
const char *krx_config_denies(const krx_config *config, const char *name);

bool krx_config_secret(const krx_config_entry *entry);

#endif
