/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: the workload spec, generated from <kranix/schema.h>: struct krx_workload and the
 * structs inside it (krx_port, krx_probe, ...). See that table for every member, its unit and what
 * absent looks like.
 *
 * A spec is read-only, has passed validation, and has defaults and client-side files (envFile)
 * filled in. A module built against a newer table than the host's checks KRX_HAS before it reads
 * a member that was appended.
 */
#ifndef KRANIX_WORKLOAD_H
#define KRANIX_WORKLOAD_H

#include <kranix/abi.h>
#include <kranix/schema.h>

KRX_BEGIN_DECLS

#define KRX_CTYPE_STR(type) const char *
#define KRX_CTYPE_ENUM(type) const char *
#define KRX_CTYPE_BOOL(type) int32_t
#define KRX_CTYPE_INT(type) int64_t
#define KRX_CTYPE_NUM(type) double
#define KRX_CTYPE_CPU(type) int64_t
#define KRX_CTYPE_BYTES(type) int64_t
#define KRX_CTYPE_BITRATE(type) int64_t
#define KRX_CTYPE_DURATION(type) int64_t
#define KRX_CTYPE_STRS(type) const char *const *
#define KRX_CTYPE_WORDS(type) const char *const *
#define KRX_CTYPE_MAP(type) const krx_kv *const *
#define KRX_CTYPE_ENV(type) const krx_kv *const *
#define KRX_CTYPE_OBJ(type) const krx_##type *
#define KRX_CTYPE_OBJS(type) const krx_##type *const *

#define KRX_MEMBER_(kind, member, key, type, def, allowed, flags, help)                            \
    KRX_CTYPE_##kind(type) member;
#define KRX_STRUCT_(name, help)                                                                    \
    typedef struct krx_##name krx_##name;                                                          \
    struct krx_##name {                                                                            \
        uint32_t struct_size;                                                                      \
        uint32_t reserved_;                                                                        \
        KRX_FIELDS_##name(KRX_MEMBER_)                                                             \
    };
KRX_SCHEMA_STRUCTS(KRX_STRUCT_)
#undef KRX_STRUCT_
#undef KRX_MEMBER_

KRX_END_DECLS
#endif
