/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions with a container, over a WebSocket or SPDY: exec, attach and port-forward. */
#ifndef KRX_KUBE_STREAM_H
#define KRX_KUBE_STREAM_H

#include "lib/kube/kube.h"

typedef struct krx_kube_session_options {
    const char *namespace_;
    const char *pod;
    const char *container;   /* NULL: the only one */
    const char *const *argv; /* NULL: attach */
    bool tty;
    bool input_stays;  /* the end of stdin_fd is not the end of the input */
    int32_t stdin_fd;  /* borrowed; -1: none */
    int32_t stdout_fd; /* borrowed; -1: none */
    int32_t stderr_fd; /* borrowed; -1: none; unused with a tty */
    int32_t resize_fd; /* readable when the window size changed; -1: never */
    void (*window_size)(void *ctx, uint32_t *rows, uint32_t *columns);
    void *window_ctx;
} krx_kube_session_options;

/* Runs until the far side ends. *exit_code gets the command's own; KRX_UNSET when none was told. */
int32_t krx_kube_session(krx_call *call, krx_kube *kube, const krx_kube_session_options *options,
                         int64_t *exit_code);

/* Copies between fd and a port of the pod until both sides have ended. */
int32_t krx_kube_forward(krx_call *call, krx_kube *kube, const char *namespace_, const char *pod,
                         uint16_t port, int fd);

#endif
