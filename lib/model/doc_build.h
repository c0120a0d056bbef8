/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the doc reader: what the YAML and the JSON reader build the tree with. */
#ifndef KRX_MODEL_DOC_BUILD_H
#define KRX_MODEL_DOC_BUILD_H

#include "lib/model/doc.h"

/* Text that aliases may expand to, beyond what stands in the file. */
#define KRX_DOC_EXPANDED_MAX (16u * 1024 * 1024)
#define KRX_DOC_ANCHORS_MAX 1000u

/* What a value costs once its aliases are expanded. */
typedef struct krx_doc_weight {
    size_t nodes;
    size_t bytes;
    unsigned height;
} krx_doc_weight;

typedef struct krx_doc_frame {
    krx_node *node;
    const char *anchor;
    krx_node *key; /* map: the key whose value comes next */
    krx_ptrs keys;
    krx_ptrs items;
    krx_doc_weight weight;
} krx_doc_frame;

typedef struct krx_doc_anchor {
    const char *name;
    krx_node *node;
    krx_doc_weight weight;
} krx_doc_anchor;

typedef struct krx_doc_place {
    uint32_t line;
    uint32_t column;
} krx_doc_place;

typedef struct krx_doc_builder {
    krx_arena *arena;
    krx_diags *diags;
    const char *file;
    size_t arena_start;
    size_t nodes;
    size_t bytes;
    unsigned depth;
    bool no_memory;
    bool over; /* a bound was hit or the tree is broken: stop reading */
    krx_ptrs roots;
    krx_ptrs anchors; /* krx_doc_anchor */
    krx_doc_frame frames[KRX_DOC_DEPTH_MAX];
} krx_doc_builder;

typedef struct krx_doc_scalar {
    krx_doc_place at;
    const char *text;
    size_t length;
    const char *anchor;
    bool quoted;
    bool null;
} krx_doc_scalar;

/* Each answers false when reading must stop. */
bool krx_doc_scalar_add(krx_doc_builder *b, const krx_doc_scalar *scalar);
bool krx_doc_open(krx_doc_builder *b, int type, krx_doc_place at, const char *anchor);
bool krx_doc_close(krx_doc_builder *b);
bool krx_doc_alias(krx_doc_builder *b, krx_doc_place at, const char *name);

KRX_PRINTF(4, 5)
void krx_doc_complain(krx_doc_builder *b, krx_doc_place at, const char *hint, const char *format,
                      ...);

/* A reader answers false when the text is not of its language; *at and message then say why. */
typedef struct krx_doc_syntax {
    krx_doc_place at;
    char message[200];
    const char *hint;
} krx_doc_syntax;

bool krx_doc_read_json(krx_doc_builder *b, const char *text, size_t length, krx_doc_syntax *error);
bool krx_doc_read_yaml(krx_doc_builder *b, const char *text, size_t length, krx_doc_syntax *error);

/* Line and column of a byte. */
krx_doc_place krx_doc_place_of(const char *text, size_t offset);

#endif
