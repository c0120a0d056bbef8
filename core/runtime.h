/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a runtime and its backends. */
#ifndef KRX_CORE_RUNTIME_H
#define KRX_CORE_RUNTIME_H

#include <pthread.h>

#include "core/config.h"
#include "core/job.h"
#include "core/kranix.h"
#include "core/loader.h"
#include "core/log.h"
#include "core/store.h"
#include "core/turn.h"

/* Where to look; tests have their own. */
typedef struct krx_places {
    const char *module_dir;
    const char *vendor_allow_dir;
    const char *admin_allow_dir;
} krx_places;

struct krx_runtime {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t refs;   /* the owner and each backend */
    size_t inside; /* threads that are in a function of ours and wait */
    bool closing;
    krx_job *jobs;
    uint64_t calls;
    krx_backend *backends;
    krx_backend *chosen; /* by auto, once it has */

    krx_config *config;
    krx_logger log;
    krx_host host; /* for calls of the program itself */
    krx_places places;
    krx_store *store;
    krx_arena *names; /* what krx_runtime_backend_names() gave out */
    const char *const *last_names;
};

/* A module in use; it exists from the first attempt to open it. */
struct krx_backend {
    krx_runtime *runtime;
    krx_backend *next;
    size_t refs; /* the runtime and each job; under the runtime's lock */
    char name[KRX_NOTE_NAME_MAX];
    krx_host host; /* the module's table of services; ctx is this backend */
    krx_turn opening;
    krx_turn turn; /* for KRX_THREADS_SERIAL and KRX_THREADS_BACKEND */
    bool open;     /* under the runtime's lock, as what follows until it is set */
    krx_loaded *loaded;
    const krx_module *module;
    void *handle;
    int64_t timeout_ns; /* of the allow file, KRX_UNSET for none */
    bool log_calls;
};

/* Counts a thread in and out; false when the runtime is closing. */
bool krx_runtime_enter(krx_runtime *runtime);
void krx_runtime_leave(krx_runtime *runtime);

/* Running jobs, so that they can be cancelled; false when the runtime is closing. */
bool krx_runtime_link(krx_runtime *runtime, krx_job *job);
void krx_runtime_unlink(krx_runtime *runtime, krx_job *job);
void krx_runtime_unref(krx_runtime *runtime);

/* A backend of that name, closed; the runtime's lock is held. NULL: out of memory. */
krx_backend *krx_backend_new(krx_runtime *runtime, const char *name);
void krx_backend_ref(krx_backend *backend);
/* The last one closes it and unloads its module. */
void krx_backend_unref(krx_backend *backend);

/* The tables of services. */
void krx_host_fill(krx_host *host, krx_backend *backend);
void krx_host_fill_program(krx_host *host, krx_runtime *runtime);

/* Where the configuration denies the module ("file:line"), or NULL when it does not. */
const char *krx_runtime_denied(const krx_runtime *runtime, const char *name);

#endif
