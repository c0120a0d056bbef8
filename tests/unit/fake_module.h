/* SPDX-License-Identifier: Apache-2.0 */
/* A module inside the test program, for tests of the host: each op does what the test set. */
#ifndef KRX_TEST_FAKE_MODULE_H
#define KRX_TEST_FAKE_MODULE_H

/* cmocka wants these first */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/runtime.h"
#include "lib/base/clock.h"
#include "lib/base/local_host.h"

typedef struct fake_call {
    krx_error error;
    krx_call call;
} fake_call;

/* A runtime on an empty folder below the build tree's, which is removed by fake_runtime_end(). */
static char fake_root[256];

static inline krx_runtime *fake_runtime(void)
{
    krx_error error;
    krx_call call;
    krx_runtime *runtime = NULL;
    char state[300];
    (void)snprintf(fake_root, sizeof fake_root, "/tmp/kranix-test-XXXXXX");
    assert_non_null(mkdtemp(fake_root));
    (void)snprintf(state, sizeof state, "%s/state", fake_root);
    krx_runtime_options options = {
        .struct_size = sizeof options, .log_level = KRX_LOG_ERROR, .state_dir = state};
    krx_call_init(&call, &error);
    assert_int_equal(krx_runtime_new(&call, &options, &runtime), 0);
    return runtime;
}

static inline void fake_remove_root(void)
{
    char path[400];
    static const char *const files[] = {"state/kranix.db-wal", "state/kranix.db-shm",
                                        "state/kranix.db", "state", ""};
    for (size_t i = 0; i < KRX_COUNT(files); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", fake_root, files[i]);
        (void)remove(path);
    }
}

/* A backend that is open already. */
static inline krx_backend *fake_backend(krx_runtime *runtime, const krx_module *module,
                                        void *handle)
{
    pthread_mutex_lock(&runtime->lock);
    krx_backend *backend = krx_backend_new(runtime, module->name);
    pthread_mutex_unlock(&runtime->lock);
    assert_non_null(backend);
    backend->module = module;
    backend->handle = handle;
    backend->open = true;
    return backend;
}

static inline void fake_call_init(krx_runtime *runtime, fake_call *c, int64_t timeout_ms,
                                  int cancel_fd)
{
    krx_host_call_init(runtime, &c->call, &c->error,
                       timeout_ms < 0 ? -1 : timeout_ms * KRX_NS_PER_MS, cancel_fd);
}

#endif
