/* SPDX-License-Identifier: Apache-2.0 */
/* Small durable values in one SQLite file, opened at the first use. */
#ifndef KRX_CORE_STORE_H
#define KRX_CORE_STORE_H

#include "core/kranix.h"

#define KRX_STORE_FILE "kranix.db"
#define KRX_STORE_VALUE_MAX (64u * 1024)
#define KRX_STORE_KEY_MAX 512u

typedef struct krx_store krx_store;

/* Opens nothing yet. NULL: out of memory. */
krx_store *krx_store_new(const char *dir);
void krx_store_free(krx_store *store);
/* The folder: options, or localstatedir/lib/kranix for root and the user's own otherwise. malloc'd;
 * NULL: out of memory, or no HOME. */
char *krx_state_dir(const char *wanted);

/* Emits one TEXT or answers KRX_E_NOT_FOUND. */
int32_t krx_store_read(krx_call *call, krx_store *store, const char *space, const char *key,
                       krx_sink *out);
/* value NULL removes. When it answers 0 the value has reached the disk. */
int32_t krx_store_write(krx_call *call, krx_store *store, const char *space, const char *key,
                        const char *value);

#endif
