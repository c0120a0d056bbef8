/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/keeper: archives of checkpoints, also hostile ones, and what a container changed. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "modules/oci/packer/archive.h"
#include "tests/unit/unit.h"

typedef struct fixture {
    char root[64];
    krx_error error;
    krx_call call;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    (void)unit_template(f->root, sizeof f->root, "oci-archive");
    if (!mkdtemp(f->root))
        return -1;
    krx_call_init(&f->call, &f->error);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    fixture *f = *state;
    int code = nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return code;
}

static const char *at(fixture *f, const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", f->root, name);
    return path;
}

static void folder(fixture *f, const char *name)
{
    assert_int_equal(mkdir(at(f, name), 0755), 0);
}

static void put(fixture *f, const char *name, const char *text)
{
    assert_int_equal(krx_replace_file(&f->call, at(f, name), text, strlen(text), 0644), 0);
}

static void same(fixture *f, const char *name, const char *text)
{
    krx_auto_str krx_str got = {0};
    assert_int_equal(krx_read_file(&f->call, at(f, name), 1 << 20, &got), 0);
    assert_string_equal(krx_str_get(&got), text);
}

static void there_and_back(fixture *f, const char *name)
{
    const char *file = at(f, name);
    struct stat st;
    folder(f, "out");
    assert_int_equal(krx_oci_archive_make(&f->call, file, at(f, "in")), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(krx_oci_archive_take(&f->call, file, at(f, "out"), 0), 0);
    same(f, "out/checkpoint.json", "{}");
    same(f, "out/checkpoint/pages-1.img", "pages");
    assert_int_equal(nftw(at(f, "out"), remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void archives_come_back(void **state)
{
    fixture *f = *state;
    folder(f, "in");
    folder(f, "in/checkpoint");
    put(f, "in/checkpoint.json", "{}");
    put(f, "in/checkpoint/pages-1.img", "pages");
    there_and_back(f, "a.tar");
    there_and_back(f, "a.tar.gz");
    there_and_back(f, "a.tar.zst");
    /* What was there is replaced, and only by a whole one. */
    put(f, "b.tar", "old");
    assert_int_equal(symlink("/etc/passwd", at(f, "in/link")), 0);
    assert_int_equal(krx_oci_archive_make(&f->call, at(f, "b.tar"), at(f, "in")), KRX_E_DATA_LOSS);
    same(f, "b.tar", "old");
    assert_int_equal(access(at(f, "b.tar.part"), F_OK), -1);
}

/* ---------------------------------------------------------------------------------------- hostile
 */

typedef struct piece {
    const char *name;
    mode_t type;
    const char *data;
    const char *link; /* of a symbolic or (type 0) a hard link */
} piece;

static void craft(const char *file, const piece *pieces, size_t count)
{
    struct archive *a = archive_write_new();
    assert_int_equal(archive_write_set_format_pax(a), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(a, file), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *e = archive_entry_new();
        const piece *p = &pieces[i];
        archive_entry_set_pathname(e, p->name);
        archive_entry_set_filetype(e, p->type ? p->type : AE_IFREG);
        archive_entry_set_perm(e, 0644);
        archive_entry_set_size(e, p->data ? (la_int64_t)strlen(p->data) : 0);
        if (p->link && p->type)
            archive_entry_set_symlink(e, p->link);
        else if (p->link)
            archive_entry_set_hardlink(e, p->link);
        if (p->type == AE_IFCHR)
            archive_entry_set_rdev(e, makedev(1, 3));
        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
        if (p->data)
            assert_true(archive_write_data(a, p->data, strlen(p->data)) >= 0);
        archive_entry_free(e);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

static void hostile_ones_are_refused(void **state)
{
    static const struct {
        piece pieces[2];
        const char *why;
    } rows[] = {
        {{{"../evil", AE_IFREG, "x", NULL}}, "no plain name"},
        {{{"checkpoint/../../evil", AE_IFREG, "x", NULL}}, "no plain name"},
        {{{"/tmp/evil", AE_IFREG, "x", NULL}}, "no plain name"},
        {{{"a/b/c/d/e/f/g/h", AE_IFREG, "x", NULL}}, "no plain name"},
        {{{"with blank", AE_IFREG, "x", NULL}}, "no plain name"},
        {{{"dir", AE_IFLNK, NULL, "/tmp"}, {"dir/evil", AE_IFREG, "x", NULL}}, "is a link"},
        {{{"a", AE_IFREG, "x", NULL}, {"b", 0, NULL, "/etc/passwd"}}, "is a link"},
        {{{"null", AE_IFCHR, NULL, NULL}}, "neither a file nor a folder"},
        {{{"pipe", AE_IFIFO, NULL, NULL}}, "neither a file nor a folder"},
        {{{"a", AE_IFREG, "x", NULL}, {"a", AE_IFREG, "y", NULL}}, "is in it twice"},
        {{{"a", AE_IFREG, "x", NULL}, {"a/b", AE_IFREG, "y", NULL}}, "is in it twice"},
        {{{"a", AE_IFREG, "xxxxx", NULL}, {"b", AE_IFREG, "xxxxxx", NULL}}, "goes beyond"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        folder(f, "out");
        craft(at(f, "x.tar"), rows[i].pieces, rows[i].pieces[1].name ? 2 : 1);
        assert_int_equal(krx_oci_archive_take(&f->call, at(f, "x.tar"), at(f, "out"), 10),
                         KRX_E_INVALID_ARGUMENT);
        if (!strstr(f->error.message, rows[i].why))
            fail_msg("%s: %s", rows[i].pieces[0].name, f->error.message);
        assert_int_equal(access(at(f, "evil"), F_OK), -1);
        assert_int_equal(nftw(at(f, "out"), remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    }
}

/* Little that becomes much. */
static void bombs_are_refused(void **state)
{
    fixture *f = *state;
    char zeros[4096] = {0};
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    assert_int_equal(archive_write_set_format_pax(a), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(a, at(f, "bomb.tar.gz")), ARCHIVE_OK);
    archive_entry_set_pathname(e, "zeros");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_size(e, 4096 * 512);
    assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
    for (int i = 0; i < 512; i++)
        assert_int_equal(archive_write_data(a, zeros, sizeof zeros), sizeof zeros);
    archive_entry_free(e);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    folder(f, "out");
    assert_int_equal(krx_oci_archive_take(&f->call, at(f, "bomb.tar.gz"), at(f, "out"), 1 << 20),
                     KRX_E_INVALID_ARGUMENT);
    assert_non_null(strstr(f->error.message, "goes beyond"));
}

static void what_is_no_archive(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str whole = {0};
    folder(f, "out");
    assert_int_equal(krx_oci_archive_take(&f->call, at(f, "none"), at(f, "out"), 0),
                     KRX_E_NOT_FOUND);
    put(f, "text", "this is no archive");
    assert_int_equal(krx_oci_archive_take(&f->call, at(f, "text"), at(f, "out"), 0),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_oci_archive_take(&f->call, f->root, at(f, "out"), 0),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_oci_archive_take(&f->call, "/dev/zero", at(f, "out"), 0),
                     KRX_E_INVALID_ARGUMENT);
    const piece one = {"a", AE_IFREG, "some text that is longer than half of it", NULL};
    craft(at(f, "x.tar"), &one, 1);
    assert_int_equal(krx_read_file(&f->call, at(f, "x.tar"), 1 << 20, &whole), 0);
    assert_int_equal(truncate(at(f, "x.tar"), 520), 0);
    assert_int_equal(krx_oci_archive_take(&f->call, at(f, "x.tar"), at(f, "out"), 0),
                     KRX_E_DATA_LOSS);
}

/* ---------------------------------------------------------------------------------------- changes
 */

static bool listed(const char *file, const char *name, char *data, size_t size)
{
    struct archive *a = archive_read_new();
    struct archive_entry *e;
    bool found = false;
    assert_int_equal(archive_read_support_format_tar(a), ARCHIVE_OK);
    assert_int_equal(archive_read_open_filename(a, file, 10240), ARCHIVE_OK);
    while (archive_read_next_header(a, &e) == ARCHIVE_OK)
        if (strcmp(archive_entry_pathname(e), name) == 0) {
            la_ssize_t n = data ? archive_read_data(a, data, size - 1) : 0;
            if (data)
                data[n > 0 ? n : 0] = '\0';
            found = archive_entry_xattr_count(e) == 0;
        }
    archive_read_free(a);
    return found;
}

static void changes_become_a_layer(void **state)
{
    fixture *f = *state;
    krx_oci_changed changed;
    char data[64];
    folder(f, "upper");
    folder(f, "upper/etc");
    put(f, "upper/etc/motd", "hello\n");
    assert_int_equal(link(at(f, "upper/etc/motd"), at(f, "upper/etc/other")), 0);
    assert_int_equal(symlink("/nowhere", at(f, "upper/etc/link")), 0);
    bool root = geteuid() == 0;
    if (root) { /* only root makes whiteouts */
        folder(f, "upper/new");
        assert_int_equal(mknod(at(f, "upper/etc/gone"), S_IFCHR, makedev(0, 0)), 0);
        assert_int_equal(mknod(at(f, "upper/etc/null"), S_IFCHR, makedev(1, 3)), 0);
        assert_int_equal(setxattr(at(f, "upper/new"), "trusted.overlay.opaque", "y", 1, 0), 0);
    }
    assert_int_equal(krx_oci_changes_write(&f->call, at(f, "upper"), at(f, "diff.tar"), &changed),
                     0);
    assert_true(listed(at(f, "diff.tar"), "etc/motd", data, sizeof data) ||
                listed(at(f, "diff.tar"), "etc/other", data, sizeof data));
    assert_true(listed(at(f, "diff.tar"), "etc/link", NULL, 0));
    assert_int_equal(changed.entries, root ? 7 : 4);
    assert_true(changed.bytes > 512);
    if (root) {
        assert_true(listed(at(f, "diff.tar"), "etc/.wh.gone", NULL, 0));
        assert_false(listed(at(f, "diff.tar"), "etc/gone", NULL, 0));
        assert_false(listed(at(f, "diff.tar"), "etc/null", NULL, 0));
        assert_true(listed(at(f, "diff.tar"), "new/.wh..wh..opq", NULL, 0));
        assert_int_equal(setxattr(at(f, "upper/new"), "trusted.overlay.redirect", "x", 1, 0), 0);
        assert_int_equal(
            krx_oci_changes_write(&f->call, at(f, "upper"), at(f, "again.tar"), &changed),
            KRX_E_FAILED_PRECONDITION);
        assert_int_equal(access(at(f, "again.tar"), F_OK), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(archives_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_ones_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(bombs_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_archive, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_become_a_layer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
