/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/store: the files of containers, locks, processes, events. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "modules/oci/store/container.h"
#include "modules/oci/store/events.h"
#include "modules/oci/store/launch.h"
#include "modules/oci/store/lock.h"
#include "tests/unit/unit.h"

typedef struct fixture {
    char root[64];
    char run[80];
    krx_error error;
    krx_call call;
    krx_arena *arena;
    krx_oci_store store;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    (void)unit_template(f->root, sizeof f->root, "oci-store");
    if (!mkdtemp(f->root))
        return -1;
    (void)snprintf(f->run, sizeof f->run, "%s/run", f->root);
    krx_call_init(&f->call, &f->error);
    f->arena = krx_arena_new();
    *state = f;
    return krx_oci_store_open(&f->call, f->arena, f->root, f->run, &f->store) ||
           krx_oci_store_ready(&f->call, &f->store);
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

static const char *folder_of(fixture *f, const char *id)
{
    char *path = krx_oci_path(f->arena, &f->store, "containers", id, NULL);
    assert_non_null(path);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    return path;
}

static void put(fixture *f, const char *id, const char *file, const char *text)
{
    (void)folder_of(f, id);
    char *path = krx_oci_path(f->arena, &f->store, "containers", id, file);
    assert_int_equal(krx_replace_file(&f->call, path, text, strlen(text), 0600), 0);
}

static const krx_kv tier = {.struct_size = sizeof tier, .key = "tier", .value = "fro\"nt\n"};
static const krx_kv *const labels[] = {&tier, NULL};
static const krx_oci_port web = {.host_port = 8080, .container_port = 80, .protocol = "tcp"};
static const krx_oci_port dns = {
    .host_port = 53, .container_port = 5353, .protocol = "udp", .host_ip = "127.0.0.1"};
static const krx_oci_port *const ports[] = {&web, &dns, NULL};

static krx_oci_container sample(const char *id)
{
    return (krx_oci_container){
        .id = id,
        .name = "web-0",
        .workload = "web",
        .namespace_ = "default",
        .image = "busybox:1.36",
        .runtime = "crun",
        .network = "bridge",
        .replica = 3,
        .generation = INT64_C(1795338000123456789),
        .created_ns = INT64_C(1795338000123456781),
        .labels = labels,
        .restart_policy = "always",
        .restart_retries = KRX_UNSET,
        .stop_signal = SIGTERM,
        .phase = KRX_OCI_CREATED,
        .ports = ports,
        .started_ns = KRX_UNSET,
        .finished_ns = KRX_UNSET,
        .exit_code = KRX_UNSET,
    };
}

static void a_container_is_read_as_it_was_written(void **state)
{
    fixture *f = *state;
    krx_oci_container in = sample("web-0-a"), out;
    (void)folder_of(f, in.id);
    in.exit_code = -1;
    in.oom_killed = true;
    in.phase = KRX_OCI_EXITED;
    assert_int_equal(krx_oci_container_write(&f->call, &f->store, &in), 0);
    assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, in.id, &out), 0);
    assert_string_equal(out.id, in.id);
    assert_string_equal(out.image, "busybox:1.36");
    assert_null(out.image_id);
    assert_true(out.generation == in.generation);
    assert_true(out.created_ns == in.created_ns);
    assert_true(out.restart_retries == KRX_UNSET && out.started_ns == KRX_UNSET);
    assert_int_equal(out.exit_code, -1);
    assert_int_equal(out.replica, 3);
    assert_int_equal(out.phase, KRX_OCI_EXITED);
    assert_true(out.oom_killed && !out.stop_asked);
    assert_string_equal(out.labels[0]->key, "tier");
    assert_string_equal(out.labels[0]->value, "fro\"nt\n");
    assert_null(out.labels[1]);
    assert_int_equal(out.ports[0]->host_port, 8080);
    assert_null(out.ports[0]->host_ip);
    assert_string_equal(out.ports[1]->protocol, "udp");
    assert_string_equal(out.ports[1]->host_ip, "127.0.0.1");
    assert_null(out.ports[2]);
    assert_string_equal(out.boot, f->store.boot);
}

