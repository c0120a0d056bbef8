/* SPDX-License-Identifier: Apache-2.0 */
/* A layer as a stream: unpacked by one reader, measured and digested, taken apart by another. */
#include "modules/oci/packer/unpack.h"

#include <errno.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/sha256.h"
#include "lib/base/str.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "modules/oci/packer/owned.h"
#include "modules/oci/packer/unpack_entry.h"

#define READ_BLOCK ((size_t)256 * 1024)
/* Paths of folders, for their times. */
#define LATE_MAX ((size_t)256 * 1024 * 1024)

typedef struct stream {
    krx_call *call;
    const krx_oci_unpack *unpack;
    struct archive *packed;
    krx_sha256 hash;
    int64_t bytes;
    int32_t code; /* why it was given up, with the slot filled */
} stream;

static int32_t fail_archive(krx_call *call, struct archive *archive)
{
    char text[256] = "";
    const char *why = archive_error_string(archive);
    if (why)
        krx_text_clean(text, sizeof text, why, strlen(why));
    if (archive_errno(archive) == ENOMEM)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    return krx_fail(call, KRX_E_DATA_LOSS, "the layer is damaged: %s",
                    *text ? text : "it is no archive");
}

static int32_t fail_large(stream *s)
{
    char limit[KRX_UNIT_TEXT_MAX];
    return krx_fail(s->call, KRX_E_RESOURCE_EXHAUSTED,
                    "the layer is refused: unpacked it has more than %s",
                    krx_bytes_text(s->unpack->bytes_max, limit));
}

/* The next piece of the tar; 0 at its end, negative with s->code. */
static la_ssize_t next_piece(stream *s, const void **piece)
{
    size_t length = 0;
    la_int64_t offset;
    s->code = krx_check(s->call);
    if (s->code < 0)
        return -1;
    int status = archive_read_data_block(s->packed, piece, &length, &offset);
    if (status == ARCHIVE_EOF)
        return 0;
    if (status < ARCHIVE_WARN) {
        s->code = fail_archive(s->call, s->packed);
        return -1;
    }
    if (s->unpack->bytes_max - s->bytes < (int64_t)length) {
        s->code = fail_large(s);
        return -1;
    }
    krx_sha256_add(&s->hash, *piece, length);
    s->bytes += (int64_t)length;
    return (la_ssize_t)length;
}

static la_ssize_t read_piece(struct archive *tar, void *ctx, const void **piece)
{
    stream *s = ctx;
    la_ssize_t n = next_piece(s, piece);
    if (n < 0)
        archive_set_error(tar, ECANCELED, "given up");
    return n;
}

/* What follows the archive's end counts for its digest. */
static int32_t drain(stream *s)
{
    const void *piece;
    la_ssize_t n;
    do
        n = next_piece(s, &piece);
    while (n > 0);
    return n < 0 ? s->code : 0;
}

static int32_t open_packed(stream *s)
{
    struct archive_entry *entry;
    if (archive_read_support_filter_gzip(s->packed) < ARCHIVE_WARN ||
        archive_read_support_filter_zstd(s->packed) < ARCHIVE_WARN ||
        archive_read_support_format_raw(s->packed) != ARCHIVE_OK ||
        archive_read_support_format_empty(s->packed) != ARCHIVE_OK ||
        archive_read_open_fd(s->packed, s->unpack->source, READ_BLOCK) != ARCHIVE_OK)
        return fail_archive(s->call, s->packed);
    int status = archive_read_next_header(s->packed, &entry);
    return status < ARCHIVE_WARN ? fail_archive(s->call, s->packed) : 0;
}

static int32_t unpack_all(stream *s, krx_oci_unpacker *u, int64_t *entries)
{
    struct archive_entry *entry;
    for (;;) {
        int status = archive_read_next_header(u->tar, &entry);
        if (status == ARCHIVE_EOF)
            return drain(s);
        if (status < ARCHIVE_WARN)
            return s->code < 0 ? s->code : fail_archive(s->call, u->tar);
        if (++*entries > s->unpack->entries_max)
            return krx_fail(s->call, KRX_E_RESOURCE_EXHAUSTED,
                            "the layer is refused: it has more than %lld entries",
                            (long long)s->unpack->entries_max);
        int32_t code = krx_oci_unpack_entry(u, entry);
        if (code < 0)
            return s->code < 0 ? s->code : code;
    }
}

static int32_t check_digest(stream *s, krx_oci_unpacked *out)
{
    char digest[KRX_SHA256_TEXT];
    const char *wanted = s->unpack->diff_id;
    krx_sha256_text(&s->hash, digest);
    (void)snprintf(out->diff_id, sizeof out->diff_id, "sha256:%s", digest);
    if (!wanted || krx_streq(wanted, out->diff_id))
        return 0;
    return krx_fail(s->call, KRX_E_DATA_LOSS,
                    "the layer is not what its image says: it is sha256:%s instead of %.80s",
                    digest, wanted);
}

int32_t krx_oci_unpack_run(krx_call *call, const krx_oci_unpack *unpack, krx_oci_unpacked *out)
{
    auto_reader struct archive *packed = archive_read_new(), *tar = archive_read_new();
    krx_auto_arena krx_arena *arena = krx_arena_new_limited(LATE_MAX);
    stream s = {.call = call, .unpack = unpack, .packed = packed};
    *out = (krx_oci_unpacked){0};
    if (!packed || !tar || !arena)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    krx_sha256_init(&s.hash);
    int32_t code = open_packed(&s);
    if (code < 0)
        return code;
    if (archive_read_support_format_tar(tar) != ARCHIVE_OK ||
        archive_read_support_format_empty(tar) != ARCHIVE_OK ||
        archive_read_open(tar, &s, NULL, read_piece, NULL) != ARCHIVE_OK)
        return s.code < 0 ? s.code : fail_archive(call, tar);
    krx_oci_unpacker u = {.call = call,
                          .unpack = unpack,
                          .tar = tar,
                          .given_up = &s.code,
                          .arena = arena,
                          .parent = -1};
    code = unpack_all(&s, &u, &out->entries);
    krx_oci_unpack_forget(&u);
    if (code == 0)
        code = check_digest(&s, out);
    if (code == 0)
        code = krx_oci_unpack_folder_times(&u);
    out->bytes = s.bytes;
    return code;
}

int32_t krx_oci_unpack_plain(krx_call *call, const krx_oci_unpack *unpack, int to)
{
    auto_reader struct archive *packed = archive_read_new();
    stream s = {.call = call, .unpack = unpack, .packed = packed};
    const void *piece;
    la_ssize_t n;
    if (!packed)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    int32_t code = open_packed(&s);
    if (code < 0)
        return code;
    krx_sha256_init(&s.hash);
    while ((n = next_piece(&s, &piece)) > 0)
        if (krx_write_all(to, piece, (size_t)n) < 0)
            return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "writing: %s", strerror(errno));
    return n < 0 ? s.code : 0;
}
