/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/image: layers unpacked, also hostile ones. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/sha256.h"
#include "modules/oci/packer/unpack.h"
#include "modules/oci/store/tree.h"
#include "tests/unit/oci_folder.h"

#define LARGE ((size_t)700 * 1024)

typedef struct thing {
    const char *name;
    unsigned type;    /* AE_IF*, 0: a hard link */
    const char *text; /* contents, or where a link leads */
    unsigned mode;    /* 0: 0644 */
    const char *attribute;
} thing;

#define FILE_(name, text)                                                                          \
    {                                                                                              \
        name, AE_IFREG, text, 0, NULL                                                              \
    }
#define DIR_(name)                                                                                 \
    {                                                                                              \
        name, AE_IFDIR, NULL, 0755, NULL                                                           \
    }
#define LINK_(name, to)                                                                            \
    {                                                                                              \
        name, AE_IFLNK, to, 0, NULL                                                                \
    }
#define HARD_(name, to)                                                                            \
    {                                                                                              \
        name, 0, to, 0, NULL                                                                       \
    }

/* --------------------------------------------------------------------------------- making a layer
 */

static void add(struct archive *tar, const thing *t)
{
    struct archive_entry *entry = archive_entry_new();
    size_t length = t->type == AE_IFREG && t->text ? strlen(t->text) : 0;
    archive_entry_set_pathname(entry, t->name);
    archive_entry_set_filetype(entry, t->type ? t->type : AE_IFREG);
    archive_entry_set_perm(entry, t->mode ? t->mode : 0644);
    archive_entry_set_uid(entry, getuid());
    archive_entry_set_gid(entry, getgid());
    archive_entry_set_mtime(entry, 1000000000, 0);
    archive_entry_set_size(entry, (int64_t)length);
    if (t->type == AE_IFLNK)
        archive_entry_set_symlink(entry, t->text);
    if (t->type == 0)
        archive_entry_set_hardlink(entry, t->text);
    if (t->type == AE_IFCHR || t->type == AE_IFBLK)
        archive_entry_set_rdev(entry, makedev(1, 3));
    if (t->attribute)
        archive_entry_xattr_add_entry(entry, t->attribute, "y", 1);
    assert_int_equal(archive_write_header(tar, entry), ARCHIVE_OK);
    if (length)
        assert_int_equal(archive_write_data(tar, t->text, length), (la_ssize_t)length);
    archive_entry_free(entry);
}

/* The file layer.tar; a thing without a name ends the list. */
static const char *make(oci_folder *f, const thing *things, const char *filter)
{
    char *path = oci_path(f, "layer.tar");
    struct archive *tar = archive_write_new();
    assert_int_equal(archive_write_set_format_pax_restricted(tar), ARCHIVE_OK);
    if (filter)
        assert_true(archive_write_add_filter_by_name(tar, filter) >= ARCHIVE_WARN);
    assert_int_equal(archive_write_open_filename(tar, path), ARCHIVE_OK);
    for (const thing *t = things; t->name; t++)
        add(tar, t);
    assert_int_equal(archive_write_close(tar), ARCHIVE_OK);
    archive_write_free(tar);
    return path;
}

/* ----------------------------------------------------------------------------- what came of it */

static int32_t unpack(oci_folder *f, const krx_oci_unpack *with, krx_oci_unpacked *out)
{
    krx_oci_unpack u = *with;
    krx_oci_unpacked dropped;
    char *top = oci_path(f, "fs");
    f->call.error->message[0] = '\0';
    assert_int_equal(krx_oci_tree_remove(&f->call, AT_FDCWD, top, top), 0);
    assert_int_equal(mkdir(top, 0755), 0);
    u.source = open(oci_path(f, "layer.tar"), O_RDONLY | O_CLOEXEC);
    u.folder = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(u.source >= 0 && u.folder >= 0);
    u.user_attributes = getuid() != 0;
    u.bytes_max = u.bytes_max ? u.bytes_max : INT64_C(1) << 30;
    u.entries_max = u.entries_max ? u.entries_max : 1000;
    int32_t code = krx_oci_unpack_run(&f->call, &u, out ? out : &dropped);
    close(u.source);
    close(u.folder);
    return code;
}

static void unpacks(oci_folder *f, const thing *things)
{
    static const krx_oci_unpack plain = {0};
    (void)make(f, things, NULL);
    if (unpack(f, &plain, NULL) < 0)
        fail_msg("%s", f->error.message);
}

static struct stat look(oci_folder *f, const char *name)
{
    struct stat st;
    char *path = krx_arena_printf(f->arena, "%s/fs/%s", f->root, name);
    if (lstat(path, &st) < 0)
        fail_msg("%s is not there", path);
    return st;
}

