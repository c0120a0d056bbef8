/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/checkpoint: manifests that are trusted only when they hold, options of each version
 * of the runtimes, CRIU's words. */
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kranix/ops.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "modules/oci/checkpoint/checkpoint.h"
#include "modules/oci/checkpoint/criu.h"
#include "modules/oci/checkpoint/saved.h"
#include "tests/unit/unit.h"

typedef struct fixture {
    char root[64];
    krx_error error;
    krx_call call;
    krx_arena *arena;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    (void)unit_template(f->root, sizeof f->root, "oci-checkpoint");
    if (!mkdtemp(f->root))
        return -1;
    krx_call_init(&f->call, &f->error);
    f->arena = krx_arena_new();
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
    krx_arena_free(f->arena);
    free(f);
    return code;
}

static char *path_of(fixture *f, const char *name)
{
    char *path = krx_arena_printf(f->arena, "%s/%s", f->root, name);
    assert_non_null(path);
    return path;
}

static void put(fixture *f, const char *name, const char *text)
{
    assert_int_equal(krx_replace_file(&f->call, path_of(f, name), text, strlen(text), 0600), 0);
}

static const char *const flags[] = {"sse4_2", "avx2", NULL};
static const krx_oci_saved saved = {.replica = 1,
                                    .folder = ".",
                                    .id = "web-1-abc",
                                    .image = "busybox:1.36",
                                    .image_id = "sha256:12",
                                    .network = "none",
                                    .changes = true};
static const krx_oci_saved *const containers[] = {&saved, NULL};

static krx_oci_manifest example(void)
{
    return (krx_oci_manifest){.id = "web-abc",
                              .workload = "web",
                              .namespace_ = "default",
                              .comment = "before \"the\" move",
                              .created_ns = 1700000000123456789,
                              .flags = KRX_CHECKPOINT_TCP_ESTABLISHED,
                              .host = {.kernel = "6.1.0",
                                       .architecture = "x86_64",
                                       .cpu_flags = flags,
                                       .runtime = "runc",
                                       .runtime_version = "1.1.5",
                                       .criu = "4.2.1"},
                              .spec_json = "{\"name\":\"web\",\"image\":\"busybox:1.36\"}",
                              .containers = containers};
}

/* Two files and their manifest. */
static void make(fixture *f, krx_oci_manifest *read)
{
    krx_oci_manifest m = example();
    assert_int_equal(mkdir(path_of(f, "checkpoint"), 0700), 0);
    put(f, "checkpoint/pages-1.img", "abc");
    put(f, "rootfs-diff.tar", "tar");
    assert_int_equal(krx_oci_manifest_hash(&f->call, f->arena, f->root, &m), 0);
    assert_int_equal(m.size_bytes, 6);
    assert_int_equal(krx_oci_manifest_write(&f->call, f->root, &m), 0);
    assert_int_equal(krx_oci_manifest_read(&f->call, f->arena, f->root, read), 0);
}

