/* SPDX-License-Identifier: Apache-2.0 */
/* The far side of a WebSocket. */
#ifndef KRX_TESTS_UNIT_WEBSOCKET_PEER_H
#define KRX_TESTS_UNIT_WEBSOCKET_PEER_H

#include "tests/unit/session_peer.h"

#include "lib/kube/session/websocket.h"

static inline void send_frame(const peer *p, uint8_t first, const void *data, size_t length)
{
    uint8_t head[10] = {first, (uint8_t)length};
    size_t used = 2;
    size_t wide = length > 65535 ? 8 : length > 125 ? 2 : 0;
    if (wide)
        head[1] = wide == 8 ? 127 : 126;
    for (size_t i = 0; i < wide; i++)
        head[used++] = (uint8_t)((uint64_t)length >> (8 * (wide - 1 - i)));
    send_all(p, head, used);
    send_all(p, data, length);
}

static inline void send_message(const peer *p, char channel, const char *text)
{
    krx_auto_str krx_str message = {0};
    krx_str_addc(&message, channel);
    krx_str_add(&message, text);
    send_frame(p, 0x82, message.data, message.length);
}

/* One frame of the client, its mask taken off; false at the end or a close. */
static inline bool take_frame(peer *p)
{
    uint8_t head[2], size[2], mask[4];
    static uint8_t data[65536];
    if (!read_exactly(p, head, 2) || !(head[1] & 0x80))
        return false;
    size_t length = head[1] & 0x7f;
    if (length == 127 || (length == 126 && !read_exactly(p, size, 2)))
        return false;
    if (length == 126)
        length = (size_t)size[0] << 8 | size[1];
    if (!read_exactly(p, mask, 4) || !read_exactly(p, data, length))
        return false;
    for (size_t i = 0; i < length; i++)
        data[i] ^= mask[i % 4];
    if ((head[0] & 0xf) == 0xa)
        krx_str_add(&p->got, "P");
    if ((head[0] & 0xf) == 2 && length) {
        krx_str_addf(&p->got, "<%u>", data[0]);
        krx_str_addn(&p->got, data + 1, length - 1);
    }
    return (head[0] & 0xf) != 8;
}

static inline void take_until(peer *p, const char *text)
{
    while (!strstr(krx_str_get(&p->got), text) && take_frame(p))
        ;
}

static inline void shake_hands(peer *p)
{
    char key[KRX_WS_KEY_MAX] = "", accept[KRX_WS_KEY_MAX] = "?";
    const char *line = strstr(p->head, "Sec-WebSocket-Key: ");
    if (line)
        (void)sscanf(line, "Sec-WebSocket-Key: %31s", key);
    if (!p->wrong_accept)
        (void)krx_ws_accept(key, accept);
    krx_auto_str krx_str answer = {0};
    krx_str_addf(&answer,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
                 accept, p->protocol);
    send_all(p, answer.data, answer.length);
    p->script(p);
}

static inline void start_ws(peer *p, const char *protocol, peer_script *script)
{
    p->protocol = protocol;
    peer_start(p, shake_hands, script);
}

#endif