static void processes_of_another_boot_are_none(void **state)
{
    fixture *f = *state;
    krx_oci_container in = sample("web-0-a"), out;
    krx_oci_store earlier = f->store;
    (void)folder_of(f, in.id);
    assert_true(krx_oci_process_of(getpid(), &in.init));
    in.conmon = in.init;
    in.phase = KRX_OCI_RUNNING;
    assert_int_equal(krx_oci_container_write(&f->call, &f->store, &in), 0);
    assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, in.id, &out), 0);
    assert_true(out.init.pid == getpid() && out.init.token == in.init.token);
    assert_int_equal(krx_oci_container_phase(&out), KRX_OCI_RUNNING);
    strcpy(earlier.boot, "another");
    assert_int_equal(krx_oci_container_write(&f->call, &earlier, &in), 0);
    assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, in.id, &out), 0);
    assert_true(out.init.pid == 0 && out.conmon.pid == 0);
    assert_int_equal(out.phase, KRX_OCI_RUNNING);
    assert_int_equal(krx_oci_container_phase(&out), KRX_OCI_EXITED);
}

static void broken_files_are_told_and_left_out(void **state)
{
    static const char *const broken[] = {"",
                                         "{\"id\":\"web-1-b\",\"na",
                                         "[1,2]",
                                         "null",
                                         "{\"id\":\"other\",\"name\":\"a\",\"workload\":\"a\","
                                         "\"phase\":\"running\"}",
                                         "{\"id\":\"web-1-b\",\"name\":7,\"workload\":\"a\","
                                         "\"phase\":\"running\"}",
                                         "{\"id\":\"web-1-b\",\"name\":\"a\",\"workload\":\"a\","
                                         "\"phase\":\"dancing\"}"};
    fixture *f = *state;
    krx_oci_container in = sample("web-0-a"), out, **all = NULL;
    (void)folder_of(f, in.id);
    (void)folder_of(f, "being-made");
    assert_int_equal(krx_oci_container_write(&f->call, &f->store, &in), 0);
    for (size_t i = 0; i < KRX_COUNT(broken); i++) {
        put(f, "web-1-b", "container.json", broken[i]);
        assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, "web-1-b", &out),
                         KRX_E_DATA_LOSS);
        assert_non_null(strstr(f->error.message, "web-1-b"));
        f->error.code = 0;
        assert_int_equal(krx_oci_containers_read(&f->call, f->arena, &f->store, &all), 0);
        assert_int_equal(f->error.code, 0);
        assert_string_equal(all[0]->id, "web-0-a");
        assert_null(all[1]);
    }
}

static void wrong_types_count_as_absent(void **state)
{
    fixture *f = *state;
    krx_oci_container out;
    put(f, "web-1-b", "container.json",
        "{\"id\":\"web-1-b\",\"name\":\"n\",\"workload\":\"w\",\"phase\":\"exited\","
        "\"exitCode\":\"12x\",\"ports\":[7,{\"host\":\"a\"}],\"labels\":{\"a\":1,\"b\":\"c\"},"
        "\"init\":[\"x\"],\"image\":[],\"generation\":\"42\",\"unknown\":{}}");
    assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, "web-1-b", &out), 0);
    assert_true(out.exit_code == KRX_UNSET);
    assert_int_equal(out.init.pid, 0);
    assert_null(out.image);
    assert_int_equal(out.generation, 42);
    assert_string_equal(out.labels[0]->key, "b");
    assert_null(out.labels[1]);
    assert_int_equal(out.ports[1]->host_port, 0);
    assert_string_equal(out.ports[1]->protocol, "tcp");
}

static void a_large_container_is_read_whole(void **state)
{
    fixture *f = *state;
    krx_oci_container in = sample("web-0-a"), out;
    krx_autofree char *text = malloc(20001);
    assert_non_null(text);
    memset(text, 'x', 20000);
    text[20000] = '\0';
    in.error = text;
    (void)folder_of(f, in.id);
    assert_int_equal(krx_oci_container_write(&f->call, &f->store, &in), 0);
    assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, in.id, &out), 0);
    assert_string_equal(out.error, text);
}

static void names_that_are_no_ids_are_not_found(void **state)
{
    static const char *const bad[] = {"", "../x", ".x", "-x", "a/b", "a b", NULL};
    fixture *f = *state;
    krx_oci_container out;
    for (size_t i = 0; bad[i]; i++) {
        assert_false(krx_oci_id_valid(bad[i]));
        assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, bad[i], &out),
                         KRX_E_NOT_FOUND);
        assert_int_equal(krx_oci_lock_container(&f->call, &f->store, bad[i]), KRX_E_NOT_FOUND);
    }
    assert_true(krx_oci_id_valid("shop.web-0-1x2y3z"));
}

