/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes a long JSON stream apart while it arrives, so that it never stands in memory as a whole:
 * the elements of one array of the document ("items" of a list), or document after document (a
 * watch). Each one is parsed alone, handed over and freed. Members that nobody wants are dropped
 * before they are parsed.
 */
#ifndef KRX_JSON_ITEMS_H
#define KRX_JSON_ITEMS_H

#include "lib/json/json.h"

typedef struct krx_json_items krx_json_items;

/* Anything but 0 stops and is what feed answers. The item is borrowed. */
typedef int32_t krx_json_item_fn(void *ctx, const cJSON *item);

typedef struct krx_json_items_options {
    const char *label;  /* who sends it, for texts */
    const char *member; /* top-level member whose elements are the items; NULL: the documents */
    const char *const
        *skip; /* keys whose values are dropped, at any depth; NULL-terminated or NULL */
    /* paths of members of an item ("metadata/name", arrays passed through): all that is on none
     * of them or beneath one is dropped; NULL-terminated, or NULL: nothing is */
    const char *const *keep;
    size_t item_max; /* bytes of one item, DATA_LOSS beyond; 0: 4 MiB */
    size_t rest_max; /* bytes of all else, DATA_LOSS beyond; 0: 1 MiB */
    krx_json_item_fn *on_item;
    void *ctx;
} krx_json_items_options;

/* NULL when out of memory. Everything in options but ctx is copied or constant. */
krx_json_items *krx_json_items_new(const krx_json_items_options *options);
void krx_json_items_free(krx_json_items *items); /* NULL is fine */

int32_t krx_json_items_feed(krx_call *call, krx_json_items *items, const char *data, size_t length);
/*
 * The stream has ended: DATA_LOSS when that was inside something. *rest (may be NULL) gets the
 * document without the array's elements, such as a list's metadata.
 */
int32_t krx_json_items_end(krx_call *call, krx_json_items *items, cJSON **rest);

KRX_DEFINE_CLEANUP(json_items, krx_json_items, krx_json_items_free)
#define krx_auto_json_items KRX_CLEANUP(krx_cleanup_json_items_)

#endif
