/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the model: from tree to structs. */
#ifndef KRX_MODEL_PARSE_H
#define KRX_MODEL_PARSE_H

#include "lib/model/model.h"

/* One document on its way to a spec. */
typedef struct krx_parser {
    krx_call *call;
    krx_arena *arena; /* of the spec */
    krx_diags *diags;
    const char *file;
    const krx_node *root;
    uint32_t flags;
    krx_str path; /* of the field being read */
    bool no_memory;
} krx_parser;

/* Complains about a node under the current path. */
KRX_PRINTF(4, 5)
void krx_parse_complain(krx_parser *p, const krx_node *at, const char *hint, const char *format,
                        ...);

const char *krx_parse_type_name(const krx_node *node); /* as a message says it */
void krx_parse_wrong_type(krx_parser *p, const krx_node *node, const char *wanted);

/* Extend the path; what they answer goes to krx_parse_leave. */
size_t krx_parse_enter_key(krx_parser *p, const char *key);
size_t krx_parse_enter_index(krx_parser *p, size_t index);
void krx_parse_leave(krx_parser *p, size_t before);

/* Lists on their way into a member. */
void krx_parse_append(krx_parser *p, krx_ptrs *list, const void *item);
void krx_parse_store_list(krx_parser *p, krx_ptrs *list, const krx_field_info *field, void *object);

/* MAP and ENV. */
void krx_parse_pairs(krx_parser *p, const krx_node *node, const krx_field_info *field,
                     void *object);

/* The struct, with what could be read of it; NULL when out of memory. */
void *krx_parse_struct(krx_parser *p, const krx_node *node, const krx_struct_info *type);

/* Says what else an unknown key may have meant. */
void krx_parse_unknown(krx_parser *p, const krx_node *key, const krx_struct_info *type);
/* A file of another tool: one complaint instead of many. True when it was one. */
bool krx_parse_foreign(krx_parser *p, const krx_node *root);

/* Rules that concern several fields. */
void krx_checks_run(krx_parser *p, const krx_workload *workload);

/* Reads the files of envFile into env. */
void krx_env_files_merge(krx_parser *p, krx_workload *workload);

/* A pair in the arena; NULL when out of memory. */
krx_kv *krx_new_kv(krx_arena *arena, const char *key, size_t key_length, const char *value);

#endif
