/* SPDX-License-Identifier: Apache-2.0 */
/* A pod's log with time stamps taken apart, and how far it was delivered. Pure. */
#ifndef KRX_KUBERNETES_LOG_LINES_H
#define KRX_KUBERNETES_LOG_LINES_H

#include "lib/logs/lines.h"

/*
 * The container runtime writes lines longer than this in pieces, and the kubelet puts a time stamp
 * before each piece. Lines longer than this come out in parts.
 */
#define KRX_K8S_LOG_PIECE 16384

/* Set the first two members, the rest zero. */
typedef struct krx_k8s_log_lines {
    krx_log_line_fn *fn; /* the parts of one line all have its time */
    void *ctx;
    krx_str text;    /* of the part that is being collected, or of a stamp */
    int64_t time_ns; /* of the line */
    bool in_text;    /* the stamp has been read */
    bool continued;  /* a part of the line was handed out */
} krx_k8s_log_lines;

int32_t krx_k8s_log_lines_feed(krx_call *call, krx_k8s_log_lines *lines, const char *data,
                               size_t length);
/* Hands out what is left without a newline. */
int32_t krx_k8s_log_lines_end(krx_call *call, krx_k8s_log_lines *lines);
void krx_k8s_log_lines_free(krx_k8s_log_lines *lines);

/* What the kubelet answers, as if it were the log, when the files of that run are gone. */
bool krx_k8s_log_is_gone(const char *text, size_t length, const char *container_id);

/*
 * How far a log was delivered, to go on after a gap without losing or repeating a line. Asking is
 * possible from a full second only, and the two streams of a container may be stamped slightly out
 * of order: so the lines of the last two seconds are counted, asked for again, and skipped.
 * Zero-initialise.
 */
typedef struct krx_k8s_log_position {
    bool begun;
    int64_t first_ns; /* of what was delivered: anything older was left out on purpose */
    int64_t newest_ns;
    int64_t second; /* of the newest */
    int64_t in_second;
    int64_t in_second_before;
    int64_t to_skip;
} krx_k8s_log_position;

/* Before reading again: from when, KRX_UNSET when nothing was delivered. */
int64_t krx_k8s_log_resume(krx_k8s_log_position *position);
/* True when the line is new; remembers it. */
bool krx_k8s_log_accept(krx_k8s_log_position *position, int64_t time_ns);

#endif