static bool is_there(oci_folder *f, const char *name)
{
    struct stat st;
    return lstat(krx_arena_printf(f->arena, "%s/%s", f->root, name), &st) == 0;
}

static bool is_whiteout(oci_folder *f, const char *name)
{
    struct stat st = look(f, name);
    return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

static bool has_attribute(oci_folder *f, const char *name, const char *attribute)
{
    char value[8];
    char *path = krx_arena_printf(f->arena, "%s/fs/%s", f->root, name);
    return lgetxattr(path, attribute, value, sizeof value) >= 0;
}

static bool is_opaque(oci_folder *f, const char *name)
{
    return has_attribute(f, name, getuid() ? "user.overlay.opaque" : "trusted.overlay.opaque");
}

/* ---------------------------------------------------------------------------------------- tests */

static const thing ordinary[] = {
    DIR_("./"),
    DIR_("bin"),
    {"bin/tool", AE_IFREG, "tool", 04755, NULL},
    LINK_("bin/sh", "tool"),
    HARD_("bin/same", "bin/tool"),
    {"closed", AE_IFDIR, NULL, 0700, NULL},
    FILE_("closed/deep/er/file", "deep"),
    {"pipe", AE_IFIFO, NULL, 0622, NULL},
    LINK_("away", "/nowhere/../x"),
    {"noted", AE_IFREG, "x", 0, "user.note"},
    FILE_("\xc3\xa4\xc3\xb6", "name"),
    {NULL, 0, NULL, 0, NULL},
};

static void check_ordinary(oci_folder *f)
{
    struct stat tool = look(f, "bin/tool"), same = look(f, "bin/same");
    assert_int_equal(tool.st_mode & 07777, 04755);
    assert_int_equal(tool.st_mtime, 1000000000);
    assert_int_equal(tool.st_ino, same.st_ino);
    assert_true(S_ISLNK(look(f, "bin/sh").st_mode));
    assert_true(S_ISLNK(look(f, "away").st_mode));
    assert_int_equal(look(f, "closed").st_mode & 07777, 0700);
    assert_int_equal(look(f, "closed").st_mtime, 1000000000);
    assert_int_equal(look(f, "bin").st_mtime, 1000000000);
    assert_string_equal(oci_read(f, "fs/closed/deep/er/file"), "deep");
    assert_true(S_ISFIFO(look(f, "pipe").st_mode));
    assert_int_equal(look(f, "pipe").st_mode & 07777, 0622);
    assert_true(has_attribute(f, "noted", "user.note"));
    assert_string_equal(oci_read(f, "fs/\xc3\xa4\xc3\xb6"), "name");
}

static void layers_become_folders(void **state)
{
    oci_folder *f = *state;
    static const char *const filters[] = {NULL, "gzip", "zstd"};
    krx_oci_unpacked plain = {0};
    for (size_t i = 0; i < KRX_COUNT(filters); i++) {
        krx_oci_unpacked out;
        (void)make(f, ordinary, filters[i]);
        const krx_oci_unpack wanted = {.diff_id = i ? plain.diff_id : NULL};
        if (unpack(f, &wanted, &out) < 0)
            fail_msg("%s: %s", filters[i] ? filters[i] : "plain", f->error.message);
        check_ordinary(f);
        assert_int_equal(out.entries, KRX_COUNT(ordinary) - 1);
        if (!filters[i])
            plain = out;
    }
    assert_int_equal(strlen(plain.diff_id), strlen("sha256:") + 64);
}

static void whiteouts_become_those_of_overlayfs(void **state)
{
    static const thing things[] = {
        DIR_("a"),
        FILE_("a/.wh.gone", ""),
        FILE_("opaque/.wh..wh..opq", ""),
        FILE_("opaque/kept", "x"),
        FILE_(".wh..wh.aufs", ""),
        /* removed below, and new here: in both orders */
        FILE_(".wh.file", ""),
        FILE_("file", "new"),
        FILE_("first", "new"),
        FILE_(".wh.first", ""),
        FILE_(".wh.folder", ""),
        DIR_("folder"),
        FILE_(".wh.parent", ""),
        FILE_("parent/file", "x"),
        DIR_("before"),
        FILE_(".wh.before", ""),
        {NULL, 0, NULL, 0, NULL},
    };
    oci_folder *f = *state;
    unpacks(f, things);
    assert_true(is_whiteout(f, "a/gone"));
    assert_false(is_there(f, "fs/a/.wh.gone"));
    assert_true(is_opaque(f, "opaque"));
    assert_string_equal(oci_read(f, "fs/opaque/kept"), "x");
    assert_false(is_there(f, "fs/.wh..wh.aufs"));
    assert_string_equal(oci_read(f, "fs/file"), "new");
    assert_string_equal(oci_read(f, "fs/first"), "new");
    assert_true(is_opaque(f, "folder"));
    assert_true(is_opaque(f, "parent"));
    assert_true(is_opaque(f, "before"));
    assert_false(is_opaque(f, "a"));
}

static void later_entries_replace_earlier_ones(void **state)
{
    static const thing things[] = {
        FILE_("x", "first"),
        FILE_("x", "second"),
        DIR_("d"),
        FILE_("d/inside", "x"),
        FILE_("d", "a file"),
        LINK_("l", "x"),
        FILE_("l", "plain"),
        DIR_("e"),
        FILE_("e/f", "1"),
        DIR_("e"),
        {NULL, 0, NULL, 0, NULL},
    };
    oci_folder *f = *state;
    unpacks(f, things);
    assert_string_equal(oci_read(f, "fs/x"), "second");
    assert_string_equal(oci_read(f, "fs/d"), "a file");
    assert_true(S_ISREG(look(f, "l").st_mode));
    assert_string_equal(oci_read(f, "fs/e/f"), "1");
}

/* As merged /usr has it. */
static void links_within_the_layer_are_followed(void **state)
{
    static const thing things[] = {
        DIR_("usr"),
        DIR_("usr/lib"),
        LINK_("lib", "usr/lib"),
        FILE_("lib/x", "here"),
        {NULL, 0, NULL, 0, NULL},
    };
    oci_folder *f = *state;
    unpacks(f, things);
    assert_string_equal(oci_read(f, "fs/usr/lib/x"), "here");
    assert_true(S_ISLNK(look(f, "lib").st_mode));
}

static void attributes_of_overlayfs_are_dropped(void **state)
{
    static const thing things[] = {
        {"a", AE_IFDIR, NULL, 0755, "user.overlay.opaque"},
        {"b", AE_IFDIR, NULL, 0755, "trusted.overlay.opaque"},
        {"c", AE_IFREG, "x", 0, "trusted.overlay.redirect"},
        {"d", AE_IFREG, "x", 0, "security.selinux"},
        {NULL, 0, NULL, 0, NULL},
    };
    oci_folder *f = *state;
    unpacks(f, things);
    assert_false(has_attribute(f, "a", "user.overlay.opaque"));
    assert_false(has_attribute(f, "b", "trusted.overlay.opaque"));
    assert_false(has_attribute(f, "c", "trusted.overlay.redirect"));
}

static void what_leads_out_is_refused(void **state)
{
    static const struct {
        const char *why;
        thing things[5];
    } rows[] = {
        {"no path inside", {FILE_("../outside/new", "x")}},
        {"no path inside", {FILE_("a/../../outside/new", "x")}},
        {"no path inside", {FILE_("/tmp/outside-new", "x")}},
        {"no path inside", {DIR_("..")}},
        {"leads out", {LINK_("l", "../outside"), FILE_("l/new", "x")}},
        {"leads out", {LINK_("l", "/"), FILE_("l/tmp/new", "x")}},
        {"leads out", {LINK_("l", ".."), LINK_("m", "l"), FILE_("m/outside/new", "x")}},
        {"leads out", {LINK_("l", "../outside"), FILE_("l/.wh.secret", "")}},
        {"leads out", {LINK_("l", "../outside"), FILE_("l/.wh..wh..opq", "")}},
        {"leads out", {HARD_("h", "../outside/secret")}},
        {"leads out", {HARD_("h", "/etc/passwd")}},
        {"leads out", {LINK_("l", "../outside"), HARD_("h", "l/secret")}},
        {"no file in this layer", {HARD_("h", "nothing")}},
        {"no file in this layer", {DIR_("d"), HARD_("h", "d")}},
        {"not there", {HARD_("h", "no/thing")}},
        {"no folder", {FILE_("f", "x"), FILE_("f/g", "x")}},
        {"no folder", {FILE_(".", "x")}},
        {"a device", {{"null", AE_IFCHR, NULL, 0666, NULL}}},
        {"a device", {{"disk", AE_IFBLK, NULL, 0666, NULL}}},
        {"as a whole", {FILE_("d/.wh..", "")}},
        {"as a whole", {FILE_("d/.wh...", "")}},
    };
    static const krx_oci_unpack plain = {0};
    oci_folder *f = *state;
    (void)oci_write(f, "outside/secret", "kept", 0600);
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        (void)make(f, rows[i].things, NULL);
        int32_t code = unpack(f, &plain, NULL);
        if (code != KRX_E_DATA_LOSS || !strstr(f->error.message, rows[i].why))
            fail_msg("row %zu: %d %s", i, code, f->error.message);
        assert_string_equal(oci_read(f, "outside/secret"), "kept");
        assert_false(is_there(f, "outside/new"));
    }
    assert_int_equal(access("/tmp/outside-new", F_OK), -1);
    assert_int_equal(access("/tmp/new", F_OK), -1);
}

