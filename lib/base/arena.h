/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: everything taken from it is freed at once. Answers NULL when out of memory or when
 * its limit is reached; never aborts. Not for use by two threads at once. */
#ifndef KRX_BASE_ARENA_H
#define KRX_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <kranix/abi.h>

#include "lib/base/cleanup.h"

typedef struct krx_arena krx_arena;

krx_arena *krx_arena_new(void);
/* As above, but never takes more than limit bytes. */
krx_arena *krx_arena_new_limited(size_t limit);
void krx_arena_free(krx_arena *arena); /* NULL is fine */
void krx_arena_wipe(krx_arena *arena); /* as free, for one that holds secrets */
/* What was taken from `other` lives as long as `arena` from here on; `other` is gone. */
void krx_arena_adopt(krx_arena *arena, krx_arena *other);
size_t krx_arena_used(const krx_arena *arena);
/* True once anything asked for could not be had: one check at the end of a long job. */
bool krx_arena_failed(const krx_arena *arena);

/* Zeroed memory, aligned for any type. */
void *krx_arena_alloc(krx_arena *arena, size_t size);
char *krx_arena_strndup(krx_arena *arena, const char *text, size_t length);
/* NULL stays NULL. */
char *krx_arena_strdup(krx_arena *arena, const char *text);
KRX_PRINTF(2, 3) char *krx_arena_printf(krx_arena *arena, const char *format, ...);

#define krx_arena_new_of(arena, type) ((type *)krx_arena_alloc((arena), sizeof(type)))

KRX_DEFINE_CLEANUP(arena, krx_arena, krx_arena_free)
#define krx_auto_arena KRX_CLEANUP(krx_cleanup_arena_)

KRX_DEFINE_CLEANUP(secret_arena, krx_arena, krx_arena_wipe)
#define krx_auto_secret_arena KRX_CLEANUP(krx_cleanup_secret_arena_)

/* A growing NULL-terminated array of pointers inside an arena. Zero-initialise it. */
typedef struct krx_ptrs {
    void **items; /* always NULL-terminated once something was added */
    size_t count;
    size_t capacity;
} krx_ptrs;

/* 0, or -1 when out of memory (the array is as before). */
int krx_ptrs_add(krx_arena *arena, krx_ptrs *list, const void *item);
/* The array, never NULL unless out of memory: an empty one for nothing added. */
void **krx_ptrs_end(krx_arena *arena, krx_ptrs *list);

#endif
