/* SPDX-License-Identifier: Apache-2.0 */
/* Header blocks of SPDY/3: name/value pairs, packed by zlib with a dictionary that both know. */
#include "lib/kube/session/spdy_headers.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "lib/kube/session/spdy_frames.h"

#define DICTIONARY_LENGTH 1423
#define PIECE 4096

struct krx_spdy_headers {
    z_stream in, out;
    uint8_t dictionary[DICTIONARY_LENGTH];
    uint8_t block[KRX_SPDY_HEADERS_MAX];
};

/* The protocol's dictionary (draft 3.1, 2.6.10.1): words with their lengths before them, ... */
static const char words[] =
    "options|head|post|put|delete|trace|accept|accept-charset|accept-encoding|"
    "accept-language|accept-ranges|age|allow|authorization|cache-control|connection|"
    "content-base|content-encoding|content-language|content-length|content-location|"
    "content-md5|content-range|content-type|date|etag|expect|expires|from|host|if-match|"
    "if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|location|"
    "max-forwards|pragma|proxy-authenticate|proxy-authorization|range|referer|retry-after|"
    "server|te|trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|"
    "www-authenticate|method|get|status|200 OK|version|HTTP/1.1|url|public|set-cookie|"
    "keep-alive|origin";

/* ... and text behind them. */
static const char tail[] =
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
    "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
    "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 "
    "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age="
    "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

static uint8_t *put_text(uint8_t *at, const char *text, size_t length)
{
    krx_spdy_put_u32(at, (uint32_t)length);
    memcpy(at + 4, text, length);
    return at + 4 + length;
}

static void make_dictionary(uint8_t out[DICTIONARY_LENGTH])
{
    for (const char *word = words; *word; word += *word == '|') {
        size_t length = strcspn(word, "|");
        out = put_text(out, word, length);
        word += length;
    }
    memcpy(out, tail, sizeof tail - 1);
}

krx_spdy_headers *krx_spdy_headers_new(void)
{
    krx_spdy_headers *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    make_dictionary(h->dictionary);
    if (inflateInit(&h->in) != Z_OK) {
        free(h);
        return NULL;
    }
    if (deflateInit(&h->out, Z_BEST_COMPRESSION) != Z_OK ||
        deflateSetDictionary(&h->out, h->dictionary, DICTIONARY_LENGTH) != Z_OK) {
        krx_spdy_headers_free(h);
        return NULL;
    }
    return h;
}

void krx_spdy_headers_free(krx_spdy_headers *h)
{
    if (!h)
        return;
    (void)inflateEnd(&h->in);
    (void)deflateEnd(&h->out);
    free(h);
}

/* ------------------------------------------------------------------------------------- unpacking
 */

/* All of it into h->block; *length gets how much. */
static const char *inflate_block(krx_spdy_headers *h, const uint8_t *data, size_t from,
                                 size_t *length)
{
    h->in.next_in = (z_const Bytef *)(uintptr_t)data;
    h->in.avail_in = (uInt)from;
    h->in.next_out = h->block;
    h->in.avail_out = sizeof h->block;
    for (;;) {
        int result = inflate(&h->in, Z_SYNC_FLUSH);
        if (result == Z_NEED_DICT)
            result = inflateSetDictionary(&h->in, h->dictionary, DICTIONARY_LENGTH);
        if (!h->in.avail_out)
            return "a header block that is too large";
        if (result == Z_BUF_ERROR || (result == Z_OK && !h->in.avail_in))
            break;
        if (result != Z_OK)
            return "a header block that can't be unpacked";
    }
    *length = sizeof h->block - h->in.avail_out;
    return NULL;
}

/* A length and so many bytes; NULL when they are not there. */
static const uint8_t *take_text(const uint8_t *at, const uint8_t *end, const char **text,
                                size_t *length)
{
    if (end - at < 4 || krx_spdy_u32(at) > (size_t)(end - at) - 4)
        return NULL;
    *length = krx_spdy_u32(at);
    *text = (const char *)at + 4;
    return at + 4 + *length;
}

const char *krx_spdy_unpack(krx_spdy_headers *h, const uint8_t *data, size_t length,
                            void (*fn)(void *ctx, const krx_spdy_pair *pair), void *ctx)
{
    static const char damaged[] = "a header block that is damaged";
    size_t have = 0;
    const char *why = inflate_block(h, data, length, &have);
    if (why)
        return why;
    const uint8_t *at = h->block + 4, *end = h->block + have;
    if (have < 4)
        return damaged;
    for (uint32_t left = krx_spdy_u32(h->block); left; left--) {
        krx_spdy_pair pair;
        at = take_text(at, end, &pair.name, &pair.name_length);
        at = at ? take_text(at, end, &pair.value, &pair.value_length) : NULL;
        if (!at || !pair.name_length)
            return damaged;
        if (fn)
            fn(ctx, &pair);
    }
    return at == end ? NULL : damaged;
}

/* --------------------------------------------------------------------------------------- packing
 */

size_t krx_spdy_pack(krx_spdy_headers *h, const char *const *texts, size_t count, uint8_t *out,
                     size_t room)
{
    size_t length = 4;
    for (size_t i = 0; i < count; i++)
        length += 4 + strlen(texts[i]);
    if (length > PIECE)
        return 0;
    uint8_t plain[PIECE], *at = plain + 4;
    krx_spdy_put_u32(plain, (uint32_t)(count / 2));
    for (size_t i = 0; i < count; i++)
        at = put_text(at, texts[i], strlen(texts[i]));
    h->out.next_in = plain;
    h->out.avail_in = (uInt)length;
    h->out.next_out = out;
    h->out.avail_out = (uInt)room;
    if (deflate(&h->out, Z_SYNC_FLUSH) != Z_OK || h->out.avail_in || !h->out.avail_out)
        return 0;
    return room - h->out.avail_out;
}
