/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML or JSON text as a tree whose every node knows its place. Spec, configuration and
 * allow files are all read through this, so they share the bounds on hostile input and the form of
 * complaints. Scalars stay text: what a plain `no` or `1.10` means is for the reader of the field.
 */
#ifndef KRX_MODEL_DOC_H
#define KRX_MODEL_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kranix/call.h>

#include "lib/base/arena.h"

enum { KRX_NODE_NULL = 0, KRX_NODE_SCALAR, KRX_NODE_LIST, KRX_NODE_MAP };

typedef struct krx_node krx_node;
struct krx_node {
    int type;
    bool quoted;      /* scalar written in quotes: text whatever it looks like */
    uint32_t line;    /* from 1 */
    uint32_t column;  /* from 1, in characters */
    const char *text; /* scalar */
    size_t count;     /* children of a list or map */
    krx_node **items; /* values; NULL-terminated */
    krx_node **keys;  /* map: scalar nodes, as many as items; in the file's order, no duplicates */
};

/* The value under a key, or NULL. */
const krx_node *krx_node_get(const krx_node *map, const char *key);

/* One complaint. Strings belong to the list. */
typedef struct krx_diag {
    const char *file;
    uint32_t line; /* 0: the file as a whole */
    uint32_t column;
    const char *path;    /* "ports[1].containerPort", "" for the document */
    const char *message; /* what is wrong and what is allowed */
    const char *hint;    /* "did you mean 'replicas'?" or NULL */
} krx_diag;

/* Complaints in the order found; at most KRX_DIAGS_MAX are kept, the rest counted. */
#define KRX_DIAGS_MAX 100u
typedef struct krx_diags {
    krx_arena *arena;
    krx_diag *items;
    size_t count;
    size_t more;
} krx_diags;

void krx_diags_init(krx_diags *diags);
void krx_diags_free(krx_diags *diags);
KRX_PRINTF(6, 7)
void krx_diags_add(krx_diags *diags, const char *file, const krx_node *at, const char *path,
                   const char *hint, const char *format, ...);
/* "file:line:column: path: message (hint)" */
char *krx_diag_text(const krx_diag *diag);
/* Fills the call's slot with a summary of all and answers KRX_E_INVALID_ARGUMENT; 0 when empty. */
int32_t krx_diags_fail(krx_call *call, const krx_diags *diags, const char *what);

/* Bounds on one text. */
#define KRX_DOC_BYTES_MAX (4u * 1024 * 1024)
#define KRX_DOC_DEPTH_MAX 64u
#define KRX_DOC_NODES_MAX 200000u
#define KRX_DOC_MEMORY_MAX (64u * 1024 * 1024)

/*
 * Parses all documents of `text`. The roots (a NULL-terminated array, empty documents left out)
 * live in `arena`; with complaints they are those documents that could be read to their end, so
 * that these can be checked further. JSON is recognised by its first character. Aliases are
 * expanded within the bounds; merge keys, tags other than the core ones, duplicate keys, invalid
 * UTF-8 and NUL are complaints. Answers 0, KRX_E_INVALID_ARGUMENT with at least one complaint, or
 * KRX_E_RESOURCE_EXHAUSTED.
 */
int32_t krx_doc_parse(krx_call *call, krx_arena *arena, const char *file, const char *text,
                      size_t length, krx_node ***roots, krx_diags *diags);

#endif