static void manifest_comes_back(void **state)
{
    fixture *f = *state;
    krx_oci_manifest m, meant = example();
    make(f, &m);
    assert_string_equal(m.id, meant.id);
    assert_string_equal(m.workload, meant.workload);
    assert_string_equal(m.comment, meant.comment);
    assert_int_equal(m.created_ns, meant.created_ns);
    assert_int_equal(m.flags, meant.flags);
    assert_string_equal(m.host.runtime, "runc");
    assert_string_equal(m.host.cpu_flags[1], "avx2");
    assert_null(m.host.cpu_flags[2]);
    assert_null(m.host.platform);
    assert_string_equal(m.spec_json, meant.spec_json);
    assert_string_equal(m.containers[0]->image_id, "sha256:12");
    assert_true(m.containers[0]->changes);
    assert_null(m.containers[1]);
    assert_string_equal(m.files[0]->path, "checkpoint/pages-1.img");
    assert_string_equal(m.files[0]->sha256,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(m.size_bytes, 6);
    assert_int_equal(krx_oci_manifest_verify(&f->call, f->root, &m), 0);
}

static void refused(fixture *f, const krx_oci_manifest *m, const char *why)
{
    assert_int_equal(krx_oci_manifest_verify(&f->call, f->root, m), KRX_E_DATA_LOSS);
    assert_non_null(strstr(f->error.message, why));
}

static void damage_is_found(void **state)
{
    fixture *f = *state;
    krx_oci_manifest m;
    make(f, &m);
    put(f, "checkpoint/pages-1.img", "abd");
    refused(f, &m, "checkpoint/pages-1.img was changed");
    put(f, "checkpoint/pages-1.img", "ab");
    refused(f, &m, "has 2 bytes, not 3");
    put(f, "checkpoint/pages-1.img", "abc");
    put(f, "checkpoint/more.img", "x");
    refused(f, &m, "holds checkpoint/more.img, which is not its own");
    assert_int_equal(unlink(path_of(f, "checkpoint/more.img")), 0);
    assert_int_equal(unlink(path_of(f, "rootfs-diff.tar")), 0);
    refused(f, &m, "rootfs-diff.tar is missing");
    assert_int_equal(symlink("checkpoint/pages-1.img", path_of(f, "rootfs-diff.tar")), 0);
    refused(f, &m, "is no plain file");
}

static int32_t parse(fixture *f, const char *text)
{
    krx_oci_manifest m;
    return krx_oci_manifest_parse(&f->call, f->arena, text, strlen(text), &m);
}

#define HEAD                                                                                       \
    "{\"version\":1,\"id\":\"web-a\",\"workload\":\"web\",\"namespace\":\"default\","              \
    "\"created\":\"2026-01-01T00:00:00Z\",\"host\":{\"runtime\":\"runc\","                         \
    "\"architecture\":\"x86_64\"},\"spec\":{},"
#define ONE "\"containers\":[{\"replica\":1,\"folder\":\".\"}],"
#define HASH "0123456789012345678901234567890123456789012345678901234567890123"

static void manifests_that_anybody_made(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {
        {"", "nothing in it"},
        {"{}", "another version"},
        {"{\"version\":2}", "another version"},
        {"{\"version\":1,\"id\":\"../x\"}", "no id"},
        {HEAD "\"containers\":[]}", "no container"},
        {HEAD "\"containers\":[{\"replica\":1,\"folder\":\"../other\"}]}", "lies elsewhere"},
        {HEAD "\"containers\":[{\"replica\":1,\"folder\":\"/etc\"}]}", "lies elsewhere"},
        {HEAD "\"containers\":[{\"replica\":-1,\"folder\":\".\"}]}", "without a number"},
        {HEAD ONE "\"files\":[]}", "no files"},
        {HEAD ONE "\"files\":[{\"path\":\"/etc/passwd\",\"size\":1,\"sha256\":\"" HASH "\"}]}",
         "a file that lies elsewhere"},
        {HEAD ONE "\"files\":[{\"path\":\"a/../../b\",\"size\":1,\"sha256\":\"" HASH "\"}]}",
         "a file that lies elsewhere"},
        {HEAD ONE "\"files\":[{\"path\":\"a\",\"size\":-1,\"sha256\":\"" HASH "\"}]}",
         "without size or hash"},
        {HEAD ONE "\"files\":[{\"path\":\"a\",\"size\":1,\"sha256\":\"12\"}]}",
         "without size or hash"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(bad); i++) {
        assert_int_equal(parse(f, bad[i].text), KRX_E_DATA_LOSS);
        if (!strstr(f->error.message, bad[i].why))
            fail_msg("%s: %s", bad[i].text, f->error.message);
    }
    assert_int_equal(parse(f, "{\"version\":1"), KRX_E_DATA_LOSS);
    assert_int_equal(
        parse(f, HEAD ONE "\"files\":[{\"path\":\"a\",\"size\":1,\"sha256\":\"" HASH "\"}]}"), 0);
}

static void hosts_that_fit(void **state)
{
    static const char *const older[] = {"sse4_2", NULL};
    fixture *f = *state;
    krx_oci_saved_host from = example().host, here = from;
    here.kernel = "6.9";
    here.runtime_version = "1.2";
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), 0);
    here.cpu_flags = older;
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), KRX_E_FAILED_PRECONDITION);
    assert_non_null(strstr(f->error.message, "had: avx2"));
    from.cpu_flags = older;
    here.cpu_flags = flags;
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), 0);
    here.runtime = "crun";
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), KRX_E_FAILED_PRECONDITION);
    assert_non_null(strstr(f->error.message, "made by runc, the backend uses crun"));
    from.runtime = here.runtime = "runsc";
    from.platform = "ptrace", here.platform = "systrap";
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), KRX_E_FAILED_PRECONDITION);
    here.platform = "ptrace";
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), KRX_E_FAILED_PRECONDITION);
    assert_non_null(strstr(f->error.message, "which alone can read it"));
    here.runtime_version = from.runtime_version;
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), 0);
    here.architecture = "aarch64";
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &from, &here), KRX_E_FAILED_PRECONDITION);
}

