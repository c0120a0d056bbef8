/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_MIN 4096u
#define ALIGN _Alignof(max_align_t)

typedef struct block {
    struct block *next;
    size_t size;
    size_t used; /* from the front, aligned */
    size_t text; /* where texts begin, which are taken from the end */
    max_align_t data[];
} block;

struct krx_arena {
    block *head;
    size_t limit;
    size_t used;
    bool failed;
};

krx_arena *krx_arena_new(void)
{
    return krx_arena_new_limited(SIZE_MAX);
}

krx_arena *krx_arena_new_limited(size_t limit)
{
    krx_arena *arena = calloc(1, sizeof *arena);
    if (arena)
        arena->limit = limit;
    return arena;
}

void krx_arena_free(krx_arena *arena)
{
    if (!arena)
        return;
    for (block *b = arena->head; b;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

void krx_arena_adopt(krx_arena *arena, krx_arena *other)
{
    block **last = &arena->head;
    while (*last)
        last = &(*last)->next;
    *last = other->head;
    arena->used += other->used;
    arena->failed = arena->failed || other->failed;
    free(other);
}

void krx_arena_wipe(krx_arena *arena)
{
    for (block *b = arena ? arena->head : NULL; b; b = b->next)
        explicit_bzero(b->data, b->size);
    krx_arena_free(arena);
}

size_t krx_arena_used(const krx_arena *arena)
{
    return arena->used;
}

bool krx_arena_failed(const krx_arena *arena)
{
    return arena->failed;
}

static block *add_block(krx_arena *arena, size_t want)
{
    size_t size = want > BLOCK_MIN / 4 ? want : BLOCK_MIN;
    block *b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    b->used = 0;
    b->text = size;
    /* a block of its own for something big goes behind the head, which still has room */
    if (size == want && arena->head) {
        b->next = arena->head->next;
        arena->head->next = b;
    } else {
        b->next = arena->head;
        arena->head = b;
    }
    return b;
}

/* A block with room, NULL when there can be none. */
static block *block_for(krx_arena *arena, size_t want)
{
    block *b = arena->head;
    if (want > arena->limit - arena->used)
        return NULL;
    return b && b->text - b->used >= want ? b : add_block(arena, want);
}

void *krx_arena_alloc(krx_arena *arena, size_t size)
{
    size_t want = size > SIZE_MAX / 2 ? SIZE_MAX : (size + ALIGN - 1) / ALIGN * ALIGN;
    if (want == 0)
        want = ALIGN;
    block *b = want < SIZE_MAX ? block_for(arena, want) : NULL;
    if (!b) {
        arena->failed = true;
        return NULL;
    }
    void *p = (char *)b->data + b->used;
    b->used += want;
    arena->used += want;
    return memset(p, 0, size ? size : 1);
}

/* Room for a text of that many bytes with its NUL: texts need no alignment and lie side by side. */
static char *text_room(krx_arena *arena, size_t size)
{
    block *b = size ? block_for(arena, size) : NULL;
    if (!b) {
        arena->failed = true;
        return NULL;
    }
    b->text -= size;
    arena->used += size;
    return (char *)b->data + b->text;
}

char *krx_arena_strndup(krx_arena *arena, const char *text, size_t length)
{
    char *copy = text_room(arena, length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *krx_arena_strdup(krx_arena *arena, const char *text)
{
    return text ? krx_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *krx_arena_printf(krx_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length >= 0 ? text_room(arena, (size_t)length + 1) : NULL;
    if (text)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

static int grow(krx_arena *arena, krx_ptrs *list)
{
    size_t capacity = list->capacity ? list->capacity * 2 : 4;
    void **items = krx_arena_alloc(arena, capacity * sizeof *items);
    if (!items)
        return -1;
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    list->capacity = capacity;
    return 0;
}

int krx_ptrs_add(krx_arena *arena, krx_ptrs *list, const void *item)
{
    if (list->count + 1 >= list->capacity && grow(arena, list) < 0)
        return -1;
    list->items[list->count++] = (void *)(uintptr_t)item;
    return 0;
}

void **krx_ptrs_end(krx_arena *arena, krx_ptrs *list)
{
    if (!list->items && grow(arena, list) < 0)
        return NULL;
    return list->items;
}
