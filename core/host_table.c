/* SPDX-License-Identifier: Apache-2.0 */
/* The services that a module, and a program's own calls, get from this host. */
#include "core/runtime.h"
#include "lib/base/local_host.h"

static const krx_backend *backend_of(const krx_host *host)
{
    return host->ctx;
}

static void log_module(const krx_host *host, const krx_call *call, int32_t level, const char *text)
{
    const krx_backend *backend = backend_of(host);
    krx_log_write(&backend->runtime->log, level, backend->name, call ? call->prefix : NULL, text);
}

static int32_t get_module(const krx_host *host, krx_call *call, const char *key, krx_sink *out)
{
    const krx_backend *backend = backend_of(host);
    return krx_store_read(call, backend->runtime->store, backend->name, key, out);
}

static int32_t put_module(const krx_host *host, krx_call *call, const char *key, const char *value)
{
    const krx_backend *backend = backend_of(host);
    return krx_store_write(call, backend->runtime->store, backend->name, key, value);
}

/* Values of programs are in spaces whose names no module can have. */
#define PROGRAM_SPACE "/program"

static void log_program(const krx_host *host, const krx_call *call, int32_t level, const char *text)
{
    const krx_runtime *runtime = host->ctx;
    krx_log_write(&runtime->log, level, NULL, call ? call->prefix : NULL, text);
}

static int32_t get_program(const krx_host *host, krx_call *call, const char *key, krx_sink *out)
{
    const krx_runtime *runtime = host->ctx;
    return krx_store_read(call, runtime->store, PROGRAM_SPACE, key, out);
}

static int32_t put_program(const krx_host *host, krx_call *call, const char *key, const char *value)
{
    const krx_runtime *runtime = host->ctx;
    return krx_store_write(call, runtime->store, PROGRAM_SPACE, key, value);
}

static void fill_common(krx_host *host)
{
    host->struct_size = sizeof *host;
    host->abi_major = KRX_ABI_MAJOR;
    host->abi_minor = KRX_ABI_MINOR;
    host->version = krx_version();
    host->wait = krx_local_wait;
    host->check = krx_local_check;
    host->spawn = krx_local_spawn;
    host->reap = krx_local_reap;
}

void krx_host_fill(krx_host *host, krx_backend *backend)
{
    fill_common(host);
    host->ctx = backend;
    host->log = log_module;
    host->store_get = get_module;
    host->store_put = put_module;
}

void krx_host_fill_program(krx_host *host, krx_runtime *runtime)
{
    fill_common(host);
    host->ctx = runtime;
    host->log = log_program;
    host->store_get = get_program;
    host->store_put = put_program;
}