static void this_host(void **state)
{
    fixture *f = *state;
    krx_oci_saved_host here = {.runtime = "runc"};
    assert_int_equal(krx_oci_saved_host_here(&f->call, f->arena, &here), 0);
    assert_non_null(here.kernel);
    assert_non_null(here.cpu_flags);
    assert_int_equal(krx_oci_saved_host_fits(&f->call, &here, &here), 0);
}

/* ---------------------------------------------------------------------------------------- options
 */

#define BY_CONF (KRX_OCI_CAN_SKIP_IN_FLIGHT | KRX_OCI_CAN_LINK_REMAP | KRX_OCI_CAN_TCP_CLOSE)
#define ALL                                                                                        \
    (KRX_CHECKPOINT_LEAVE_RUNNING | KRX_CHECKPOINT_TCP_ESTABLISHED |                               \
     KRX_CHECKPOINT_SKIP_IN_FLIGHT | KRX_CHECKPOINT_LINK_REMAP)

static const char *const runc_11_flags[] = {
    "checkpoint image-path",          "checkpoint work-path",
    "checkpoint leave-running",       "checkpoint tcp-established",
    "checkpoint manage-cgroups-mode", "restore tcp-established",
    "restore manage-cgroups-mode",    NULL};
static const char *const runc_13_flags[] = {
    "checkpoint image-path",          "checkpoint work-path",
    "checkpoint leave-running",       "checkpoint tcp-established",
    "checkpoint manage-cgroups-mode", "checkpoint link-remap",
    "checkpoint tcp-skip-in-flight",  "restore tcp-established",
    "restore manage-cgroups-mode",    NULL};
static const char *const crun_flags[] = {
    "checkpoint image-path",      "checkpoint work-path",           "checkpoint leave-running",
    "checkpoint tcp-established", "checkpoint manage-cgroups-mode", "restore tcp-established",
    "restore tcp-close",          "restore manage-cgroups-mode",    NULL};
static const char *const runsc_flags[] = {"checkpoint image-path", "checkpoint leave-running",
                                          "checkpoint cuda-checkpoint-path", NULL};
static const char *const plain_flags[] = {"checkpoint image-path", "checkpoint leave-running",
                                          NULL};

#define CRIU_CAN                                                                                   \
    (KRX_OCI_CAN_SEE_INIT | KRX_OCI_CAN_CHECKPOINT | KRX_OCI_CAN_TCP_ESTABLISHED | BY_CONF)

static char *joined(fixture *f, const char *const *words)
{
    krx_auto_str krx_str text = {0};
    assert_non_null(words);
    krx_str_add(&text, "");
    for (size_t i = 0; words[i]; i++)
        krx_str_addf(&text, "%s%s", i ? " " : "", words[i]);
    return krx_arena_strdup(f->arena, krx_str_get(&text));
}