/* A link in the last place is replaced, never written through. */
static void links_are_not_written_through(void **state)
{
    static const thing things[] = {
        LINK_("l", "../outside/secret"), FILE_("l", "mine"),
        LINK_("m", "../outside"),        DIR_("m"),
        FILE_("m/secret", "mine"),       {NULL, 0, NULL, 0, NULL},
    };
    oci_folder *f = *state;
    (void)oci_write(f, "outside/secret", "kept", 0600);
    unpacks(f, things);
    assert_string_equal(oci_read(f, "outside/secret"), "kept");
    assert_string_equal(oci_read(f, "fs/l"), "mine");
    assert_string_equal(oci_read(f, "fs/m/secret"), "mine");
}

static void bombs_are_refused(void **state)
{
    oci_folder *f = *state;
    char *zeros = krx_arena_alloc(f->arena, LARGE + 1);
    memset(zeros, '0', LARGE);
    const thing things[] = {
        FILE_("big", zeros), FILE_("b", zeros), FILE_("c", zeros), {NULL, 0, NULL, 0, NULL}};
    const char *path = make(f, things, "gzip");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 100 * 1024);
    const krx_oci_unpack small = {.bytes_max = 1024 * 1024}, smaller = {.bytes_max = 1024 * 100},
                         few = {.entries_max = 2},
                         enough = {.bytes_max = (int64_t)LARGE * 4, .entries_max = 3};
    assert_int_equal(unpack(f, &small, NULL), KRX_E_RESOURCE_EXHAUSTED);
    assert_in(f->error.message, "more than 1Mi");
    assert_false(is_there(f, "fs/c"));
    assert_int_equal(unpack(f, &smaller, NULL), KRX_E_RESOURCE_EXHAUSTED);
    assert_in(f->error.message, "'big' is larger than allowed");
    assert_int_equal(unpack(f, &few, NULL), KRX_E_RESOURCE_EXHAUSTED);
    assert_in(f->error.message, "more than 2 entries");
    assert_int_equal(unpack(f, &enough, NULL), 0);
}

