/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/note.h"
#include "lib/base/fd.h"
#include "tests/unit/sandbox.h"

typedef struct image {
    sandbox *box;
    krx_str bytes;
    ElfW(Phdr) * note; /* inside bytes */
} image;

/* The good module's file, to be damaged. */
static image take_image(void **state)
{
    image out = {.box = *state};
    assert_int_equal(
        krx_read_file(&out.box->call, KRX_BADMODS "/bad_good.so", 1u << 24, &out.bytes), 0);
    ElfW(Ehdr) *head = (void *)out.bytes.data;
    ElfW(Phdr) *segments = (void *)(out.bytes.data + head->e_phoff);
    for (size_t i = 0; i < head->e_phnum; i++)
        if (segments[i].p_type == PT_NOTE &&
            memmem(out.bytes.data + segments[i].p_offset, segments[i].p_filesz, "kranix", 7))
            out.note = &segments[i];
    assert_non_null(out.note);
    return out;
}

static krx_note_record *record_of(image *im)
{
    char *start = im->bytes.data + im->note->p_offset;
    char *owner = memmem(start, im->note->p_filesz, "kranix", 7);
    return (krx_note_record *)(void *)(owner - offsetof(krx_note_record, owner));
}

static int32_t parse(image *im, krx_note *out)
{
    return krx_note_parse(&im->box->call, im->bytes.data, im->bytes.length, "x.so", out);
}

static void test_good(void **state)
{
    krx_note from_memory, from_file;
    image im = take_image(state);
    assert_int_equal(parse(&im, &from_memory), 0);
    assert_string_equal(from_memory.name, "good");
    assert_string_equal(from_memory.version, "1.2.3");
    assert_int_equal(from_memory.abi_major, KRX_ABI_MAJOR);
    assert_int_equal(from_memory.abi_minor, KRX_ABI_MINOR);
    int fd = open(KRX_BADMODS "/bad_good.so", O_RDONLY | O_CLOEXEC);
    assert_int_equal(krx_note_read(&im.box->call, fd, "x.so", &from_file), 0);
    assert_memory_equal(&from_file, &from_memory, sizeof from_file);
    close(fd);
    krx_str_free(&im.bytes);
}

static void assert_refused(image *im, const char *why)
{
    krx_note note;
    assert_int_equal(parse(im, &note), KRX_E_FAILED_PRECONDITION);
    assert_message(im->box, "x.so");
    assert_message(im->box, why);
    assert_string_equal(note.name, "");
    krx_str_free(&im->bytes);
}

static void test_texts(void **state)
{
    image im = take_image(state);
    memset(record_of(&im)->note.name, 'a', KRX_NOTE_NAME_MAX);
    assert_refused(&im, "does not end");
    im = take_image(state);
    memset(record_of(&im)->note.version, '1', KRX_NOTE_TEXT_MAX);
    assert_refused(&im, "does not end");
    im = take_image(state);
    memcpy(record_of(&im)->note.name, "../x", 5);
    assert_refused(&im, "no valid name");
    im = take_image(state);
    record_of(&im)->note.name[0] = '\0';
    assert_refused(&im, "no valid name");
    im = take_image(state);
    memcpy(record_of(&im)->note.version, "1 2", 4);
    assert_refused(&im, "no valid version");
}

static void test_sizes(void **state)
{
    image im = take_image(state);
    record_of(&im)->note_size = UINT32_MAX;
    assert_refused(&im, "cut short");
    im = take_image(state);
    record_of(&im)->owner_size = UINT32_MAX;
    assert_refused(&im, "cut short");
    im = take_image(state);
    im.note->p_filesz = KRX_NOTE_SEGMENT_MAX + 1;
    assert_refused(&im, "too large");
    im = take_image(state);
    im.note->p_offset = (ElfW(Off)) - 1;
    assert_refused(&im, "cut short");
    im = take_image(state);
    im.note->p_type = PT_NULL;
    assert_refused(&im, "no kranix note");
}

static void test_headers(void **state)
{
    image im = take_image(state);
    ((ElfW(Ehdr) *)(void *)im.bytes.data)->e_phoff = (ElfW(Off)) - 8;
    assert_refused(&im, "cut short");
    im = take_image(state);
    ((ElfW(Ehdr) *)(void *)im.bytes.data)->e_phnum = 0xffff;
    assert_refused(&im, "program headers are damaged");
    im = take_image(state);
    ((ElfW(Ehdr) *)(void *)im.bytes.data)->e_phentsize = 1;
    assert_refused(&im, "program headers are damaged");
    im = take_image(state);
    im.bytes.data[EI_DATA] = ELFDATA2MSB + ELFDATA2LSB - im.bytes.data[EI_DATA];
    assert_refused(&im, "another machine");
    im = take_image(state);
    im.bytes.data[0] = 'X';
    assert_refused(&im, "not an ELF file");
}

/* However much of the file is missing, it is refused or read in full, never half. */
static void test_every_length(void **state)
{
    image im = take_image(state);
    krx_note note;
    size_t needed = im.note->p_offset + im.note->p_filesz;
    for (size_t length = 0; length < needed; length++) {
        char *exact = malloc(length ? length : 1);
        assert_non_null(exact);
        memcpy(exact, im.bytes.data, length);
        assert_int_equal(krx_note_parse(&im.box->call, exact, length, "x.so", &note),
                         KRX_E_FAILED_PRECONDITION);
        free(exact);
    }
    krx_str_free(&im.bytes);
}

static void test_compatible(void **state)
{
    sandbox *box = *state;
    krx_note note = {.abi_major = KRX_ABI_MAJOR, .abi_minor = KRX_ABI_MINOR + 9};
    assert_int_equal(krx_note_compatible(&box->call, &note, "x.so"), 0);
    note.min_host_minor = KRX_ABI_MINOR + 1;
    assert_int_equal(krx_note_compatible(&box->call, &note, "x.so"), KRX_E_FAILED_PRECONDITION);
    assert_hint(box, "update kranix");
    note = (krx_note){.abi_major = KRX_ABI_MAJOR - 1};
    assert_int_equal(krx_note_compatible(&box->call, &note, "x.so"), KRX_E_FAILED_PRECONDITION);
    assert_message(box, "was built with kranix SDK 0.0; this host offers 1.");
    assert_hint(box, "rebuild the module with SDK 1.x");
}

static void test_versions(void **state)
{
    static const char *const rising[] = {"0.9",      "1.0-alpha", "1.0-rc1", "1.0-rc2", "1.0-rc10",
                                         "1.0",      "1.0.1",     "1.2",     "1.9.9",   "1.10",
                                         "2.0.0-rc", "2.0.0",     "10"};
    const size_t count = sizeof rising / sizeof rising[0];
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            int order = krx_version_compare(rising[i], rising[k]);
            if ((order < 0) != (i < k) || (order > 0) != (i > k))
                fail_msg("%s and %s: %d", rising[i], rising[k], order);
        }
    assert_int_equal(krx_version_compare("1.02", "1.2"), 0);
    assert_int_equal(krx_version_compare("1.2+build5", "1.2"), 0);
    assert_true(krx_version_compare("99999999999999999999999", "99999999999999999999998") > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),         TEST(test_texts),      TEST(test_sizes),    TEST(test_headers),
        TEST(test_every_length), TEST(test_compatible), TEST(test_versions),
    };
    return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