static void a_launch_is_read_as_it_was_written(void **state)
{
    fixture *f = *state;
    const char *const layers[] = {"/layers/b", "/layers/a", NULL};
    krx_oci_launch out, in = {.runtime = "crun",
                              .runtime_path = "/usr/bin/crun",
                              .conmon_path = "/usr/bin/conmon",
                              .layers = layers,
                              .shed = true,
                              .log_size_max = 4096,
                              .ports = ports,
                              .egress_bps = KRX_UNSET,
                              .ingress_bps = 1000};
    krx_oci_store keeper;
    const char *id = NULL;
    const char *folder = folder_of(f, "web-0-a");
    assert_int_equal(krx_oci_launch_write(&f->call, &f->store, "web-0-a", &in), 0);
    assert_int_equal(krx_oci_store_of_folder(&f->call, f->arena, folder, &keeper, &id), 0);
    assert_string_equal(keeper.root, f->root);
    assert_string_equal(id, "web-0-a");
    assert_null(keeper.run_root);
    assert_int_equal(krx_oci_launch_read(&f->call, f->arena, &keeper, id, &out), 0);
    assert_string_equal(keeper.run_root, f->run);
    assert_string_equal(out.layers[1], "/layers/a");
    assert_null(out.layers[2]);
    assert_true(out.shed && !out.rootless);
    assert_true(out.egress_bps == KRX_UNSET && out.ingress_bps == 1000);
    assert_null(out.rootfs);
    put(f, "web-0-a", "launch.json", "{\"runtime\":\"crun\"}");
    assert_int_equal(krx_oci_launch_read(&f->call, f->arena, &keeper, id, &out), KRX_E_DATA_LOSS);
    assert_int_equal(
        krx_oci_store_of_folder(&f->call, f->arena, "/x/elsewhere/web-0-a", &keeper, &id),
        KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_oci_store_of_folder(&f->call, f->arena, "containers/web", &keeper, &id),
                     KRX_E_INVALID_ARGUMENT);
}

static void folders_of_others_are_refused(void **state)
{
    fixture *f = *state;
    assert_int_equal(chmod(f->root, 0777), 0);
    assert_int_equal(krx_oci_store_ready(&f->call, &f->store), KRX_E_PERMISSION_DENIED);
    assert_non_null(strstr(f->error.message, "can be changed by other users"));
    assert_int_equal(chmod(f->root, 0700), 0);
    krx_autofree char *between = krx_format("%s/open", f->root);
    krx_autofree char *below = krx_format("%s/open/store", f->root);
    krx_oci_store other = {.root = below, .run_root = f->run};
    assert_int_equal(mkdir(between, 0700), 0);
    assert_int_equal(chmod(between, 0777), 0);
    assert_int_equal(krx_oci_store_ready(&f->call, &other), KRX_E_PERMISSION_DENIED);
    assert_int_equal(chmod(between, 01777), 0);
    assert_int_equal(krx_oci_store_ready(&f->call, &other), 0);
}

static void a_lock_waits_within_the_calls_bounds(void **state)
{
    fixture *f = *state;
    (void)folder_of(f, "web-0-a");
    int first = krx_oci_lock_container(&f->call, &f->store, "web-0-a");
    assert_true(first >= 0);
    f->call.deadline_ns = krx_now_monotonic() + 30 * KRX_NS_PER_MS;
    assert_int_equal(krx_oci_lock_container(&f->call, &f->store, "web-0-a"),
                     KRX_E_DEADLINE_EXCEEDED);
    assert_non_null(strstr(f->error.message, "container 'web-0-a' is busy"));
    close(first);
    f->call.deadline_ns = KRX_NO_DEADLINE;
    int second = krx_oci_lock_container(&f->call, &f->store, "web-0-a");
    assert_true(second >= 0);
    close(second);
    assert_int_equal(krx_oci_lock_container(&f->call, &f->store, "gone"), KRX_E_NOT_FOUND);
    assert_non_null(strstr(f->error.message, "container 'gone' does not exist"));
}

