/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/packer/archive.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/str.h"
#include "modules/oci/packer/owned.h"
#include "modules/oci/store/paths.h"

#define BLOCK ((size_t)256 * 1024)
#define ENTRIES_MAX 100000
#define DEPTH_MAX 6
#define BYTES_FREE (INT64_C(1) << 30)
#define BYTES_MAX (INT64_C(256) << 30)
#define RATIO_MAX 200

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static const char *text_of(struct archive *a)
{
    const char *text = archive_error_string(a);
    return text ? text : "no reason given";
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* ------------------------------------------------------------------------------------ making one
 */

typedef struct maker {
    krx_call *call;
    struct archive *out;
    const char *root;
    const char *file;
    char *block;
} maker;

static int32_t write_failed(maker *m)
{
    return krx_fail(m->call, KRX_E_RESOURCE_EXHAUSTED, "can't write %s: %s", m->file,
                    text_of(m->out));
}

static int32_t add_file(maker *m, const char *full, const struct stat *st)
{
    krx_autoclose int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int64_t left = st->st_size;
    if (fd < 0)
        return krx_fail(m->call, KRX_E_DATA_LOSS, "can't read %s: %s", full, strerror(errno));
    while (left > 0) {
        int32_t code = krx_check(m->call);
        if (code < 0)
            return code;
        ssize_t n = read(fd, m->block, left < (int64_t)BLOCK ? (size_t)left : BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return krx_fail(m->call, KRX_E_DATA_LOSS, "can't read %s: %s", full,
                            n ? strerror(errno) : "it became shorter");
        if (archive_write_data(m->out, m->block, (size_t)n) != n)
            return write_failed(m);
        left -= n;
    }
    return 0;
}

static int32_t add_folder(maker *m, const char *path, int depth);

static int32_t add_entry(maker *m, const char *path, int depth)
{
    struct stat st;
    krx_autofree char *full = krx_format("%s/%s", m->root, path);
    auto_entry struct archive_entry *entry = archive_entry_new();
    if (!full || !entry)
        return no_memory(m->call);
    if (lstat(full, &st) != 0)
        return krx_fail(m->call, KRX_E_DATA_LOSS, "can't read %s: %s", full, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return add_folder(m, path, depth + 1);
    if (!S_ISREG(st.st_mode))
        return krx_fail(m->call, KRX_E_DATA_LOSS, "%s is no plain file", full);
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, st.st_size);
    archive_entry_set_mtime(entry, st.st_mtim.tv_sec, 0);
    if (archive_write_header(m->out, entry) != ARCHIVE_OK)
        return write_failed(m);
    return add_file(m, full, &st);
}

static int not_dots(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

/* Sorted, so that the same checkpoint is the same archive. */
static int32_t add_folder(maker *m, const char *path, int depth)
{
    struct dirent **names = NULL;
    krx_autofree char *full = krx_format("%s/%s", m->root, path);
    int count = full && depth < DEPTH_MAX ? scandir(full, &names, not_dots, alphasort) : -1;
    int32_t code = 0;
    if (count < 0)
        return krx_fail(m->call, KRX_E_DATA_LOSS, "can't read folder %s", full ? full : path);
    for (int i = 0; i < count; i++) {
        krx_autofree char *below = krx_format("%s%s%s", path, *path ? "/" : "", names[i]->d_name);
        if (code == 0)
            code = below ? add_entry(m, below, depth) : no_memory(m->call);
        free(names[i]);
    }
    free(names);
    return code;
}

static bool open_writer(struct archive *out, const char *file, int fd)
{
    int code = archive_write_set_format_pax_restricted(out);
    if (code == ARCHIVE_OK && (ends_in(file, ".gz") || ends_in(file, ".tgz")))
        code = archive_write_add_filter_gzip(out);
    else if (code == ARCHIVE_OK && ends_in(file, ".zst"))
        code = archive_write_add_filter_zstd(out);
    return code == ARCHIVE_OK && archive_write_set_bytes_in_last_block(out, 1) == ARCHIVE_OK &&
           archive_write_open_fd(out, fd) == ARCHIVE_OK;
}

int32_t krx_oci_archive_make(krx_call *call, const char *file, const char *folder)
{
    auto_writer struct archive *out = archive_write_new();
    krx_autofree char *block = malloc(BLOCK), *half = krx_format("%s.part", file);
    maker m = {.call = call, .out = out, .root = folder, .file = file, .block = block};
    if (!out || !block || !half)
        return no_memory(call);
    krx_autoclose int fd = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "can't write %s: %s", half, strerror(errno));
    int32_t code = open_writer(out, file, fd) ? add_folder(&m, "", 0) : write_failed(&m);
    if (code == 0 && archive_write_close(out) != ARCHIVE_OK)
        code = write_failed(&m);
    if (code == 0 && (fsync(fd) != 0 || rename(half, file) != 0))
        code =
            krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "can't write %s: %s", file, strerror(errno));
    if (code < 0)
        (void)unlink(half);
    return code;
}

/* ------------------------------------------------------------------------------------ taking one
 */

typedef struct taker {
    krx_call *call;
    struct archive *in;
    const char *file;
    const char *folder;
    char *block;
    int64_t left; /* bytes that may still come */
    int entries;
} taker;

static int32_t refuse(taker *t, const char *name, const char *why)
{
    return krx_fail(t->call, KRX_E_INVALID_ARGUMENT, "archive %s is refused: '%.200s' %s", t->file,
                    name ? name : "", why);
}

static int32_t make_parents(taker *t, char *full)
{
    for (char *slash = full + strlen(t->folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        int failed = mkdir(full, 0700) != 0 && errno != EEXIST;
        *slash = '/';
        if (failed)
            return krx_fail(t->call, KRX_E_RESOURCE_EXHAUSTED, "can't make folders of %s: %s", full,
                            strerror(errno));
    }
    return 0;
}

static int32_t copy_out(taker *t, const char *name, int fd)
{
    for (;;) {
        int32_t code = krx_check(t->call);
        if (code < 0)
            return code;
        la_ssize_t n = archive_read_data(t->in, t->block, BLOCK);
        if (n == 0)
            return 0;
        if (n < 0)
            return krx_fail(t->call, KRX_E_DATA_LOSS, "archive %s is damaged at %.200s: %s",
                            t->file, name, text_of(t->in));
        if ((t->left -= n) < 0)
            return refuse(t, name, "goes beyond what such an archive may hold");
        if (krx_write_all(fd, t->block, (size_t)n) != 0)
            return krx_fail(t->call, KRX_E_RESOURCE_EXHAUSTED, "can't unpack %s: %s", t->file,
                            strerror(errno));
    }
}

/* When it was made tells checkpoints of others apart. */
static int32_t keep_time(taker *t, struct archive_entry *entry, int fd)
{
    const struct timespec time = {.tv_sec = archive_entry_mtime(entry)};
    const struct timespec times[2] = {time, time};
    return futimens(fd, times) == 0 ? 0
                                    : krx_fail(t->call, KRX_E_RESOURCE_EXHAUSTED,
                                               "can't unpack %s: %s", t->file, strerror(errno));
}

static int32_t take_file(taker *t, const char *name, struct archive_entry *entry)
{
    krx_autofree char *full = krx_format("%s/%s", t->folder, name);
    if (!full)
        return no_memory(t->call);
    int32_t code = make_parents(t, full);
    if (code < 0)
        return code;
    krx_autoclose int fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && (errno == EEXIST || errno == ENOTDIR || errno == EISDIR))
        return refuse(t, name, "is in it twice");
    if (fd < 0)
        return krx_fail(t->call, KRX_E_RESOURCE_EXHAUSTED, "can't unpack %s: %s", full,
                        strerror(errno));
    code = copy_out(t, name, fd);
    return code < 0 ? code : keep_time(t, entry, fd);
}

static int32_t take_entry(taker *t, struct archive_entry *entry)
{
    const char *given = archive_entry_pathname(entry);
    char name[KRX_OCI_PLAIN_MAX];
    size_t length = given ? strlen(given) : 0;
    if (!length || length >= sizeof name)
        return refuse(t, given, "has no fit name");
    if (++t->entries > ENTRIES_MAX)
        return refuse(t, given, "is one entry too many");
    if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
        return refuse(t, given, "is a link");
    bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (!folder && archive_entry_filetype(entry) != AE_IFREG)
        return refuse(t, given, "is neither a file nor a folder");
    if (strncmp(given, "./", 2) == 0)
        given += 2;
    memcpy(name, given, strlen(given) + 1);
    length = strlen(name);
    if (folder && length && name[length - 1] == '/')
        name[--length] = '\0';
    if (folder && (!length || strcmp(name, ".") == 0))
        return 0;
    if (!krx_oci_plain_path(name, DEPTH_MAX))
        return refuse(t, given, "is no plain name below the archive");
    return folder ? 0 : take_file(t, name, entry); /* empty folders mean nothing */
}

static int64_t bound_of(int fd)
{
    struct stat st;
    int64_t bound;
    if (fstat(fd, &st) != 0 || __builtin_mul_overflow((int64_t)st.st_size, RATIO_MAX, &bound))
        return BYTES_FREE;
    bound = bound > BYTES_FREE ? bound : BYTES_FREE;
    return bound < BYTES_MAX ? bound : BYTES_MAX;
}

int32_t krx_oci_archive_take(krx_call *call, const char *file, const char *folder, int64_t max)
{
    auto_reader struct archive *in = archive_read_new();
    krx_autofree char *block = malloc(BLOCK);
    taker t = {.call = call, .in = in, .file = file, .folder = folder, .block = block};
    struct archive_entry *entry;
    struct stat st;
    if (!in || !block)
        return no_memory(call);
    krx_autoclose int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return krx_fail(call, errno == ENOENT ? KRX_E_NOT_FOUND : KRX_E_INVALID_ARGUMENT,
                        "can't read archive %s: %s", file, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "archive %s is no plain file", file);
    t.left = max > 0 ? max : bound_of(fd);
    if (archive_read_support_format_tar(in) != ARCHIVE_OK ||
        archive_read_support_filter_gzip(in) != ARCHIVE_OK ||
        archive_read_support_filter_zstd(in) != ARCHIVE_OK ||
        archive_read_open_fd(in, fd, BLOCK) != ARCHIVE_OK)
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "%s is no tar archive: %s", file,
                        text_of(in));
    for (;;) {
        int code = archive_read_next_header(in, &entry);
        if (code == ARCHIVE_EOF)
            return t.entries ? 0 : krx_fail(call, KRX_E_DATA_LOSS, "archive %s is empty", file);
        if (code != ARCHIVE_OK)
            return krx_fail(call, t.entries ? KRX_E_DATA_LOSS : KRX_E_INVALID_ARGUMENT,
                            "archive %s is %s: %s", file,
                            t.entries ? "damaged" : "no tar of a checkpoint", text_of(in));
        int32_t taken = take_entry(&t, entry);
        if (taken < 0)
            return taken;
    }
}
