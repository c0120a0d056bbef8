/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite, loaded at the first use of the store. Most commands never touch the store, and linking it
 * would cost each of them a millisecond and half a MiB.
 */
#ifndef KRX_CORE_SQLITE_H
#define KRX_CORE_SQLITE_H

#include <sqlite3.h>

#include <kranix/call.h>

/* The functions in use, once each. */
#define KRX_SQLITE_TABLE(X)                                                                        \
    X(bind_int64)                                                                                  \
    X(bind_text)                                                                                   \
    X(busy_handler)                                                                                \
    X(close)                                                                                       \
    X(column_int64)                                                                                \
    X(column_text)                                                                                 \
    X(errmsg)                                                                                      \
    X(errstr)                                                                                      \
    X(exec)                                                                                        \
    X(finalize)                                                                                    \
    X(open_v2)                                                                                     \
    X(prepare_v2)                                                                                  \
    X(step)

#define KRX_SQLITE_MEMBER_(name) __typeof__(sqlite3_##name) *name;
typedef struct krx_sqlite {
    KRX_SQLITE_TABLE(KRX_SQLITE_MEMBER_)
} krx_sqlite;
#undef KRX_SQLITE_MEMBER_

/* Loads it and fills the table; it stays mapped. */
int32_t krx_sqlite_load(krx_call *call, krx_sqlite *sql);

#endif
