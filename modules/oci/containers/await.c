/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for the end of a container, and for its end to be noted. */
#include "lib/base/clock.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/store/lock.h"

#define NOTE_LIMIT_NS (30 * KRX_NS_PER_S)

const char *krx_oci_phase_text(int phase)
{
    static const char *const texts[] = {
        [KRX_OCI_CREATED] = "created", [KRX_OCI_RUNNING] = "running",
        [KRX_OCI_PAUSED] = "paused",   [KRX_OCI_WAITING] = "restarting",
        [KRX_OCI_EXITED] = "exited",   [KRX_OCI_REMOVING] = "being removed",
    };
    return phase > 0 && (size_t)phase < KRX_COUNT(texts) ? texts[phase] : "unknown";
}

int32_t krx_oci_await_process(krx_call *call, const krx_oci_process *process, int64_t timeout_ns)
{
    krx_autoclose int fd = krx_oci_process_open(process);
    if (fd < 0)
        return 1;
    krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_READ};
    return call->host->wait(call->host, call, &w, 1, timeout_ns);
}

/* Nobody is left who would note the end. */
static int32_t reap(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                    const char *id)
{
    const char *args[] = {krx_oci_path(arena, &backend->store, "containers", id, NULL), NULL};
    krx_oci_keeper_job job = {
        .keeper = backend->choice.keeper, .verb = "reap", .args = args, .stdin_fd = -1};
    return args[0] ? krx_oci_keeper_run(call, arena, &job, NULL) : krx_no_memory(call);
}

static bool unnoted(int phase)
{
    return phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED || phase == KRX_OCI_WAITING;
}

int32_t krx_oci_await_settled(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                              const char *id, krx_oci_container *c)
{
    int32_t code = krx_oci_container_read(call, arena, &backend->store, id, c);
    if (!code)
        code = krx_oci_await_process(call, &c->init, -1);
    if (code > 0)
        code = krx_oci_await_process(call, &c->conmon, NOTE_LIMIT_NS);
    if (code < 0)
        return code;
    if (!code)
        return krx_fail(call, KRX_E_UNKNOWN,
                        "container %s has ended, but its supervisor (process %lld) does not",
                        c->name, (long long)c->conmon.pid);
    krx_autoclose int lock = krx_oci_lock_container(call, &backend->store, id);
    return lock < 0 ? lock : krx_oci_container_read(call, arena, &backend->store, id, c);
}

int32_t krx_oci_await_noted(krx_call *call, krx_oci_backend *backend, const char *id)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_container c;
    int32_t code;
    if (!arena)
        return krx_no_memory(call);
    do /* again when it was about to be started once more, which is given up now */
        code = krx_oci_await_settled(call, arena, backend, id, &c);
    while (!code && c.stop_asked && krx_oci_container_phase(&c) == KRX_OCI_WAITING);
    return !code && unnoted(c.phase) && !unnoted(krx_oci_container_phase(&c))
               ? reap(call, arena, backend, id)
               : code;
}
