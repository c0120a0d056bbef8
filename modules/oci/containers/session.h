/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes between the caller's descriptors and a command or the main process. */
#ifndef KRX_OCI_SESSION_H
#define KRX_OCI_SESSION_H

#include "modules/oci/backend/backend.h"

/* Writes all of it to a descriptor of the caller; 1 when nobody reads there any more. */
int32_t krx_oci_write(krx_call *call, int fd, const char *data, size_t length);

/* What goes in, on its way: read when it is empty. */
#define KRX_OCI_INPUT_MAX 4096u
typedef struct krx_oci_input {
    int fd;                           /* -1: none, or its end was seen */
    char data[KRX_OCI_INPUT_MAX + 1]; /* with room for one byte in front of what was read */
    size_t start, end;
    bool ended;
} krx_oci_input;
/* Fills it from fd, which is readable; false: there was nothing after all. */
bool krx_oci_input_read(krx_oci_input *input);

/* Of a workload the first that runs, by replica; everything lives in the arena. */
int32_t krx_oci_choose_running(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                               const krx_ref *ref, krx_oci_container **out);

/* Answers the caller's window; false when it is not known. */
bool krx_oci_window(const krx_exec_req *req, uint32_t *rows, uint32_t *columns);

/* ----------------------------------------------------------------------------- terminal of exec
 */

typedef struct krx_oci_terminal {
    int master;
    int slave;    /* the runtime's; close it once that runs */
    int listener; /* of a console socket */
} krx_oci_terminal;

/* A pair of ours, of which the runtime gets one end. `raw`: it makes the real one inside and only
 * copies. */
int32_t krx_oci_terminal_open(krx_call *call, const krx_exec_req *req, bool raw,
                              krx_oci_terminal *out);
/* The runtime sends the real one through a socket at `path`, which the caller removes. */
int32_t krx_oci_terminal_listen(krx_call *call, const char *path, krx_oci_terminal *out);
void krx_oci_terminal_close(krx_oci_terminal *terminal);
/* Copies until the program has ended. */
int32_t krx_oci_terminal_run(krx_call *call, const krx_exec_req *req, krx_oci_terminal *terminal,
                             const krx_child *child);

int32_t krx_oci_exec_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result);
int32_t krx_oci_attach_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result);
int32_t krx_oci_forward_op(krx_call *call, void *backend, const krx_forward_req *req,
                           krx_sink *none);

#endif