static void damage_is_noticed(void **state)
{
    static const char *const filters[] = {NULL, "gzip", "zstd"};
    static const krx_oci_unpack plain = {0},
                                other = {.diff_id = "sha256:00000000000000000000000000000000"
                                                    "00000000000000000000000000000000"};
    oci_folder *f = *state;
    char *text = krx_arena_alloc(f->arena, 200001);
    for (size_t i = 0; i < 200000; i++)
        text[i] = (char)('a' + (i * i / 7) % 26);
    const thing things[] = {FILE_("file", text), {NULL, 0, NULL, 0, NULL}};
    for (size_t i = 0; i < KRX_COUNT(filters); i++) {
        const char *path = make(f, things, filters[i]);
        struct stat st;
        assert_int_equal(unpack(f, &other, NULL), KRX_E_DATA_LOSS);
        assert_in(f->error.message, "not what its image says");
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(truncate(path, st.st_size / 2), 0);
        assert_int_equal(unpack(f, &plain, NULL), KRX_E_DATA_LOSS);
    }
    (void)oci_write(f, "layer.tar", "this is no archive, but long enough to be looked at", 0600);
    assert_int_equal(unpack(f, &plain, NULL), KRX_E_DATA_LOSS);
}

static void giving_up_ends_it(void **state)
{
    static const krx_oci_unpack plain = {0};
    oci_folder *f = *state;
    (void)make(f, ordinary, NULL);
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    close(fds[1]);
    /* removing what is there goes by the call too */
    assert_int_equal(unpack(f, &plain, NULL), 0);
    assert_int_equal(krx_oci_tree_remove(&f->call, AT_FDCWD, oci_path(f, "fs"), "fs"), 0);
    f->call.cancel_fd = fds[0];
    assert_int_equal(unpack(f, &plain, NULL), KRX_E_CANCELLED);
    f->call.cancel_fd = -1;
    close(fds[0]);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, oci_folder_setup, oci_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(layers_become_folders),
        TEST(whiteouts_become_those_of_overlayfs),
        TEST(later_entries_replace_earlier_ones),
        TEST(links_within_the_layer_are_followed),
        TEST(attributes_of_overlayfs_are_dropped),
        TEST(what_leads_out_is_refused),
        TEST(links_are_not_written_through),
        TEST(bombs_are_refused),
        TEST(damage_is_noticed),
        TEST(giving_up_ends_it),
    };
    /* libarchive writes names as the locale has them */
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
