/* SPDX-License-Identifier: Apache-2.0 */
#include "core/backend.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

krx_backend *krx_backend_new(krx_runtime *runtime, const char *name)
{
    krx_backend *backend = calloc(1, sizeof *backend);
    if (!backend || krx_turn_init(&backend->opening) < 0) {
        free(backend);
        return NULL;
    }
    if (krx_turn_init(&backend->turn) < 0) {
        krx_turn_destroy(&backend->opening);
        free(backend);
        return NULL;
    }
    (void)snprintf(backend->name, sizeof backend->name, "%s", name);
    backend->runtime = runtime;
    backend->refs = 1;
    backend->timeout_ns = KRX_UNSET;
    krx_host_table_fill(&backend->services, &runtime->log, runtime->store, backend->name);
    backend->next = runtime->backends;
    runtime->backends = backend;
    runtime->refs++;
    return backend;
}

void krx_backend_ref(krx_backend *backend)
{
    KRX_LOCK_SCOPE(&backend->runtime->lock);
    backend->refs++;
}

void krx_backend_unref(krx_backend *backend)
{
    krx_runtime *runtime = backend->runtime;
    pthread_mutex_lock(&runtime->lock);
    size_t left = --backend->refs;
    pthread_mutex_unlock(&runtime->lock);
    if (left)
        return;
    if (backend->open && backend->module->close)
        backend->module->close(backend->handle);
    krx_loader_unload(backend->loaded);
    krx_turn_destroy(&backend->opening);
    krx_turn_destroy(&backend->turn);
    free(backend);
    krx_runtime_unref(runtime);
}

const char *krx_backend_name(const krx_backend *backend)
{
    return backend->name;
}

const krx_module *krx_backend_module(const krx_backend *backend)
{
    return backend->module;
}