static void a_process_is_told_from_its_successor(void **state)
{
    krx_oci_process self, child;
    (void)state;
    assert_true(krx_oci_process_of(getpid(), &self));
    assert_true(krx_oci_process_alive(&self));
    int fd = krx_oci_process_open(&self);
    assert_true(fd >= 0);
    close(fd);
    self.token++;
    assert_false(krx_oci_process_alive(&self));
    assert_int_equal(krx_oci_process_open(&self), -1);
    assert_false(krx_oci_process_of(0, &child));
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t ended;
    assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
    assert_false(krx_oci_process_of(pid, &child)); /* a zombie is none */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(krx_oci_process_of(pid, &child));
}

static void events_stand_in_order_and_are_read_back(void **state)
{
    fixture *f = *state;
    krx_oci_container who = sample("web-0-a");
    krx_auto_str krx_str text = {0};
    krx_autofree char *path = krx_format("%s/events.log", f->root);
    krx_event event;
    int64_t before = krx_now_unix();
    krx_oci_event_note(&f->call, &f->store, &who, "start", KRX_UNSET, NULL);
    krx_oci_event_note(&f->call, &f->store, &who, "die", 137, "killed \"hard\"\n");
    assert_int_equal(krx_read_file(&f->call, path, 65536, &text), 0);
    const char *line = krx_str_get(&text), *end = strchr(line, '\n');
    assert_true(krx_oci_event_parse(f->arena, line, (size_t)(end - line), &event));
    assert_string_equal(event.type, "start");
    assert_string_equal(event.instance, "web-0");
    assert_string_equal(event.workload, "web");
    assert_true(event.exit_code == KRX_UNSET && !event.message);
    assert_true(event.time_ns >= before && event.time_ns <= krx_now_unix());
    line = end + 1;
    assert_true(krx_oci_event_parse(f->arena, line, strlen(line) - 1, &event));
    assert_string_equal(event.type, "die");
    assert_int_equal(event.exit_code, 137);
    assert_string_equal(event.message, "killed \"hard\"\n");
    assert_false(krx_oci_event_parse(f->arena, line, 20, &event));
    assert_false(krx_oci_event_parse(f->arena, "{}", 2, &event));
    assert_false(krx_oci_event_parse(f->arena, "", 0, &event));
}

static void a_large_event_log_is_put_aside(void **state)
{
    fixture *f = *state;
    krx_oci_container who = sample("web-0-a");
    krx_autofree char *path = krx_format("%s/events.log", f->root);
    krx_autofree char *old = krx_format("%s/events.log.1", f->root);
    struct stat st;
    krx_oci_event_note(&f->call, &f->store, &who, "start", KRX_UNSET, NULL);
    assert_int_equal(truncate(path, 5 << 20), 0);
    krx_oci_event_note(&f->call, &f->store, &who, "die", 0, NULL);
    assert_int_equal(stat(old, &st), 0);
    assert_int_equal(st.st_size, 5 << 20);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 10, 1000);
}

static void out_of_memory_is_noted_once(void **state)
{
    fixture *f = *state;
    krx_oci_container in = sample("web-0-a"), out;
    (void)folder_of(f, in.id);
    assert_int_equal(krx_oci_container_write(&f->call, &f->store, &in), 0);
    assert_false(krx_oci_oom_note(&f->call, &f->store, in.id));
    assert_int_equal(mkdir(krx_oci_path(f->arena, &f->store, "containers", in.id, "persist"), 0700),
                     0);
    put(f, in.id, "persist/oom", "");
    assert_true(krx_oci_oom_note(&f->call, &f->store, in.id));
    assert_false(krx_oci_oom_note(&f->call, &f->store, in.id));
    assert_int_equal(krx_oci_container_read(&f->call, f->arena, &f->store, in.id, &out), 0);
    assert_true(out.oom_killed);
    assert_int_equal(f->error.code, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_container_is_read_as_it_was_written),
        TEST(processes_of_another_boot_are_none),
        TEST(broken_files_are_told_and_left_out),
        TEST(wrong_types_count_as_absent),
        TEST(a_large_container_is_read_whole),
        TEST(names_that_are_no_ids_are_not_found),
        TEST(a_launch_is_read_as_it_was_written),
        TEST(folders_of_others_are_refused),
        TEST(a_lock_waits_within_the_calls_bounds),
        TEST(a_process_is_told_from_its_successor),
        TEST(events_stand_in_order_and_are_read_back),
        TEST(a_large_event_log_is_put_aside),
        TEST(out_of_memory_is_noted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
