/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/containers/session.h"

#include <errno.h>
#include <unistd.h>

#include "modules/oci/containers/lifecycle.h"

#define PIECE 4096u /* what a pipe that is ready takes without blocking */

int32_t krx_oci_write(krx_call *call, int fd, const char *data, size_t length)
{
    while (length) {
        krx_wait_fd w = {.struct_size = sizeof w, .fd = fd, .want = KRX_WAIT_WRITE};
        int32_t code = fd >= 0 ? call->host->wait(call->host, call, &w, 1, -1) : 0;
        if (code < 0)
            return code;
        ssize_t n = fd < 0 ? (ssize_t)length : write(fd, data, length < PIECE ? length : PIECE);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return 1;
        data += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

bool krx_oci_input_read(krx_oci_input *input)
{
    ssize_t n = read(input->fd, input->data + 1, sizeof input->data - 1);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    input->start = 1;
    input->end = n > 0 ? (size_t)n + 1 : 1;
    if (n <= 0) {
        input->ended = true;
        input->fd = -1;
    }
    return true;
}

int32_t krx_oci_choose_running(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                               const krx_ref *ref, krx_oci_container **out)
{
    krx_oci_container **items = NULL;
    const krx_oci_runtime *runtime;
    int32_t code = krx_oci_backend_ready(call, backend, &runtime);
    if (!code)
        code = krx_oci_resolve(call, arena, backend, ref, &items);
    if (code)
        return code;
    for (size_t i = 0; items[i]; i++)
        if (krx_oci_container_phase(items[i]) == KRX_OCI_RUNNING) {
            *out = items[i];
            return 0;
        }
    return krx_fail(call, KRX_E_FAILED_PRECONDITION, "no container of '%s' is running (%s: %s)",
                    ref->workload ? ref->workload : ref->instance, items[0]->name,
                    krx_oci_phase_text(krx_oci_container_phase(items[0])));
}

bool krx_oci_window(const krx_exec_req *req, uint32_t *rows, uint32_t *columns)
{
    *rows = *columns = 0;
    if (req->window_size)
        req->window_size(req->window_ctx, rows, columns);
    return *rows && *columns;
}
