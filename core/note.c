/* SPDX-License-Identifier: Apache-2.0 */
#include "core/note.h"

#include <ctype.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/allow.h"
#include "lib/base/cleanup.h"

#define REINSTALL "install the module for this machine again"

/* Our own ELF header, put there by the linker: what a module must be like. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* A file or a buffer. */
typedef struct source {
    krx_call *call;
    const char *path;
    int fd;
    const unsigned char *data;
    uint64_t size;
} source;

static int32_t refuse(const source *from, const char *why)
{
    krx_fail(from->call, KRX_E_FAILED_PRECONDITION, "%s is no kranix module: %s", from->path, why);
    return KRX_E_FAILED_PRECONDITION;
}

static int32_t read_file_at(const source *from, uint64_t offset, unsigned char *out, size_t length)
{
    while (length) {
        ssize_t n = pread(from->fd, out, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int saved = errno;
            krx_fail(from->call, KRX_E_UNAVAILABLE, "reading %s: %s", from->path, strerror(saved));
            from->call->error->sys_errno = saved;
            return KRX_E_UNAVAILABLE;
        }
        if (n == 0)
            return refuse(from, "the file is cut short");
        out += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

static int32_t read_at(const source *from, uint64_t offset, void *out, size_t length)
{
    if (offset > from->size || length > from->size - offset)
        return refuse(from, "the file is cut short");
    if (!from->data)
        return read_file_at(from, offset, out, length);
    memcpy(out, from->data + offset, length);
    return 0;
}

static int32_t read_header(const source *from, ElfW(Ehdr) * header)
{
    const ElfW(Ehdr) *own = &__ehdr_start;
    if (from->size < sizeof *header)
        return refuse(from, "it is not an ELF file");
    int32_t rc = read_at(from, 0, header, sizeof *header);
    if (rc < 0)
        return rc;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(from, "it is not an ELF file");
    if (header->e_ident[EI_CLASS] != own->e_ident[EI_CLASS] ||
        header->e_ident[EI_DATA] != own->e_ident[EI_DATA] || header->e_machine != own->e_machine) {
        krx_fail(
            from->call, KRX_E_FAILED_PRECONDITION,
            "%s is built for another machine (ELF machine %u, class %u; this program is %u, %u)",
            from->path, header->e_machine, header->e_ident[EI_CLASS], own->e_machine,
            own->e_ident[EI_CLASS]);
        return krx_hint(from->call, REINSTALL);
    }
    if (header->e_type != ET_DYN)
        return refuse(from, "it is not a shared object");
    if (header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phnum == 0 ||
        header->e_phnum > KRX_NOTE_PHDRS_MAX)
        return refuse(from, "its program headers are damaged");
    return 0;
}

static bool text_is_terminated(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool version_is_valid(const char *version)
{
    for (const char *p = version; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr(".+~_-", *p))
            return false;
    return *version != '\0';
}

static int32_t take_note(const source *from, const unsigned char *desc, size_t size, krx_note *out)
{
    krx_note note;
    if (out->magic)
        return refuse(from, "it has more than one kranix note");
    if (size < sizeof note)
        return refuse(from, "its kranix note is cut short");
    memcpy(&note, desc, sizeof note);
    if (note.magic != KRX_NOTE_MAGIC)
        return refuse(from, "its kranix note has the wrong magic number");
    if (note.note_version != KRX_NOTE_VERSION) {
        krx_fail(from->call, KRX_E_FAILED_PRECONDITION,
                 "%s has a kranix note of version %u; this host reads version %u", from->path,
                 note.note_version, KRX_NOTE_VERSION);
        return krx_hint(from->call, note.note_version > KRX_NOTE_VERSION
                                        ? "update kranix"
                                        : "rebuild the module with the present SDK");
    }
    if (!text_is_terminated(note.name, sizeof note.name) ||
        !text_is_terminated(note.version, sizeof note.version))
        return refuse(from, "a text of its kranix note does not end");
    if (!krx_module_name_valid(note.name))
        return refuse(from, "its kranix note has no valid name");
    if (!version_is_valid(note.version))
        return refuse(from, "its kranix note has no valid version");
    *out = note;
    return 0;
}

static size_t padded(size_t size, size_t align)
{
    return (size + align - 1) / align * align;
}

/* All sizes are at most those of the segment, so that no sum overflows. */
static int32_t scan_segment(const source *from, const unsigned char *p, size_t left, size_t align,
                            krx_note *out)
{
    size_t at = 0;
    while (left - at >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        memcpy(&head, p + at, sizeof head);
        size_t owner = at + sizeof head;
        if (head.n_namesz > left - owner)
            return refuse(from, "a note in it is cut short");
        size_t desc = padded(owner + head.n_namesz, align);
        if (desc > left || head.n_descsz > left - desc)
            return refuse(from, "a note in it is cut short");
        if (head.n_type == KRX_NOTE_TYPE && head.n_namesz == sizeof KRX_NOTE_OWNER &&
            memcmp(p + owner, KRX_NOTE_OWNER, sizeof KRX_NOTE_OWNER) == 0) {
            int32_t rc = take_note(from, p + desc, head.n_descsz, out);
            if (rc < 0)
                return rc;
        }
        at = padded(desc + head.n_descsz, align);
        if (at > left)
            break;
    }
    return 0;
}

static int32_t read_segment(const source *from, const ElfW(Phdr) * segment, krx_note *out)
{
    if (segment->p_filesz > KRX_NOTE_SEGMENT_MAX)
        return refuse(from, "a note segment in it is too large");
    size_t size = (size_t)segment->p_filesz;
    krx_autofree unsigned char *bytes = malloc(size ? size : 1);
    if (!bytes)
        return krx_fail(from->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory reading %s",
                        from->path);
    int32_t rc = read_at(from, segment->p_offset, bytes, size);
    return rc < 0 ? rc : scan_segment(from, bytes, size, segment->p_align == 8 ? 8 : 4, out);
}

static int32_t find_note(const source *from, krx_note *out)
{
    ElfW(Ehdr) header;
    *out = (krx_note){0};
    int32_t rc = read_header(from, &header);
    for (unsigned i = 0; rc == 0 && i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        if (header.e_phoff > from->size)
            return refuse(from, "the file is cut short");
        rc = read_at(from, header.e_phoff + i * sizeof segment, &segment, sizeof segment);
        if (rc == 0 && segment.p_type == PT_NOTE)
            rc = read_segment(from, &segment, out);
    }
    if (rc < 0) {
        *out = (krx_note){0};
        return rc;
    }
    if (out->magic)
        return 0;
    refuse(from, "it has no kranix note");
    return krx_hint(from->call,
                    "modules declare themselves with KRX_MODULE() of <kranix/module.h>");
}

int32_t krx_note_read(krx_call *call, int fd, const char *path, krx_note *out)
{
    struct stat st;
    *out = (krx_note){0};
    if (fstat(fd, &st) < 0)
        return krx_fail(call, KRX_E_UNAVAILABLE, "reading %s: %s", path, strerror(errno));
    source from = {.call = call, .path = path, .fd = fd, .size = (uint64_t)st.st_size};
    return find_note(&from, out);
}

int32_t krx_note_parse(krx_call *call, const void *data, size_t length, const char *path,
                       krx_note *out)
{
    source from = {.call = call, .path = path, .fd = -1, .data = data, .size = length};
    return find_note(&from, out);
}

int32_t krx_note_compatible(krx_call *call, const krx_note *note, const char *path)
{
    if (note->abi_major != KRX_ABI_MAJOR) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "%s was built with kranix SDK %u.%u; this host offers %d.%d", path,
                 note->abi_major, note->abi_minor, KRX_ABI_MAJOR, KRX_ABI_MINOR);
        return note->abi_major > KRX_ABI_MAJOR
                   ? krx_hint(call, "update kranix, or rebuild the module with SDK %d.x",
                              KRX_ABI_MAJOR)
                   : krx_hint(call, "rebuild the module with SDK %d.x", KRX_ABI_MAJOR);
    }
    if (note->min_host_minor > KRX_ABI_MINOR) {
        krx_fail(call, KRX_E_FAILED_PRECONDITION,
                 "%s needs a host that offers SDK %u.%u or later; this one offers %d.%d", path,
                 note->abi_major, note->min_host_minor, KRX_ABI_MAJOR, KRX_ABI_MINOR);
        return krx_hint(call, "update kranix, or install an older version of the module");
    }
    return 0;
}

/* Compares runs of digits as numbers of any length. */
static int compare_numbers(const char **a, const char **b)
{
    const char *x = *a + strspn(*a, "0"), *y = *b + strspn(*b, "0");
    size_t n = strspn(x, "0123456789"), m = strspn(y, "0123456789");
    *a = x + n;
    *b = y + m;
    if (n != m)
        return n < m ? -1 : 1;
    return strncmp(x, y, n);
}

/* Rank of what ends a component: a pre-release comes before the end, the end before more. */
static int rank(char c)
{
    return c == '-' || c == '~' ? 0 : c == '\0' || c == '+' ? 1 : 2;
}

int krx_version_compare(const char *a, const char *b)
{
    for (;;) {
        int order = 0;
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            order = compare_numbers(&a, &b);
        } else if (rank(*a) != rank(*b)) {
            order = rank(*a) - rank(*b);
        } else if (rank(*a) == 1) {
            return 0;
        } else {
            order = (unsigned char)*a++ - (unsigned char)*b++;
        }
        if (order)
            return order;
    }
}
