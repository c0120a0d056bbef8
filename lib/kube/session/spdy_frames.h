/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of SPDY/3.1 as far as Kubernetes speaks it: taken apart as their bytes come, and written.
 * Nothing here knows of a connection.
 */
#ifndef KRX_KUBE_SPDY_FRAMES_H
#define KRX_KUBE_SPDY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KRX_SPDY_HEAD 8
#define KRX_SPDY_CONTROL_MAX 16384 /* of what is understood; other frames are passed over */

enum {
    KRX_SPDY_SYN_STREAM = 1,
    KRX_SPDY_SYN_REPLY = 2,
    KRX_SPDY_RST_STREAM = 3,
    KRX_SPDY_SETTINGS = 4,
    KRX_SPDY_PING = 6,
    KRX_SPDY_GOAWAY = 7,
    KRX_SPDY_HEADERS = 8,
    KRX_SPDY_WINDOW_UPDATE = 9,
};

#define KRX_SPDY_FIN 1 /* flag: the sender sends no more on this stream */

/* Of a reset. */
enum { KRX_SPDY_INVALID_STREAM = 2, KRX_SPDY_REFUSED_STREAM = 3 };

typedef struct krx_spdy_frame {
    bool control;
    uint8_t flags;
    uint16_t type;   /* of a control frame */
    uint32_t stream; /* 0 where the type has none */
    uint32_t length; /* of the payload */
} krx_spdy_frame;

typedef struct krx_spdy_reader {
    /* To be filled in. A callback's code other than 0 ends krx_spdy_read with it. */
    int32_t (*on_control)(void *ctx, const krx_spdy_frame *frame, const uint8_t *payload);
    /* A piece of a data frame; the last one, which may be empty, with `last`. */
    int32_t (*on_data)(void *ctx, const krx_spdy_frame *frame, const uint8_t *data, size_t length,
                       bool last);
    void *ctx;

    /* Its own. */
    krx_spdy_frame frame;
    size_t head_used, left, used;
    bool inside; /* a frame whose head has been read */
    const char *wrong;
    uint8_t head[KRX_SPDY_HEAD];
    uint8_t payload[KRX_SPDY_CONTROL_MAX];
} krx_spdy_reader;

/*
 * Takes the next bytes. KRX_E_DATA_LOSS without an error slot when they are no frames,
 * reader->wrong then says why, and nothing more may be read.
 */
int32_t krx_spdy_read(krx_spdy_reader *reader, const uint8_t *data, size_t length);

uint32_t krx_spdy_u32(const uint8_t *at);
void krx_spdy_put_u32(uint8_t *at, uint32_t value);
/* Write the first KRX_SPDY_HEAD bytes of a frame. */
void krx_spdy_put_control(uint8_t *at, uint16_t type, uint8_t flags, size_t length);
void krx_spdy_put_data(uint8_t *at, uint32_t stream, uint8_t flags, size_t length);

#endif