static void options_of_each_version(void **state)
{
    static const struct {
        const char *const *flags;
        uint32_t can, wish;
        const char *freeze, *conf, *thaw, *thaw_conf;
    } rows[] = {
        {runc_11_flags, CRIU_CAN, 0, "--image-path /i --work-path /w --manage-cgroups-mode soft",
         "", "--work-path /w --manage-cgroups-mode soft", "tcp-close\n"},
        {runc_11_flags, CRIU_CAN, ALL,
         "--image-path /i --leave-running --work-path /w --manage-cgroups-mode soft "
         "--tcp-established",
         "skip-in-flight\nlink-remap\n",
         "--work-path /w --manage-cgroups-mode soft --tcp-established", ""},
        {runc_13_flags, CRIU_CAN, ALL,
         "--image-path /i --leave-running --work-path /w --manage-cgroups-mode soft "
         "--tcp-established --tcp-skip-in-flight --link-remap",
         "", "--work-path /w --manage-cgroups-mode soft --tcp-established", ""},
        {crun_flags, CRIU_CAN, KRX_CHECKPOINT_LINK_REMAP,
         "--image-path /i --work-path /w --manage-cgroups-mode soft", "link-remap\n",
         "--work-path /w --manage-cgroups-mode soft --tcp-close", ""},
        {plain_flags, KRX_OCI_CAN_CHECKPOINT, ALL, "--image-path /i --leave-running", NULL, "",
         NULL},
        {runsc_flags, KRX_OCI_CAN_CHECKPOINT, 0, "--image-path /i --cuda-checkpoint-path /cuda",
         NULL, "", NULL},
    };
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        krx_oci_runtime runtime = {
            .name = "x", .version = "1", .flags = rows[i].flags, .can = rows[i].can};
        krx_oci_freeze_ask freeze = {
            .flags = rows[i].wish, .images = "/i", .work = "/w", .cuda = "/cuda"};
        assert_int_equal(krx_oci_freeze_allowed(&f->call, &runtime, rows[i].wish), 0);
        assert_string_equal(joined(f, krx_oci_freeze_options(f->arena, &runtime, &freeze)),
                            rows[i].freeze);
        assert_string_equal(joined(f, krx_oci_thaw_options(f->arena, &runtime, &freeze)),
                            rows[i].thaw);
        if (rows[i].conf)
            assert_string_equal(krx_oci_freeze_conf(f->arena, &runtime, rows[i].wish),
                                rows[i].conf);
        if (rows[i].thaw_conf)
            assert_string_equal(krx_oci_thaw_conf(f->arena, &runtime, rows[i].wish),
                                rows[i].thaw_conf);
    }
}

static void what_a_runtime_lacks(void **state)
{
    fixture *f = *state;
    krx_oci_runtime runtime = {.name = "runc", .version = "0.1", .can = KRX_OCI_CAN_SEE_INIT};
    assert_int_equal(krx_oci_freeze_allowed(&f->call, &runtime, KRX_CHECKPOINT_LINK_REMAP),
                     KRX_E_UNSUPPORTED);
    assert_non_null(strstr(f->error.message, "runc 0.1 can't do --link-remap"));
}

/* ----------------------------------------------------------------------------------------- reasons
 */

static void words_of_criu(void **state)
{
    static const struct {
        const char *log, *reason, *hint;
    } rows[] = {
        {"(00.08) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: no\n"
         "(00.10) sk unix: 3\n"
         "(00.20) Error (criu/sk-inet.c:191): inet: Connected TCP socket, consider using "
         "--tcp-established option.\n"
         "(00.30) Error (criu/cr-dump.c:1637): Dump files (pid: 9) failed with -1\n"
         "(00.40) Error (criu/cr-dump.c:2098): Dumping FAILED.\n",
         "inet: Connected TCP socket, consider using --tcp-established option; "
         "Dump files (pid: 9) failed with -1",
         "give --tcp-established"},
        {"(00.01)     10: Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds\n",
         "vdso: Unexpected rt vDSO area bounds", "newer one"},
        {"(00.08) Warn  (criu/x.c:1): nothing\nError: ipv4: Address already assigned.\n", NULL,
         NULL},
        {"Error (cut", NULL, NULL},
        {"Error (criu/x.c:1): bad \x1b[31mred", "bad ?[31mred", NULL},
        {"", NULL, NULL},
    };
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        const char *hint = "unset", *reason = krx_oci_criu_reason(f->arena, rows[i].log, &hint);
        if (rows[i].reason)
            assert_string_equal(reason, rows[i].reason);
        else
            assert_null(reason);
        if (rows[i].hint)
            assert_non_null(strstr(hint, rows[i].hint));
        else
            assert_null(hint);
    }
}

/* ------------------------------------------------------------------------------------ the folder
 */

/* A checkpoint of `workload`, the n-th. */
static void keep(fixture *f, const krx_oci_store *store, const char *workload, int n)
{
    krx_oci_manifest m = example();
    char *folder = NULL;
    krx_autoclose int held = krx_oci_saved_stage(&f->call, f->arena, store, &folder);
    assert_true(held >= 0);
    m.workload = workload;
    m.created_ns += n;
    m.id = krx_oci_saved_id(f->arena, workload, m.created_ns);
    char *file = krx_arena_printf(f->arena, "%s/x", folder);
    assert_int_equal(krx_replace_file(&f->call, file, "x", 1, 0600), 0);
    assert_int_equal(krx_oci_saved_keep(&f->call, f->arena, store, folder, &m), 0);
}

