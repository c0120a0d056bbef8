/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/keeper: what it decides, and what it calls others with. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "lib/json/json.h"
#include "modules/oci/keeper/cgroup.h"
#include "modules/oci/keeper/conmon.h"
#include "modules/oci/keeper/policy.h"
#include "modules/oci/keeper/probe.h"
#include "modules/oci/keeper/rootfs.h"
#include "modules/oci/keeper/userns.h"
#include "modules/oci/store/tree.h"
#include "tests/unit/unit.h"

/* --------------------------------------------------------------------------------- policy */

static bool wanted(const char *policy, int64_t exit_code, int64_t retries, int64_t restarts,
                   bool stop_asked)
{
    krx_oci_container c = {.restart_policy = policy,
                           .exit_code = exit_code,
                           .restart_retries = retries,
                           .restarts = restarts,
                           .stop_asked = stop_asked};
    return krx_oci_restart_wanted(&c);
}

static void a_policy_decides(void **state)
{
    (void)state;
    assert_false(wanted("no", 1, KRX_UNSET, 0, false));
    assert_false(wanted(NULL, 1, KRX_UNSET, 0, false));
    assert_true(wanted("always", 0, KRX_UNSET, 1000, false));
    assert_true(wanted("unless-stopped", 0, KRX_UNSET, 0, false));
    assert_false(wanted("always", 1, KRX_UNSET, 0, true));
    assert_false(wanted("on-failure", 0, KRX_UNSET, 0, false));
    assert_true(wanted("on-failure", 1, KRX_UNSET, 1000, false));
    assert_true(wanted("on-failure", -1, KRX_UNSET, 0, false)); /* not known how it ended */
    assert_true(wanted("on-failure", 1, 3, 2, false));
    assert_false(wanted("on-failure", 1, 3, 3, false));
    assert_true(wanted("on-failure", 1, 0, 50, false)); /* 0: no limit, as for docker */
}

static void pauses_double_up_to_a_minute(void **state)
{
    int64_t pause = 0, sum = 0;
    (void)state;
    for (int i = 0; i < 10; i++) {
        pause = krx_oci_next_pause(pause, KRX_NS_PER_MS);
        sum += pause;
    }
    assert_int_equal(pause, 51200 * KRX_NS_PER_MS);
    assert_int_equal(sum, 102300 * KRX_NS_PER_MS);
    pause = krx_oci_next_pause(pause, 0);
    assert_int_equal(pause, 60 * KRX_NS_PER_S);
    assert_int_equal(krx_oci_next_pause(pause, 9 * KRX_NS_PER_S), 60 * KRX_NS_PER_S);
    assert_int_equal(krx_oci_next_pause(pause, 10 * KRX_NS_PER_S), 100 * KRX_NS_PER_MS);
    assert_int_equal(krx_oci_next_pause(INT64_MAX, 0), 60 * KRX_NS_PER_S);
}

/* --------------------------------------------------------------------------------- conmon */

typedef struct fixture {
    krx_error error;
    krx_call call;
    krx_oci_job job;
} fixture;

static int setup(void **state)
{
    static const char *const args[] = {"--root", "/run/x", NULL};
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    krx_call_init(&f->call, &f->error);
    f->job = (krx_oci_job){
        .call = &f->call,
        .arena = krx_arena_new(),
        .store = {.root = "/s", .run_root = "/r"},
        .id = "web-0-a",
        .folder = "/s/containers/web-0-a",
        .keeper = "/lib/keeper",
        .launch = {.runtime = "crun",
                   .runtime_path = "/bin/crun",
                   .runtime_args = args,
                   .conmon_path = "/bin/conmon"},
        .container = {.id = "web-0-a", .name = "web-0"},
        .lock = -1,
    };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    krx_arena_free(f->job.arena);
    free(f);
    return 0;
}

static char *joined(krx_arena *arena, const char *const *words)
{
    krx_auto_str krx_str text = {0};
    for (size_t i = 0; words && words[i]; i++)
        krx_str_addf(&text, "%s%s", i ? " " : "", words[i]);
    return krx_arena_strdup(arena, krx_str_get(&text));
}

