/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what a module emits, and the copy that the program gets to see. */
#ifndef KRX_CORE_ITEMS_H
#define KRX_CORE_ITEMS_H

#include <stddef.h>

#include <kranix/module.h>

#define KRX_ITEM_UNION_(name, value, type) type as_##type;
typedef union krx_item {
    uint32_t struct_size;
    KRX_ITEM_TABLE(KRX_ITEM_UNION_)
} krx_item;
#undef KRX_ITEM_UNION_

/*
 * Checks one item and copies it, brought to this host's size, into *out: members that its maker
 * did not know are zero. Fills in what the host knows better: the backend's name, the phase.
 * NULL, or the rule that the item breaks (into `why`, of `size`).
 */
const char *krx_item_take(uint32_t kind, const void *item, const char *backend, krx_item *out,
                          char *why, size_t size);

/* The phase that stands for a state. */
const char *krx_phase_of(const char *state);

/* "STATUS" */
const char *krx_item_name(uint32_t kind);

#endif
