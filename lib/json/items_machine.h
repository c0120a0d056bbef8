/* SPDX-License-Identifier: Apache-2.0 */
/* Inside krx_json_items: what the machine is made of. */
#ifndef KRX_JSON_ITEMS_MACHINE_H
#define KRX_JSON_ITEMS_MACHINE_H

#include "lib/base/str.h"
#include "lib/json/items.h"
#include "lib/json/keep.h"

#define KRX_ITEMS_DEPTH_MAX 256u

enum krx_items_state {
    OUTSIDE, /* before, between and after documents */
    VALUE,
    VALUE_OR_END, /* after '[' */
    KEY,
    KEY_OR_END, /* after '{' */
    COLON,
    AFTER, /* a value */
    SCALAR,
    STRING,
    KEY_STRING,
    NEST, /* somewhere in a container that is dropped */
    NEST_STRING
};

struct krx_json_items {
    char *label;
    char *member;
    krx_json_item_fn *on_item;
    void *ctx;
    krx_keep keep;
    enum krx_items_state state;
    bool escaped;  /* the string's last byte was a backslash */
    bool in_items; /* inside the array whose elements are the items */
    bool in_item;
    bool items_next; /* the value to come is that array */
    bool dropping;   /* the value to come or under way is dropped */
    bool copying;    /* bytes go to *sink */
    bool broken;
    uint32_t depth;
    uint32_t item_depth; /* where items begin */
    uint32_t drop_depth;
    uint64_t is_object[KRX_ITEMS_DEPTH_MAX / 64];
    uint64_t has_member[KRX_ITEMS_DEPTH_MAX / 64]; /* that was kept */
    uint16_t node[KRX_ITEMS_DEPTH_MAX];
    uint16_t value_node; /* of the value to come */
    size_t values;
    size_t documents;
    size_t member_mark; /* where the sink is cut when the member is dropped */
    size_t key_mark;
    krx_str item;
    krx_str rest;
    krx_str *sink;
};

/* The piece that is being fed: bytes of [run, at) are copied, but not yet. */
typedef struct krx_items_piece {
    krx_call *call;
    const char *at;
    const char *end;
    const char *run;
} krx_items_piece;

int32_t krx_items_fail_syntax(krx_json_items *m, krx_call *call);
int32_t krx_items_fail_size(krx_json_items *m, krx_call *call);

/* Bytes from `at` on go to the sink. */
void krx_items_copy(krx_json_items *m, krx_items_piece *p);
void krx_items_flush(krx_json_items *m, krx_items_piece *p);

/* Each begins at p->at and moves it on. */
void krx_items_begin_item(krx_json_items *m, krx_items_piece *p);
int32_t krx_items_begin_value(krx_json_items *m, krx_items_piece *p);
/* A value has ended just before `at`. */
int32_t krx_items_end_value(krx_json_items *m, krx_items_piece *p);
int32_t krx_items_after_value(krx_json_items *m, krx_items_piece *p);
/* `at` is at the bracket that opens a container. */
int32_t krx_items_open(krx_json_items *m, krx_items_piece *p);
int32_t krx_items_close(krx_json_items *m, krx_items_piece *p);
void krx_items_begin_key(krx_json_items *m, krx_items_piece *p);
/* `at` is at the quote that ends the key. */
void krx_items_end_key(krx_json_items *m, krx_items_piece *p);
/* True with `at` at the quote that ends the string. */
bool krx_items_string_ends(krx_json_items *m, krx_items_piece *p);
/* Brackets and strings only: what is between them does not matter. */
int32_t krx_items_in_nest(krx_json_items *m, krx_items_piece *p);

#endif