static void conmon_is_told_what_to_do(void **state)
{
    fixture *f = *state;
    assert_string_equal(
        joined(f->job.arena, krx_oci_conmon_argv(&f->job, NULL)),
        "/bin/conmon --sync --api-version 1 --cid web-0-a --cuuid web-0-a --name web-0 "
        "--bundle /s/containers/web-0-a/bundle --full-attach "
        "--container-pidfile /s/containers/web-0-a/pid "
        "--log-path k8s-file:/s/containers/web-0-a/log --log-level error "
        "--exit-dir /s/containers/web-0-a/exit --persist-dir /s/containers/web-0-a/persist "
        "--exit-command /lib/keeper --exit-command-arg exited "
        "--exit-command-arg /s/containers/web-0-a "
        "--runtime /lib/keeper --runtime-arg=run --runtime-arg=--rootfs "
        "--runtime-arg=/s/containers/web-0-a --runtime-arg=-- --runtime-arg=/bin/crun "
        "--runtime-arg=--root --runtime-arg=/run/x");
}

static void conmon_gets_options_that_are_asked_for(void **state)
{
    static const char *const options[] = {"--tcp-established", NULL};
    fixture *f = *state;
    krx_oci_restore restore = {.images = "/c/images", .options = options};
    f->job.launch.log_size_max = 4096;
    f->job.launch.terminal = f->job.launch.stdin_open = true;
    f->job.runtime.shed = true;
    char *text = joined(f->job.arena, krx_oci_conmon_argv(&f->job, &restore));
    assert_non_null(strstr(text, " --log-size-max 4096 "));
    assert_non_null(strstr(text, " --stdin --leave-stdin-open --terminal "));
    assert_non_null(strstr(text, " --runtime-arg=--shed --runtime-arg=-- "));
    assert_non_null(strstr(text, " --restore /c/images --runtime-opt=--tcp-established"));
}

static char *write_conmon(fixture *f, const char *root, const char *help)
{
    char *path = krx_arena_printf(f->job.arena, "%s/conmon", root);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n[ \"$1\" = --help ] && echo '%s'\n", help) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static void conmon_is_asked_once_whether_it_rotates(void **state)
{
    fixture *f = *state;
    char root[64];
    assert_non_null(mkdtemp(unit_template(root, sizeof root, "oci-conmon")));
    f->job.store.run_root = root;
    f->job.launch.log_size_max = 4096;
    f->job.launch.conmon_path = write_conmon(f, root, "--log-size-max");
    assert_false(krx_oci_conmon_rotates(&f->job));
    assert_null(strstr(joined(f->job.arena, krx_oci_conmon_argv(&f->job, NULL)), "--log-rotate"));
    (void)write_conmon(f, root, "--log-size-max --log-rotate --log-max-files");
    f->job.rotates = krx_oci_conmon_rotates(&f->job);
    assert_true(f->job.rotates);
    assert_non_null(strstr(joined(f->job.arena, krx_oci_conmon_argv(&f->job, NULL)),
                           " --log-size-max 4096 --log-rotate --log-max-files 1 "));
    assert_int_equal(chmod(f->job.launch.conmon_path, 0600), 0); /* can't be asked any more */
    assert_true(krx_oci_conmon_rotates(&f->job));
    assert_int_equal(krx_oci_tree_remove(&f->call, AT_FDCWD, root, root), 0);
}

static void conmon_takes_a_terminal_in_a_folder_that_stays(void **state)
{
    fixture *f = *state;
    assert_int_equal(setenv("TMPDIR", "/of/the/caller", 1), 0);
    f->job.launch.run_root = "/run/kranix/oci";
    char *text = joined(f->job.arena, krx_oci_conmon_env(f->job.arena, &f->job.launch));
    assert_non_null(strstr(text, " TMPDIR=/of/the/caller "));
    f->job.launch.terminal = true;
    text = joined(f->job.arena, krx_oci_conmon_env(f->job.arena, &f->job.launch));
    assert_non_null(strstr(text, " TMPDIR=/run/kranix/oci "));
    assert_null(strstr(text, "/of/the/caller"));
    assert_int_equal(unsetenv("TMPDIR"), 0);
}

static void conmon_hears_nothing_of_the_callers_secrets(void **state)
{
    static const char *const paths[] = {"/opt/criu", NULL};
    fixture *f = *state;
    assert_int_equal(setenv("KRX_TEST_TOKEN", "secret", 1), 0);
    assert_int_equal(setenv("PATH", "/bin", 1), 0);
    f->job.launch.search_path = paths;
    char *text = joined(f->job.arena, krx_oci_conmon_env(f->job.arena, &f->job.launch));
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "PATH=/opt/criu:/bin"));
    assert_non_null(strstr(text, "_OCI_SYNCPIPE=3"));
}

