/* SPDX-License-Identifier: Apache-2.0 */
/* Carries bytes between descriptors and the channels of a session, bounded in both directions. */
#ifndef KRX_KUBE_PUMP_H
#define KRX_KUBE_PUMP_H

#include "lib/kube/session/carrier.h"

#define KRX_PUMP_CHANNELS 4
#define KRX_PUMP_TO_NOBODY 2  /* dropped */
#define KRX_PUMP_TO_VERDICT 3 /* collected: how it ended */

/* What was received and its descriptor has not taken yet. */
typedef struct krx_pump_outlet {
    int fd; /* -1: dropped */
    krx_str data;
    size_t from;
} krx_pump_outlet;

typedef struct krx_pump {
    /* To be filled in, the rest zero. */
    const char *what;
    uint8_t route[KRX_PUMP_CHANNELS]; /* of a channel: index of its outlet, or KRX_PUMP_TO_* */
    size_t preface;                   /* bytes at the start of each channel that are none of data */
    krx_pump_outlet out[2];
    int in_fd; /* -1: none */
    uint8_t in_channel;
    bool tty;
    bool input_stays; /* the far side is not told that in_fd has ended */
    bool duplex;      /* in_fd is out[0].fd, too: a socket, whose going away ends it all */
    int resize_fd;
    /* At the start and when resize_fd is readable; may be NULL. */
    void (*window_size)(void *ctx, uint32_t *rows, uint32_t *columns);
    void *window_ctx;

    /* The pump's own. */
    krx_call *call;
    krx_carrier *carrier;
    krx_str verdict;
    size_t seen[KRX_PUMP_CHANNELS]; /* of the preface */
    int64_t moved_ns;               /* when something last came */
    bool input_open;
    bool judged; /* the verdict is complete */
    bool ended;
} krx_pump;

/*
 * Connects and carries until the far side ends; pump->verdict then is what it said at the end. Of
 * the options path, ref, protocols, channels and ends count.
 */
int32_t krx_pump_run(krx_call *call, krx_kube *kube, krx_pump *pump,
                     const krx_carrier_options *options);
void krx_pump_free(krx_pump *pump);
#define krx_auto_pump KRX_CLEANUP(krx_pump_free)

#endif
