/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read a kubeconfig share. */
#ifndef KRX_KUBE_CONFIG_READ_H
#define KRX_KUBE_CONFIG_READ_H

#include "lib/base/str.h"
#include "lib/kube/config/config.h"
#include "lib/model/doc.h"

typedef struct krx_kube_file {
    const char *name;
    const char *folder; /* what relative names in it are relative to */
    const krx_node *root;
} krx_kube_file;

typedef struct krx_kube_reader {
    krx_call *call;
    krx_arena *trees; /* wiped at the end, as these hold secrets */
    krx_kube_config *config;
    krx_ptrs files; /* krx_kube_file, the one that wins first */
    krx_ptrs warnings;
    krx_diags diags;
} krx_kube_reader;

/* One map of a file, and where it stands for complaints. */
typedef struct krx_kube_map {
    krx_kube_reader *reader;
    const krx_kube_file *file;
    const krx_node *node; /* a map, or NULL: as an empty one */
    const char *path;     /* "users[1].user" */
} krx_kube_map;

/* --------------------------------------------------------------------------------------- file.c */

/* Adds every file of the list that exists. */
int32_t krx_kube_read_files(krx_kube_reader *reader, const char *list);
/* First value of a top-level key, NULL when no file has one. */
const char *krx_kube_scalar(const krx_kube_reader *reader, const char *key);
/* The entry `name` of a list ("users", its value under "user"); false when there is none. */
bool krx_kube_entry(krx_kube_reader *reader, const char *list, const char *value, const char *name,
                    krx_kube_map *out);
/* "a, b, c" for texts, in `text`. */
const char *krx_kube_names(const krx_kube_reader *reader, const char *list, krx_str *text);

/* ------------------------------------------------------------------------------------- fields.c */

/* A slot's failure for want of memory. */
int32_t krx_kube_config_no_memory(krx_call *call);
KRX_PRINTF(2, 3) void krx_kube_warn(krx_kube_reader *reader, const char *format, ...);
KRX_PRINTF(4, 5)
void krx_kube_complain(const krx_kube_map *map, const krx_node *at, const char *key,
                       const char *format, ...);
/* Each answers NULL (false, an empty list) when absent, or wrong and complained about. */
const char *krx_kube_text(const krx_kube_map *map, const char *key);
const char *krx_kube_file_name(const krx_kube_map *map, const char *key); /* made absolute */
const char *krx_kube_readable(const krx_kube_map *map, const char *key);  /* and can be read */
const char *krx_kube_pem(const krx_kube_map *map, const char *key);       /* from base64 */
bool krx_kube_flag(const krx_kube_map *map, const char *key);
const char *const *krx_kube_texts(const krx_kube_map *map, const char *key);
/* A map inside; false when absent. */
bool krx_kube_inner(const krx_kube_map *map, const char *key, krx_kube_map *out);
/* A list inside, NULL when absent. */
const krx_node *krx_kube_list_node(const krx_kube_map *map, const char *key);

/* ----------------------------------------------------------------- cluster.c, user.c, exec.c */

void krx_kube_read_cluster(const krx_kube_map *cluster);
void krx_kube_read_user(const krx_kube_map *user);
void krx_kube_read_exec(const krx_kube_map *exec);
/* The cluster's extension for plugins, as JSON. */
void krx_kube_read_exec_config(const krx_kube_map *cluster);

/* ---------------------------------------------------------------------------------- in_cluster.c
 */

bool krx_kube_in_pod(const char *account_dir);
int32_t krx_kube_read_account(krx_kube_reader *reader, const char *account_dir);

#endif