/* -------------------------------------------------------------------------------- root file system
 */

static void overlays_are_named_shortly(void **state)
{
    static const char *const layers[] = {"/s/layers/0002/fs", "/s/layers/0001/fs",
                                         "/else,where:a/b\\c", NULL};
    fixture *f = *state;
    f->job.launch.layers = layers;
    assert_string_equal(krx_oci_overlay_options(f->job.arena, &f->job, false),
                        "lowerdir=0002/fs:0001/fs:/else\\,where\\:a/b\\\\c,"
                        "upperdir=../containers/web-0-a/upper,"
                        "workdir=../containers/web-0-a/work");
    f->job.launch.layers = NULL;
    f->job.launch.rootfs = "/image";
    assert_string_equal(krx_oci_overlay_options(f->job.arena, &f->job, true),
                        "lowerdir=/image,upperdir=../containers/web-0-a/upper,"
                        "workdir=../containers/web-0-a/work,userxattr");
}

static void many_layers_fit_into_one_mount(void **state)
{
    fixture *f = *state;
    const char *layers[129] = {0};
    for (size_t i = 0; i < 128; i++)
        layers[i] = "/s/layers/0123456789abcdef/fs";
    f->job.launch.layers = layers;
    f->job.id = "a-namespace.with-a-name.and-a-workload-with-a-name-1000-1x2y3z4a5b6c";
    assert_in_range(strlen(krx_oci_overlay_options(f->job.arena, &f->job, true)), 2500, 4095);
}

