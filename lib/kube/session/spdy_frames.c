/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of SPDY/3.1, which end where their head says. */
#include "lib/kube/session/spdy_frames.h"

#include <string.h>

#include <kranix/errors.h>

#define VERSION 3
#define CONTROL 0x80

uint32_t krx_spdy_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void krx_spdy_put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

void krx_spdy_put_control(uint8_t *at, uint16_t type, uint8_t flags, size_t length)
{
    krx_spdy_put_u32(at, (uint32_t)CONTROL << 24 | VERSION << 16 | type);
    krx_spdy_put_u32(at + 4, (uint32_t)flags << 24 | ((uint32_t)length & 0xffffff));
}

void krx_spdy_put_data(uint8_t *at, uint32_t stream, uint8_t flags, size_t length)
{
    krx_spdy_put_u32(at, stream & 0x7fffffff);
    krx_spdy_put_u32(at + 4, (uint32_t)flags << 24 | ((uint32_t)length & 0xffffff));
}

/* --------------------------------------------------------------------------------------- reading
 */

static int32_t wrong(krx_spdy_reader *r, const char *why)
{
    r->wrong = why;
    return KRX_E_DATA_LOSS;
}

/* What the payload of each type must have, by type; a stream's number comes first where it has one.
 */
static const struct {
    uint8_t least;
    bool exactly, stream;
} shapes[] = {
    [KRX_SPDY_SYN_STREAM] = {.least = 10, .stream = true},
    [KRX_SPDY_SYN_REPLY] = {.least = 4, .stream = true},
    [KRX_SPDY_RST_STREAM] = {.least = 8, .exactly = true, .stream = true},
    [KRX_SPDY_SETTINGS] = {.least = 4},
    [KRX_SPDY_PING] = {.least = 4, .exactly = true},
    [KRX_SPDY_GOAWAY] = {.least = 8, .exactly = true},
    [KRX_SPDY_HEADERS] = {.least = 4, .stream = true},
    [KRX_SPDY_WINDOW_UPDATE] = {.least = 8, .exactly = true},
};

/* Types that we do not know are passed over, as the protocol asks. */
static bool is_known(const krx_spdy_frame *f)
{
    return f->control && f->type < sizeof shapes / sizeof shapes[0] && shapes[f->type].least;
}

static int32_t begin(krx_spdy_reader *r)
{
    krx_spdy_frame *f = &r->frame;
    uint32_t first = krx_spdy_u32(r->head), second = krx_spdy_u32(r->head + 4);
    *f = (krx_spdy_frame){
        .control = first >> 31, .flags = (uint8_t)(second >> 24), .length = second & 0xffffff};
    r->head_used = r->used = 0;
    r->left = f->length;
    r->inside = true;
    if (!f->control) {
        f->stream = first;
        return first ? 0 : wrong(r, "data without a stream");
    }
    f->type = (uint16_t)first;
    if ((first >> 16 & 0x7fff) != VERSION)
        return wrong(r, "not a frame of SPDY/3");
    if (!is_known(f))
        return 0;
    if (f->length < shapes[f->type].least ||
        (shapes[f->type].exactly && f->length != shapes[f->type].least))
        return wrong(r, "a control frame of the wrong length");
    return f->length > KRX_SPDY_CONTROL_MAX ? wrong(r, "a control frame that is too large") : 0;
}

static int32_t end_control(krx_spdy_reader *r)
{
    krx_spdy_frame *f = &r->frame;
    if (shapes[f->type].stream) {
        f->stream = krx_spdy_u32(r->payload) & 0x7fffffff;
        if (!f->stream)
            return wrong(r, "a control frame without its stream");
    }
    if (f->type == KRX_SPDY_SETTINGS && (f->length - 4) / 8 != krx_spdy_u32(r->payload))
        return wrong(r, "a control frame of the wrong length");
    return r->on_control(r->ctx, f, r->payload);
}

/* As much of the payload as there is; the frame is over when nothing of it is left. */
static int32_t go_on(krx_spdy_reader *r, const uint8_t *data, size_t length)
{
    bool known = is_known(&r->frame);
    r->left -= length;
    r->inside = r->left > 0;
    if (!r->frame.control)
        return r->on_data(r->ctx, &r->frame, data, length, !r->inside);
    if (!known)
        return 0;
    if (length)
        memcpy(r->payload + r->used, data, length);
    r->used += length;
    return r->inside ? 0 : end_control(r);
}

int32_t krx_spdy_read(krx_spdy_reader *r, const uint8_t *data, size_t length)
{
    int32_t code = 0;
    while (!code && length) {
        size_t want = r->inside ? r->left : KRX_SPDY_HEAD - r->head_used;
        size_t taken = want < length ? want : length;
        if (r->inside) {
            code = go_on(r, data, taken);
        } else {
            memcpy(r->head + r->head_used, data, taken);
            r->head_used += taken;
            if (r->head_used == KRX_SPDY_HEAD)
                code = begin(r);
            if (!code && r->inside && !r->left)
                code = go_on(r, data, 0);
        }
        data += taken;
        length -= taken;
    }
    return code;
}