static size_t count(fixture *f, const krx_oci_store *store, const char *workload)
{
    krx_oci_manifest **all;
    size_t n = 0;
    assert_int_equal(krx_oci_saved_read(&f->call, f->arena, store, "default", workload, &all), 0);
    while (all[n])
        n++;
    return n;
}

static void the_newest_are_kept(void **state)
{
    fixture *f = *state;
    krx_oci_manifest m;
    krx_oci_backend backend = {.store = {.root = f->root, .run_root = f->root}};
    assert_int_equal(mkdir(path_of(f, "checkpoints"), 0700), 0);
    assert_int_equal(
        krx_oci_saved_find(&f->call, f->arena, &backend.store, "default", "web", NULL, &m),
        KRX_E_NOT_FOUND);
    for (int i = 1; i <= KRX_OCI_SAVED_MAX + 2; i++)
        keep(f, &backend.store, "web", i);
    keep(f, &backend.store, "other", 0);
    krx_oci_saved_thin(&f->call, f->arena, &backend, "default", "web");
    assert_int_equal(count(f, &backend.store, "web"), KRX_OCI_SAVED_MAX);
    assert_int_equal(count(f, &backend.store, "other"), 1);
    assert_int_equal(count(f, &backend.store, NULL), KRX_OCI_SAVED_MAX + 1);
    assert_int_equal(
        krx_oci_saved_find(&f->call, f->arena, &backend.store, "default", "web", NULL, &m), 0);
    assert_int_equal(m.created_ns, example().created_ns + KRX_OCI_SAVED_MAX + 2);
    assert_int_equal(
        krx_oci_saved_find(&f->call, f->arena, &backend.store, "default", "web", "web-1", &m),
        KRX_E_NOT_FOUND);
    assert_non_null(strstr(f->error.message, "it has web-"));
    assert_int_equal(krx_oci_checkpoints_remove(&f->call, &backend, "default", "web"), 0);
    assert_int_equal(count(f, &backend.store, NULL), 1);
}

/* What a killed process left goes when the next one begins; what another one works on stays. */
static void halves_are_swept_up(void **state)
{
    fixture *f = *state;
    krx_oci_store store = {.root = f->root, .run_root = f->root};
    char *first = NULL, *second = NULL, *third = NULL;
    assert_int_equal(mkdir(path_of(f, "checkpoints"), 0700), 0);
    int killed = krx_oci_saved_stage(&f->call, f->arena, &store, &first);
    assert_true(killed >= 0);
    krx_autoclose int works = krx_oci_saved_stage(&f->call, f->arena, &store, &second);
    assert_true(works >= 0);
    assert_int_equal(access(first, F_OK), 0);
    close(killed);
    krx_autoclose int next = krx_oci_saved_stage(&f->call, f->arena, &store, &third);
    assert_true(next >= 0);
    assert_int_equal(access(first, F_OK), -1);
    assert_int_equal(access(second, F_OK), 0);
    assert_int_equal(count(f, &store, NULL), 0);
}

static void versions_of_drivers(void **state)
{
    (void)state;
    assert_int_equal(krx_oci_nvidia_major("NVRM version: NVIDIA UNIX x86_64 Kernel Module  "
                                          "570.86.15  Thu Jan 23\nGCC version: gcc 12\n"),
                     570);
    assert_int_equal(krx_oci_nvidia_major("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64 "
                                          " 575.57.08  Release Build\n"),
                     575);
    assert_int_equal(krx_oci_nvidia_major("550.1"), 550);
    assert_int_equal(krx_oci_nvidia_major(""), 0);
    assert_int_equal(krx_oci_nvidia_major("Kernel Module"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(manifest_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(manifests_that_anybody_made, setup, teardown),
        cmocka_unit_test_setup_teardown(hosts_that_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(this_host, setup, teardown),
        cmocka_unit_test_setup_teardown(options_of_each_version, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_runtime_lacks, setup, teardown),
        cmocka_unit_test_setup_teardown(words_of_criu, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(halves_are_swept_up, setup, teardown),
        cmocka_unit_test(versions_of_drivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
