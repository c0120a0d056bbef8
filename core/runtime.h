/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a runtime. */
#ifndef KRX_CORE_RUNTIME_H
#define KRX_CORE_RUNTIME_H

#include <pthread.h>

#include "core/config.h"
#include "core/host_table.h"
#include "core/job.h"
#include "core/kranix.h"

/* Where to look; tests have their own. */
typedef struct krx_places {
    const char *module_dir;
    const char *vendor_allow_dir;
    const char *admin_allow_dir;
} krx_places;

struct krx_runtime {
    pthread_mutex_t lock;
    size_t refs; /* the owner and each backend */
    krx_jobs jobs;
    uint64_t calls;
    krx_backend *backends;
    krx_backend *chosen; /* by auto, once it has */

    krx_config *config;
    krx_logger log;
    krx_host_table services; /* for calls of the program itself */
    krx_places places;
    krx_store *store;
    krx_arena *names; /* what krx_runtime_backend_names() gave out */
    const char *const *last_names;
};

/* One that is still without configuration and store; NULL: out of memory. */
krx_runtime *krx_runtime_alloc(void);
void krx_runtime_unref(krx_runtime *runtime);

#endif