static void put(int folder, const char *path, const char *text)
{
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void assert_holds(int folder, const char *path, const char *text)
{
    char found[64] = "";
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (!text) {
        assert_int_equal(fd, -1);
        return;
    }
    assert_true(fd >= 0);
    assert_int_equal(read(fd, found, sizeof found - 1), strlen(text));
    assert_string_equal(found, text);
    close(fd);
}

/* Whiteouts are devices, which only root may make; without it the rest is looked at. */
static void layers_are_copied_one_over_the_other(void **state)
{
    fixture *f = *state;
    char root[48], lower[64], upper[64], target[64];
    assert_non_null(mkdtemp(unit_template(root, sizeof root, "oci-copy")));
    (void)snprintf(lower, sizeof lower, "%s/lower", root);
    (void)snprintf(upper, sizeof upper, "%s/upper", root);
    (void)snprintf(target, sizeof target, "%s/target", root);
    assert_int_equal(mkdir(lower, 0755) | mkdir(upper, 0751) | mkdir(target, 0700), 0);
    int low = open(lower, O_RDONLY | O_DIRECTORY), up = open(upper, O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(low, "etc", 0755) | mkdirat(up, "etc", 0711), 0);
    put(low, "etc/kept", "low");
    put(low, "etc/changed", "low");
    put(up, "etc/changed", "up");
    put(low, "gone", "low");
    put(low, "becomes-folder", "low");
    assert_int_equal(mkdirat(up, "becomes-folder", 0755), 0);
    assert_int_equal(symlinkat("/nowhere", up, "link"), 0);
    bool root_user = mknodat(up, "gone", S_IFCHR, makedev(0, 0)) == 0;
    const char *const layers[] = {lower, upper};
    assert_int_equal(krx_oci_copy_layers(&f->call, layers, 2, target), 0);
    int to = open(target, O_RDONLY | O_DIRECTORY);
    struct stat st;
    char link[32] = "";
    assert_holds(to, "etc/kept", "low");
    assert_holds(to, "etc/changed", "up");
    assert_holds(to, "gone", root_user ? NULL : "low");
    assert_int_equal(fstatat(to, "becomes-folder", &st, 0), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(readlinkat(to, "link", link, sizeof link - 1), 8);
    assert_string_equal(link, "/nowhere");
    assert_int_equal(fstatat(to, "etc", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    assert_int_equal(fstat(to, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0751);
    close(low);
    close(up);
    close(to);
    assert_int_equal(krx_oci_tree_remove(&f->call, AT_FDCWD, root, root), 0);
}

/* ------------------------------------------------------------------------------------- cgroups */

static void a_cgroup_is_found_by_its_id(void **state)
{
    static const struct {
        const char *line, *folder;
    } rows[] = {
        {"4:memory:/own/kranix/web-0-a", "/c/memory/own/kranix/web-0-a"},
        {"1:name=systemd:/kranix/web-0-a/below", "/c/systemd/kranix/web-0-a"},
        {"0::/kranix/web-0-a", "/c/kranix/web-0-a"},
        {"5:cpu,cpuacct:/web-0-a", "/c/cpu,cpuacct/web-0-a"},
        {"4:memory:/", NULL},
        {"4:memory:/kranix/web-0-ab", NULL},
        {"4:memory:/kranix/xweb-0-a", NULL},
        {"4:memory:/../web-0-a", NULL},
        {"4:memory", NULL},
        {"", NULL},
    };
    fixture *f = *state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        char *found = krx_oci_cgroup_folder(f->job.arena, "/c", rows[i].line, "web-0-a");
        if (rows[i].folder)
            assert_string_equal(found, rows[i].folder);
        else
            assert_null(found);
    }
    assert_string_equal(
        krx_oci_cgroup_folder(f->job.arena, "/c", "1:name=systemd:/own/kranix\n", NULL),
        "/c/systemd/own/kranix");
    assert_string_equal(krx_oci_cgroup_folder(f->job.arena, "/c", "4:memory:/\n", NULL),
                        "/c/memory/");
    assert_null(krx_oci_cgroup_folder(f->job.arena, "/c", "4:memory:/a/../b\n", NULL));
}

static void kills_are_counted(void **state)
{
    (void)state;
    assert_int_equal(krx_oci_cgroup_value(
                         "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n", "oom_kill"),
                     1);
    assert_int_equal(
        krx_oci_cgroup_value("oom_kill_disable 1\nunder_oom 1\noom_kill 0\n", "oom_kill"), 0);
    assert_int_equal(krx_oci_cgroup_value("oom_kill_disable 1\n", "oom_kill"), -1);
    assert_int_equal(krx_oci_cgroup_value("", "oom_kill"), -1);
    assert_int_equal(krx_oci_cgroup_value(NULL, "oom_kill"), -1);
}

/* --------------------------------------------------------------------------------------- users */

static void subordinate_ids_are_read(void **state)
{
    krx_oci_range ranges[8];
    (void)state;
    assert_int_equal(krx_oci_subids("eve:1:2\nbob:100000:65536\n1000:300000:10\nbob:5\nbob:7:0\n"
                                    "bobby:9:9\nbob:4294967295:2\nbob:200000:1",
                                    "bob", 1000, ranges, KRX_COUNT(ranges)),
                     4);
    assert_true(ranges[0].inside == 0 && ranges[0].outside == 1000 && ranges[0].count == 1);
    assert_true(ranges[1].inside == 1 && ranges[1].outside == 100000 && ranges[1].count == 65536);
    assert_true(ranges[2].inside == 65537 && ranges[2].outside == 300000 && ranges[2].count == 10);
    assert_true(ranges[3].inside == 65547 && ranges[3].outside == 200000 && ranges[3].count == 1);
    assert_int_equal(krx_oci_subids("", NULL, 7, ranges, KRX_COUNT(ranges)), 1);
    assert_int_equal(krx_oci_subids("a:1:1\na:2:1\na:3:1\n", "a", 7, ranges, 2), 2);
}

/* -------------------------------------------------------------------------------------- probes */

static void probes_are_read_with_their_defaults(void **state)
{
    fixture *f = *state;
    krx_oci_probe probes[KRX_OCI_PROBES];
    krx_auto_json cJSON *spec = cJSON_Parse(
        "{\"probes\":{\"liveness\":{},\"readiness\":{\"type\":\"exec\",\"command\":[\"test -f "
        "/x\"],\"periodSeconds\":3,\"scheme\":\"HTTPS\",\"path\":\"ready\"}}}");
    assert_true(krx_oci_probes_read(f->job.arena, spec, probes));
    assert_false(probes[KRX_OCI_STARTUP].given);
    assert_string_equal(probes[KRX_OCI_LIVENESS].type, "http");
    assert_string_equal(probes[KRX_OCI_LIVENESS].path, "/");
    assert_int_equal(probes[KRX_OCI_LIVENESS].port, 8080);
    assert_int_equal(probes[KRX_OCI_LIVENESS].period_ns, 10 * KRX_NS_PER_S);
    assert_int_equal(probes[KRX_OCI_LIVENESS].failure_threshold, 3);
    assert_string_equal(joined(f->job.arena, probes[KRX_OCI_READINESS].command),
                        "/bin/sh -c test -f /x");
    assert_string_equal(probes[KRX_OCI_READINESS].path, "/ready");
    assert_true(probes[KRX_OCI_READINESS].tls);
    krx_auto_json cJSON *none = cJSON_Parse("{\"probes\":7}");
    assert_false(krx_oci_probes_read(f->job.arena, none, probes));
}

static void thresholds_count_in_a_row(void **state)
{
    krx_oci_probe probe = {.given = true, .failure_threshold = 2, .success_threshold = 2};
    (void)state;
    krx_oci_probe_note(&probe, true);
    assert_false(probe.passed);
    krx_oci_probe_note(&probe, false);
    krx_oci_probe_note(&probe, true);
    assert_false(probe.passed || probe.failed);
    krx_oci_probe_note(&probe, true);
    assert_true(probe.passed);
    krx_oci_probe_note(&probe, false);
    assert_true(probe.passed && !probe.failed);
    krx_oci_probe_note(&probe, false);
    assert_true(!probe.passed && probe.failed);
}

static void health_follows_from_all_probes(void **state)
{
    krx_oci_probe probes[KRX_OCI_PROBES] = {
        [KRX_OCI_STARTUP] = {.given = true, .failure_threshold = 1, .success_threshold = 1},
        [KRX_OCI_LIVENESS] = {.given = true, .failure_threshold = 2, .success_threshold = 1},
        [KRX_OCI_READINESS] = {.given = true, .failure_threshold = 1, .success_threshold = 1},
    };
    (void)state;
    probes[KRX_OCI_LIVENESS].due_ns = 1;
    probes[KRX_OCI_STARTUP].due_ns = 5;
    assert_string_equal(krx_oci_probes_health(probes), "starting");
    assert_ptr_equal(krx_oci_probe_next(probes), &probes[KRX_OCI_STARTUP]);
    krx_oci_probe_note(&probes[KRX_OCI_STARTUP], true);
    assert_ptr_equal(krx_oci_probe_next(probes), &probes[KRX_OCI_READINESS]);
    probes[KRX_OCI_READINESS].due_ns = 9;
    assert_ptr_equal(krx_oci_probe_next(probes), &probes[KRX_OCI_LIVENESS]);
    krx_oci_probe_note(&probes[KRX_OCI_LIVENESS], false);
    assert_string_equal(krx_oci_probes_health(probes), "starting");
    krx_oci_probe_note(&probes[KRX_OCI_READINESS], true);
    assert_string_equal(krx_oci_probes_health(probes), "healthy");
    krx_oci_probe_note(&probes[KRX_OCI_READINESS], false);
    assert_string_equal(krx_oci_probes_health(probes), "unhealthy");
    assert_false(krx_oci_probes_hopeless(probes)); /* not ready is no reason to kill */
    krx_oci_probe_note(&probes[KRX_OCI_LIVENESS], false);
    assert_true(krx_oci_probes_hopeless(probes));
    probes[KRX_OCI_LIVENESS].given = probes[KRX_OCI_READINESS].given = false;
    assert_null(krx_oci_probe_next(probes)); /* a start-up probe that passed is over */
}

static void answers_of_http_are_judged(void **state)
{
    (void)state;
    assert_true(krx_oci_http_ok("HTTP/1.1 200 OK\r\n"));
    assert_true(krx_oci_http_ok("HTTP/1.0 302 Found\r\n"));
    assert_false(krx_oci_http_ok("HTTP/1.1 404 Not Found\r\n"));
    assert_false(krx_oci_http_ok("HTTP/1.1 100 Continue\r\n"));
    assert_false(krx_oci_http_ok("HTTP/1."));
    assert_false(krx_oci_http_ok("SSH-2.0-x\r\n"));
    assert_false(krx_oci_http_ok(""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_policy_decides),
        TEST(pauses_double_up_to_a_minute),
        TEST(conmon_is_told_what_to_do),
        TEST(conmon_gets_options_that_are_asked_for),
        TEST(conmon_is_asked_once_whether_it_rotates),
        TEST(conmon_takes_a_terminal_in_a_folder_that_stays),
        TEST(conmon_hears_nothing_of_the_callers_secrets),
        TEST(overlays_are_named_shortly),
        TEST(many_layers_fit_into_one_mount),
        TEST(layers_are_copied_one_over_the_other),
        TEST(a_cgroup_is_found_by_its_id),
        TEST(kills_are_counted),
        TEST(subordinate_ids_are_read),
        TEST(probes_are_read_with_their_defaults),
        TEST(thresholds_count_in_a_row),
        TEST(health_follows_from_all_probes),
        TEST(answers_of_http_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
