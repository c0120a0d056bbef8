/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: versions, basic types and the rules of the boundary.
 *
 * ABI changelog (newest first)
 *   1.0  2026-11-21  First version. Open to change until the 1.0 release freezes it.
 *
 * The rules, held by tests for as long as the major version is 1:
 *   1. Append only. Nothing is moved, renamed, re-typed or reused.
 *   2. Every struct that crosses starts with `struct_size`, the sizeof that its maker compiled.
 *      A reader touches a member only if it lies inside that size (KRX_HAS).
 *   3. Lists are NULL-terminated arrays of pointers, so that an element may grow.
 *   4. Only fixed-width integers, doubles, pointers and UTF-8 `const char *` cross. No bool, enum,
 *      bit-field, long, size_t, time_t, FILE, va_list or errno.
 *   5. What you are handed lives until the call returns; copy what you keep. Nothing that one side
 *      allocated is ever freed by the other: results are emitted into sinks (<kranix/sink.h>).
 *   6. Text is never NULL where a member says so; "" and NULL both mean absent everywhere else.
 *   7. Minor grows when something is appended; major never changes within 1.x.
 *
 * Units: times are nanoseconds. Instants are nanoseconds since the Unix epoch (UTC) unless the
 * member says monotonic. Sizes are bytes, rates are bits per second, cpu is in millicores.
 */
#ifndef KRANIX_ABI_H
#define KRANIX_ABI_H

#include <stddef.h>
#include <stdint.h>

#define KRX_ABI_MAJOR 1
#define KRX_ABI_MINOR 0

#ifdef __cplusplus
#define KRX_BEGIN_DECLS extern "C" {
#define KRX_END_DECLS }
#else
#define KRX_BEGIN_DECLS
#define KRX_END_DECLS
#endif

#if defined(__GNUC__)
#define KRX_PUBLIC __attribute__((visibility("default")))
#define KRX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define KRX_PUBLIC
#define KRX_PRINTF(fmt, args)
#endif

/* "Not given" for integers that have no default. Doubles use NaN, pointers NULL. */
#define KRX_UNSET INT64_MIN

/* True when `member` lies inside what the maker of *ptr compiled. */
#define KRX_HAS(type, ptr, member)                                                                 \
    ((ptr)->struct_size >= offsetof(type, member) + sizeof((ptr)->member))

KRX_BEGIN_DECLS

/* One key and its value; both are never NULL. Maps are arrays of these, in the user's order. */
typedef struct krx_kv {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *key;
    const char *value;
} krx_kv;

KRX_END_DECLS
#endif
