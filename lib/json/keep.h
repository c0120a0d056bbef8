/* SPDX-License-Identifier: Apache-2.0 */
/* Which members of an item are wanted: skipped keys and kept paths, made ready for comparing. */
#ifndef KRX_JSON_KEEP_H
#define KRX_JSON_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KRX_KEEP_ALL UINT16_MAX /* in place of a node: everything beneath */
#define KRX_KEEP_NONE (UINT16_MAX - 1)

typedef struct krx_keep_node {
    char *key;
    size_t length;
    uint16_t child; /* 0: none */
    uint16_t next;
    bool all;
} krx_keep_node;

typedef struct krx_keep {
    krx_keep_node *nodes; /* [0] is the item; NULL: everything is wanted */
    size_t count;
    krx_keep_node *skip;
    size_t skip_count;
} krx_keep;

/* False when out of memory or there are too many. */
bool krx_keep_init(krx_keep *keep, const char *const *paths, const char *const *skip);
void krx_keep_free(krx_keep *keep);
/* The node of a whole item. */
uint16_t krx_keep_root(const krx_keep *keep);
/* The node of the member `key` of what `node` stands for; KRX_KEEP_NONE: it is dropped. */
uint16_t krx_keep_member(const krx_keep *keep, uint16_t node, const char *key, size_t length);

#endif
