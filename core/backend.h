/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of a backend. */
#ifndef KRX_CORE_BACKEND_H
#define KRX_CORE_BACKEND_H

#include "core/loader.h"
#include "core/runtime.h"

/* A module in use; it exists from the first attempt to open it. */
struct krx_backend {
    krx_runtime *runtime;
    krx_backend *next;
    size_t refs; /* the runtime and each job; under the runtime's lock */
    char name[KRX_NOTE_NAME_MAX];
    krx_host_table services; /* the module's */
    krx_turn opening;
    krx_turn turn; /* for KRX_THREADS_SERIAL and KRX_THREADS_BACKEND */
    bool open;     /* under the runtime's lock, as what follows until it is set */
    krx_loaded *loaded;
    const krx_module *module;
    void *handle;
    int64_t timeout_ns; /* of the allow file, KRX_UNSET for none */
    bool log_calls;
};

/* A backend of that name, closed; the runtime's lock is held. NULL: out of memory. */
krx_backend *krx_backend_new(krx_runtime *runtime, const char *name);
void krx_backend_ref(krx_backend *backend);
/* The last one closes it and unloads its module. */
void krx_backend_unref(krx_backend *backend);

#endif
