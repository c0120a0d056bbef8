/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/bundle: config.json of several specs. */
#include <sys/resource.h>
#include <unistd.h>

#include "lib/json/json.h"
#include "modules/oci/bundle/parts.h"
#include "modules/oci/runtime/filter.h"
#include "tests/unit/oci_folder.h"
#include "tests/unit/specs.h"

typedef struct made {
    parsed spec;
    krx_oci_image image;
    krx_oci_runtime runtime;
    krx_oci_container container;
    krx_oci_launch launch;
    krx_oci_bundle bundle;
    cJSON *config;
} made;

static const char *const image_env[] = {"PATH=/opt/bin", "LANG=C", NULL};
static const char *const image_entrypoint[] = {"/entry", "-e", NULL};
static const char *const image_command[] = {"serve", NULL};

static void prepare(oci_folder *f, made *m, const char *yaml)
{
    *m = (made){0};
    parse_text(&m->spec, yaml);
    if (m->spec.rc != 0)
        fail_msg("%s", m->spec.diags.items[0].message);
    m->image =
        (krx_oci_image){.env = image_env, .entrypoint = image_entrypoint, .command = image_command};
    m->runtime =
        (krx_oci_runtime){.name = "crun",
                          .version = "1",
                          .can = KRX_OCI_CAN_SEE_INIT | KRX_OCI_CAN_SECCOMP | KRX_OCI_CAN_GPU};
    m->container = (krx_oci_container){.id = "web-1-abc",
                                       .name = "web-1",
                                       .workload = "web",
                                       .namespace_ = "shop",
                                       .image = "img",
                                       .image_id = "sha256:1",
                                       .hash = "h",
                                       .network = "bridge",
                                       .replica = 1,
                                       .generation = INT64_C(1790000000123456789)};
    oci_write(f, "layer/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:7:8::/home/app:/bin/sh\n",
              0644);
    oci_write(f, "layer/etc/group", "wheel:x:10:app\n", 0644);
    const char **layers = krx_arena_alloc(f->arena, 2 * sizeof *layers);
    layers[0] = oci_path(f, "layer");
    m->launch = (krx_oci_launch){.layers = layers, .hostname = "web-1"};
    m->bundle = (krx_oci_bundle){.spec = m->spec.specs.items[0]->workload,
                                 .image = &m->image,
                                 .runtime = &m->runtime,
                                 .container = &m->container,
                                 .launch = &m->launch,
                                 .folder = oci_path(f, "c"),
                                 .netns = "/run/ns/web-1",
                                 .cgroup = "/kranix/web-1-abc"};
}

static int32_t write_it(oci_folder *f, made *m)
{
    int32_t code = krx_oci_bundle_write(&f->call, &m->bundle);
    if (code == 0) {
        m->config = cJSON_Parse(oci_read(f, "c/bundle/config.json"));
        assert_non_null(m->config);
    }
    return code;
}

static void make(oci_folder *f, made *m, const char *yaml)
{
    prepare(f, m, yaml);
    if (write_it(f, m) != 0)
        fail_msg("%s", f->error.message);
}

static void done(made *m)
{
    cJSON_Delete(m->config);
    parsed_free(&m->spec);
}

/* The member at a path, as text without blanks; "-" when it is not there. */
static const char *at(oci_folder *f, const made *m, const char *path)
{
    const cJSON *item = krx_json_dig(m->config, path);
    char *text = item ? cJSON_PrintUnformatted(item) : NULL;
    const char *out = text ? krx_arena_strdup(f->arena, text) : "-";
    free(text);
    return out;
}

static const cJSON *mount_at(const made *m, const char *target)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(m->config, "mounts")) {
        if (strcmp(krx_json_text(item, "destination"), target) == 0)
            return item;
    }
    return NULL;
}

static const char *mount_text(oci_folder *f, const made *m, const char *target)
{
    char *text = cJSON_PrintUnformatted(mount_at(m, target));
    const char *out = text ? krx_arena_strdup(f->arena, text) : NULL;
    free(text);
    return out;
}

/* ---------------------------------------------------------------------------------- process */

static void test_plain(void **state)
{
    oci_folder *f = *state;
    made m;
    struct stat st;
    make(f, &m, "name: web\nimage: img\n");
    assert_string_equal(at(f, &m, "process/args"), "[\"/entry\",\"-e\",\"serve\"]");
    assert_string_equal(at(f, &m, "process/env"),
                        "[\"PATH=/opt/bin\",\"HOSTNAME=web-1\",\"LANG=C\",\"HOME=/root\"]");
    assert_string_equal(at(f, &m, "process/cwd"), "\"/\"");
    assert_string_equal(at(f, &m, "process/user"), "{\"uid\":0,\"gid\":0}");
    assert_string_equal(at(f, &m, "process/noNewPrivileges"), "false");
    assert_string_equal(at(f, &m, "process/terminal"), "false");
    assert_string_equal(at(f, &m, "hostname"), "\"web-1\"");
    assert_in(at(f, &m, "root"), "/c/bundle/rootfs\",\"readonly\":false");
    const cJSON *notes = krx_json_get(m.config, "annotations");
    assert_string_equal(krx_json_text(notes, "kranix.io/workload"), "web");
    assert_string_equal(krx_json_text(notes, "kranix.io/namespace"), "shop");
    assert_string_equal(krx_json_text(notes, "kranix.io/replica"), "1");
    assert_string_equal(krx_json_text(notes, "kranix.io/generation"), "1790000000123456789");
    assert_in(at(f, &m, "linux/namespaces"), "{\"type\":\"network\",\"path\":\"/run/ns/web-1\"}");
    assert_in(at(f, &m, "linux/maskedPaths"), "\"/proc/kcore\"");
    assert_in(at(f, &m, "linux/readonlyPaths"), "\"/proc/sys\"");
    assert_int_equal(stat(oci_path(f, "c/bundle/config.json"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    done(&m);
}

static const struct {
    const char *spec;
    const char *args;
} commands[] = {
    {"command: [/bin/x, y]\n", "[\"/bin/x\",\"y\"]"},
    {"args: [a, b]\n", "[\"/entry\",\"-e\",\"a\",\"b\"]"},
    {"command: /bin/x\nargs: [a]\n", "[\"/bin/x\",\"a\"]"},
};

static void test_commands(void **state)
{
    oci_folder *f = *state;
    made m;
    for (size_t i = 0; i < KRX_COUNT(commands); i++) {
        make(f, &m, krx_arena_printf(f->arena, "name: web\nimage: img\n%s", commands[i].spec));
        assert_string_equal(at(f, &m, "process/args"), commands[i].args);
        done(&m);
    }
    prepare(f, &m, "name: web\nimage: img\n");
    m.image.entrypoint = m.image.command = NULL;
    assert_int_equal(write_it(f, &m), KRX_E_INVALID_ARGUMENT);
    assert_in(f->error.message, "image img has no command");
    done(&m);
}

static void test_env_user_and_folder(void **state)
{
    oci_folder *f = *state;
    made m;
    prepare(f, &m,
            "name: web\nimage: img\nuser: app\nenv: {LANG: de, EMPTY: '', HOSTNAME: mine}\n");
    m.image.working_dir = "srv";
    m.image.user = "root";
    m.launch.terminal = true;
    assert_int_equal(write_it(f, &m), 0);
    assert_string_equal(at(f, &m, "process/env"),
                        "[\"PATH=/opt/bin\",\"HOSTNAME=mine\",\"TERM=xterm\",\"LANG=de\","
                        "\"EMPTY=\",\"HOME=/home/app\"]");
    assert_string_equal(at(f, &m, "process/user"), "{\"uid\":7,\"gid\":8,\"additionalGids\":[10]}");
    assert_string_equal(at(f, &m, "process/cwd"), "\"/srv\"");
    assert_string_equal(at(f, &m, "process/terminal"), "true");
    /* who is not root begins without any */
    assert_string_equal(at(f, &m, "process/capabilities/effective"), "[]");
    assert_in(at(f, &m, "process/capabilities/bounding"), "CAP_CHOWN");
    done(&m);
    prepare(f, &m, "name: web\nimage: img\nworkingDir: /data\nenv: {HOME: /h}\n");
    m.image.user = "app";
    m.image.env = NULL;
    assert_int_equal(write_it(f, &m), 0);
    assert_in(at(f, &m, "process/env"), "\"PATH=/usr/local/sbin:/usr/local/bin:");
    assert_in(at(f, &m, "process/env"), "\"HOME=/h\"");
    assert_string_equal(at(f, &m, "process/cwd"), "\"/data\"");
    assert_int_equal(krx_json_int(krx_json_dig(m.config, "process/user"), "uid", -1), 7);
    done(&m);
    prepare(f, &m, "name: web\nimage: img\nuser: ghost\n");
    assert_int_equal(write_it(f, &m), KRX_E_INVALID_ARGUMENT);
    assert_string_equal(f->error.message,
                        "container web-1: user 'ghost': the image has no user 'ghost'");
    done(&m);
}

/* ------------------------------------------------------------------------------ capabilities */

static void test_capability_sets(void **state)
{
    static const char *const all[] = {"ALL", NULL}, *const admin[] = {"net_admin", NULL},
                             *const chown[] = {"CAP_CHOWN", "KILL", NULL};
    (void)state;
    krx_oci_caps plain = krx_oci_caps_of(NULL, false);
    assert_true(krx_oci_caps_has(&plain, "CHOWN"));
    assert_true(krx_oci_caps_has(&plain, "CAP_NET_RAW"));
    assert_false(krx_oci_caps_has(&plain, "SYS_ADMIN"));
    assert_int_equal(__builtin_popcountll(plain.set), 14);
    krx_capabilities wanted = {.add = admin, .drop = chown};
    krx_oci_caps caps = krx_oci_caps_of(&wanted, false);
    assert_true(krx_oci_caps_has(&caps, "NET_ADMIN"));
    assert_false(krx_oci_caps_has(&caps, "CHOWN"));
    assert_int_equal(__builtin_popcountll(caps.set), 13);
    wanted = (krx_capabilities){.add = admin, .drop = all};
    caps = krx_oci_caps_of(&wanted, false);
    assert_int_equal(__builtin_popcountll(caps.set), 1);
    wanted = (krx_capabilities){.add = all, .drop = chown};
    caps = krx_oci_caps_of(&wanted, false);
    assert_int_equal(__builtin_popcountll(caps.set), KRX_OCI_CAPS_MAX - 2);
    assert_true(krx_oci_caps_has(&caps, "CHECKPOINT_RESTORE"));
    wanted = (krx_capabilities){.drop = all};
    assert_int_equal(krx_oci_caps_of(&wanted, false).set, 0);
    caps = krx_oci_caps_of(NULL, true);
    assert_true(krx_oci_caps_has(&caps, "SYS_ADMIN"));
    assert_int_equal(__builtin_popcountll(caps.set), 18);
    assert_int_equal(krx_oci_cap_number("SYS_TIME"), 25);
    assert_int_equal(krx_oci_cap_number("NONSENSE"), -1);
    assert_null(krx_oci_cap_name(KRX_OCI_CAPS_MAX));
}

/* ---------------------------------------------------------------------------------- seccomp */

/* The action for a system call without regard to its arguments: the last rule that names it. */
static const char *action(const cJSON *profile, const char *name)
{
    const char *found = "none";
    const cJSON *rule, *item;
    cJSON_ArrayForEach (rule, krx_json_array(profile, "syscalls")) {
        cJSON_ArrayForEach (item, krx_json_array(rule, "names")) {
            if (strcmp(item->valuestring, name) == 0)
                found = krx_json_get(rule, "args") ? "by argument" : krx_json_text(rule, "action");
        }
    }
    return found;
}

static cJSON *profile_of(uint64_t caps, const char *machine)
{
    cJSON *linux_ = cJSON_CreateObject();
    krx_json_maker maker = {0};
    krx_oci_caps set = {caps};
    krx_oci_put_seccomp(&maker, linux_, &set, machine);
    assert_false(maker.failed);
    return linux_;
}

static const char *in_profile(cJSON *linux_, const char *name)
{
    return action(krx_json_get(linux_, "seccomp"), name);
}

static void test_seccomp(void **state)
{
    (void)state;
    krx_oci_caps plain = krx_oci_caps_of(NULL, false), nested = krx_oci_caps_of(NULL, true);
    cJSON *json = profile_of(plain.set, "x86_64");
    static const char *const allowed[] = {"read", "openat2", "futex",  "clock_gettime", "statx",
                                          "rseq", "chroot",  "ptrace", "getrandom",     "prctl",
                                          "bind", "fork",    "vfork",  "modify_ldt",    "execve"};
    static const char *const refused[] = {
        "mount",  "unshare",        "setns",      "reboot",       "init_module",
        "bpf",    "io_uring_setup", "keyctl",     "add_key",      "kexec_load",
        "swapon", "userfaultfd",    "pivot_root", "settimeofday", "iopl"};
    for (size_t i = 0; i < KRX_COUNT(allowed); i++)
        if (strcmp(in_profile(json, allowed[i]), "SCMP_ACT_ALLOW") != 0)
            fail_msg("%s is refused", allowed[i]);
    for (size_t i = 0; i < KRX_COUNT(refused); i++)
        if (strcmp(in_profile(json, refused[i]), "none") != 0)
            fail_msg("%s is allowed", refused[i]);
    assert_string_equal(in_profile(json, "clone"), "by argument");
    assert_string_equal(in_profile(json, "socket"), "by argument");
    assert_string_equal(in_profile(json, "clone3"), "SCMP_ACT_ERRNO");
    const cJSON *profile = krx_json_get(json, "seccomp");
    assert_string_equal(krx_json_text(profile, "defaultAction"), "SCMP_ACT_ERRNO");
    assert_int_equal(cJSON_GetArraySize(krx_json_get(profile, "architectures")), 2);
    cJSON_Delete(json);
    json = profile_of(nested.set, "aarch64");
    assert_string_equal(in_profile(json, "mount"), "SCMP_ACT_ALLOW");
    assert_string_equal(in_profile(json, "clone"), "SCMP_ACT_ALLOW");
    assert_string_equal(in_profile(json, "clone3"), "SCMP_ACT_ALLOW");
    assert_string_equal(in_profile(json, "init_module"), "none");
    assert_string_equal(in_profile(json, "modify_ldt"), "none");
    assert_string_equal(in_profile(json, "arm_fadvise64_64"), "SCMP_ACT_ALLOW");
    assert_string_equal(
        krx_json_get(krx_json_get(json, "seccomp"), "architectures")->child->valuestring,
        "SCMP_ARCH_AARCH64");
    cJSON_Delete(json);
    json = profile_of(UINT64_C(1) << krx_oci_cap_number("SYS_TIME"), "vax");
    assert_string_equal(in_profile(json, "settimeofday"), "SCMP_ACT_ALLOW");
    assert_string_equal(in_profile(json, "chroot"), "none");
    assert_null(krx_json_get(krx_json_get(json, "seccomp"), "architectures"));
    cJSON_Delete(json);
}

/* The first container of a profile says that its filter is wanted, the next one is given it. */
static void test_seccomp_filter(void **state)
{
    oci_folder *f = *state;
    made m;
    const char *key, *kept;
    prepare(f, &m, "name: web\nimage: img\n");
    m.runtime.path = "/bin/sh";
    m.bundle.run_root = oci_path(f, "run");
    krx_oci_store store = {.root = oci_path(f, "root"), .run_root = m.bundle.run_root};
    m.bundle.folder = oci_path(f, "root/containers/web-1-abc");
    assert_int_equal(krx_oci_bundle_write(&f->call, &m.bundle), 0);
    key = oci_read(f, "root/containers/web-1-abc/bundle/seccomp.key");
    assert_int_equal(strlen(key), 64);
    assert_null(krx_oci_filter_find(&f->call, f->arena, store.run_root, key));
    oci_write(f, "run/runtime/crun/web-1-abc/seccomp.bpf", "12345678abcdefgh", 0600);
    krx_oci_filter_keep(&f->call, f->arena, &store, "web-1-abc");
    kept = krx_oci_filter_find(&f->call, f->arena, store.run_root, key);
    assert_string_equal(kept, "MTIzNDU2NzhhYmNkZWZnaA==");
    assert_int_equal(access(oci_path(f, "root/containers/web-1-abc/bundle/seccomp.key"), F_OK), -1);
    assert_int_equal(krx_oci_bundle_write(&f->call, &m.bundle), 0);
    cJSON *config = cJSON_Parse(oci_read(f, "root/containers/web-1-abc/bundle/config.json"));
    assert_string_equal(
        krx_json_text(krx_json_get(config, "annotations"), KRX_OCI_FILTER_ANNOTATION), kept);
    assert_non_null(krx_json_get(krx_json_get(config, "linux"), "seccomp"));
    cJSON_Delete(config);
    /* another binary or profile makes another one; runc takes none */
    m.runtime.version = "2";
    assert_string_not_equal(krx_oci_filter_key(f->arena, &m.runtime, "{}"),
                            krx_oci_filter_key(f->arena, &m.runtime, "{} "));
    m.runtime.name = "runc";
    assert_null(krx_oci_filter_key(f->arena, &m.runtime, "{}"));
    done(&m);
}

static void test_sandbox(void **state)
{
    oci_folder *f = *state;
    made m;
    prepare(f, &m, "name: web\nimage: img\n");
    m.runtime = (krx_oci_runtime){.name = "runsc", .version = "1"};
    assert_int_equal(write_it(f, &m), 0);
    assert_string_equal(at(f, &m, "linux/seccomp"), "-");
    assert_null(mount_at(&m, "/sys/fs/cgroup"));
    assert_non_null(mount_at(&m, "/proc"));
    done(&m);
    prepare(f, &m, "name: web\nimage: img\nresources: {gpu: {vendor: nvidia, count: 1}}\n");
    m.runtime = (krx_oci_runtime){.name = "runsc", .version = "1"};
    assert_int_equal(write_it(f, &m), KRX_E_UNSUPPORTED);
    done(&m);
}

/* ----------------------------------------------------------------------------------- mounts */

static void test_mounts(void **state)
{
    static const krx_oci_bind data = {"/v/data", "/data/", true};
    const krx_oci_bind *const volumes[] = {&data, NULL};
    oci_folder *f = *state;
    made m;
    prepare(f, &m,
            krx_arena_printf(f->arena,
                             "name: web\nimage: img\nreadOnlyRootFilesystem: true\n"
                             "tmpfs: [/run/]\nmounts:\n"
                             "  - {source: %s, target: /data/in/deep}\n"
                             "  - {source: %s, target: /etc/hosts, readOnly: true}\n"
                             "  - {type: tmpfs, target: /dev/shm, size: 1Mi}\n",
                             f->root, oci_write(f, "file", "", 0644)));
    m.bundle.volumes = volumes;
    assert_int_equal(write_it(f, &m), 0);
    assert_in(at(f, &m, "root"), "\"readonly\":true");
    assert_string_equal(mount_text(f, &m, "/data"),
                        "{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"/v/data\","
                        "\"options\":[\"rbind\",\"rprivate\",\"ro\"]}");
    assert_in(mount_text(f, &m, "/data/in/deep"), "\"rw\"");
    /* the user's word on a place takes the default's away */
    assert_in(mount_text(f, &m, "/etc/hosts"),
              "/file\",\"options\":[\"rbind\",\"rprivate\",\"ro\"]");
    assert_in(mount_text(f, &m, "/dev/shm"), "\"size=1048576\"");
    assert_in(mount_text(f, &m, "/run"), "\"type\":\"tmpfs\"");
    assert_in(mount_text(f, &m, "/etc/resolv.conf"), "/c/resolv.conf\"");
    assert_in(mount_text(f, &m, "/sys"), "\"ro\"");
    /* what is mounted inside another comes after it */
    int data_at = -1, deep_at = -1, dev_at = -1, shm_at = -1, i = 0;
    const cJSON *item;
    cJSON_ArrayForEach (item, krx_json_array(m.config, "mounts")) {
        const char *target = krx_json_text(item, "destination");
        int *const where = strcmp(target, "/data") == 0           ? &data_at
                           : strcmp(target, "/data/in/deep") == 0 ? &deep_at
                           : strcmp(target, "/dev") == 0          ? &dev_at
                           : strcmp(target, "/dev/shm") == 0      ? &shm_at
                                                                  : NULL;
        if (where)
            *where = i;
        i++;
    }
    assert_true(data_at >= 0 && data_at < deep_at);
    assert_true(dev_at >= 0 && dev_at < shm_at);
    done(&m);
}

static void test_mounts_that_can_not_be(void **state)
{
    oci_folder *f = *state;
    made m;
    prepare(f, &m, "name: web\nimage: img\nmounts: [{source: /nonexistent/x, target: /data}]\n");
    assert_int_equal(write_it(f, &m), KRX_E_INVALID_ARGUMENT);
    assert_in(f->error.message, "/nonexistent/x: No such file");
    done(&m);
    prepare(f, &m, "name: web\nimage: img\nmounts: [{source: /tmp, target: //./}]\n");
    assert_int_equal(write_it(f, &m), KRX_E_INVALID_ARGUMENT);
    done(&m);
}

static void test_networks(void **state)
{
    oci_folder *f = *state;
    made m;
    prepare(f, &m, "name: web\nimage: img\n");
    m.container.network = "none";
    m.bundle.netns = NULL;
    assert_int_equal(write_it(f, &m), 0);
    assert_in(at(f, &m, "linux/namespaces"), "{\"type\":\"network\"}");
    assert_in(at(f, &m, "linux/sysctl"), "\"net.ipv4.ip_unprivileged_port_start\":\"0\"");
    done(&m);
    prepare(f, &m, "name: web\nimage: img\n");
    m.container.network = "ns:/run/ns/other";
    assert_int_equal(write_it(f, &m), 0);
    assert_string_equal(at(f, &m, "linux/sysctl"), "-"); /* it is somebody else's */
    done(&m);
    prepare(f, &m, "name: web\nimage: img\n");
    m.container.network = "host";
    m.bundle.netns = NULL;
    assert_int_equal(write_it(f, &m), 0);
    assert_not_in(at(f, &m, "linux/namespaces"), "network");
    assert_string_equal(at(f, &m, "linux/sysctl"), "-");
    assert_not_in(at(f, &m, "linux/maskedPaths"), "/sys/fs/cgroup");
    assert_in(mount_text(f, &m, "/sys"), "\"sysfs\"");
    done(&m);
    prepare(f, &m, "name: web\nimage: img\n");
    m.container.network = "host";
    m.runtime.rootless = true;
    assert_int_equal(write_it(f, &m), 0);
    assert_in(mount_text(f, &m, "/sys"), "\"bind\"");
    assert_in(at(f, &m, "linux/maskedPaths"), "\"/sys/fs/cgroup\"");
    assert_string_equal(at(f, &m, "process/oomScoreAdj"), "-");
    done(&m);
}

/* ----------------------------------------------------------------------------------- limits */

static const char limited[] =
    "name: web\nimage: img\nresources: {cpuRequest: 500m, cpuLimit: 1.5, memoryRequest: 32Mi, "
    "memoryLimit: 64Mi}\n";

static void test_limits(void **state)
{
    oci_folder *f = *state;
    made m;
    make(f, &m, limited);
    if (krx_oci_cgroup_usable()) {
        assert_string_equal(at(f, &m, "linux/resources/cpu"),
                            "{\"shares\":512,\"quota\":150000,\"period\":100000}");
        assert_in(at(f, &m, "linux/resources/memory"), "{\"limit\":67108864,");
        assert_in(at(f, &m, "linux/resources/memory"), "\"reservation\":33554432}");
        assert_string_equal(at(f, &m, "linux/resources/pids"), "{\"limit\":4096}");
        assert_in(at(f, &m, "linux/cgroupsPath"), "/kranix/web-1-abc\"");
        assert_in(at(f, &m, "linux/resources/devices"), "\"allow\":false");
    } else {
        assert_string_equal(at(f, &m, "linux/resources"), "-");
        assert_in(krx_str_get(&f->log), "not enforced");
    }
    done(&m);
    prepare(f, &m, limited);
    m.bundle.cgroup = NULL;
    assert_int_equal(write_it(f, &m), 0);
    assert_string_equal(at(f, &m, "linux/resources"), "-");
    assert_string_equal(at(f, &m, "linux/cgroupsPath"), "-");
    assert_in(krx_str_get(&f->log), "not enforced");
    done(&m);
}

static void test_limits_for_update(void **state)
{
    oci_folder *f = *state;
    made m;
    prepare(f, &m, limited);
    char *text = krx_oci_resources_json(f->arena, m.bundle.spec);
    assert_in(text, "\"cpu\":{\"shares\":512,\"quota\":150000,\"period\":100000}");
    assert_in(text, "\"limit\":67108864");
    done(&m);
    prepare(f, &m, "name: web\nimage: img\n");
    text = krx_oci_resources_json(f->arena, m.bundle.spec);
    assert_in(text, "\"quota\":-1");
    assert_in(text, "\"memory\":{\"limit\":-1");
    done(&m);
}

static void test_ulimits(void **state)
{
    oci_folder *f = *state;
    made m;
    struct rlimit own;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &own), 0);
    make(f, &m,
         "name: web\nimage: img\nannotations: {kranix.io/ulimit.nofile: '64:128', "
         "kranix.io/ulimit.core: '0'}\n");
    assert_in(at(f, &m, "process/rlimits"),
              "{\"type\":\"RLIMIT_NOFILE\",\"hard\":128,\"soft\":64}");
    assert_in(at(f, &m, "process/rlimits"), "{\"type\":\"RLIMIT_CORE\",\"hard\":0,\"soft\":0}");
    done(&m);
    /* never more than this process has */
    make(f, &m, "name: web\nimage: img\nannotations: {kranix.io/ulimit.nofile: unlimited}\n");
    assert_in(at(f, &m, "process/rlimits"),
              krx_arena_printf(f->arena, "\"hard\":%llu", (unsigned long long)own.rlim_max));
    if (own.rlim_max != RLIM_INFINITY)
        assert_in(krx_str_get(&f->log), "ulimit nofile is ");
    done(&m);
    static const char *const wrong[] = {"x", "1:", "5:4", "-2", "1:2:3", ""};
    for (size_t i = 0; i < KRX_COUNT(wrong); i++) {
        prepare(f, &m,
                krx_arena_printf(f->arena,
                                 "name: web\nimage: img\nannotations: {kranix.io/ulimit.nofile: "
                                 "'%s'}\n",
                                 wrong[i]));
        if (write_it(f, &m) != KRX_E_INVALID_ARGUMENT)
            fail_msg("'%s' is taken", wrong[i]);
        done(&m);
    }
}

static void test_annotations(void **state)
{
    oci_folder *f = *state;
    made m;
    make(f, &m,
         "name: web\nimage: img\nannotations: {note: mine, kranix.io/workload: other, "
         "org.criu.config: /x, dev.gvisor.flag.debug: 'true', run.oci.handler: x, "
         "kranix.io/docker-in-docker: 'true', kranix.io/pids-limit: '0'}\n");
    const cJSON *notes = krx_json_get(m.config, "annotations");
    assert_string_equal(krx_json_text(notes, "note"), "mine");
    assert_string_equal(krx_json_text(notes, "kranix.io/workload"), "web");
    assert_string_not_equal(krx_json_text(notes, "org.criu.config"), "/x");
    assert_null(krx_json_get(notes, "dev.gvisor.flag.debug"));
    assert_null(krx_json_get(notes, "run.oci.handler"));
    krx_oci_caps own = krx_oci_caps_own();
    if (krx_oci_caps_has(&own, "SYS_ADMIN"))
        assert_in(at(f, &m, "process/capabilities/bounding"), "CAP_SYS_ADMIN");
    if (krx_oci_cgroup_usable()) {
        assert_string_equal(at(f, &m, "linux/resources/pids"), "{\"limit\":-1}");
        assert_in(mount_text(f, &m, "/sys/fs/cgroup"), "\"rw\"");
    }
    done(&m);
}

/* ---------------------------------------------------------------------------------- devices */

static const char nvidia[] =
    "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n"
    "containerEdits:\n  env: [NVIDIA_VISIBLE_DEVICES=void]\n"
    "  hooks:\n    - {hookName: createContainer, path: /usr/bin/nvidia-ctk, args: [nvidia-ctk, "
    "hook]}\n"
    "  mounts:\n    - {hostPath: /lib/a.so, containerPath: /lib/a.so, options: [ro, bind]}\n"
    "devices:\n"
    "  - name: all\n    containerEdits: {deviceNodes: [{path: /dev/nope}]}\n"
    "  - name: '0'\n    containerEdits:\n      deviceNodes: [{path: /dev/nv0, type: c, major: 195, "
    "minor: 0, fileMode: 438}]\n      additionalGids: [44]\n"
    "  - name: '1'\n    containerEdits: {deviceNodes: [{path: /dev/nv1, hostPath: /dev/null}]}\n"
    "  - name: GPU-abc\n    containerEdits: {deviceNodes: [{path: /dev/nope}]}\n";

static void test_cdi(void **state)
{
    oci_folder *f = *state;
    const char *const folders[] = {oci_path(f, "none"), oci_path(f, "cdi"), oci_path(f, "cdi"),
                                   NULL};
    krx_oci_cdi_want wants[] = {{"nvidia.com/gpu", NULL, 2}, {NULL, NULL, 0}};
    krx_oci_edits edits;
    oci_write(f, "cdi/nvidia.yaml", nvidia, 0644);
    oci_write(f, "cdi/broken.json", "{\"kind\": ", 0644);
    oci_write(f, "cdi/readme.txt", "kind: nvidia.com/gpu\n", 0644);
    assert_int_equal(krx_oci_cdi_find(&f->call, f->arena, folders, wants, &edits), 0);
    assert_in(krx_str_get(&f->log), "broken.json");
    assert_string_equal(edits.devices[0]->path, "/dev/nv0");
    assert_int_equal(edits.devices[0]->major, 195);
    assert_int_equal(edits.devices[0]->mode, 0666);
    assert_string_equal(edits.devices[1]->path, "/dev/nv1");
    assert_int_equal(edits.devices[1]->major, 1);
    assert_int_equal(edits.devices[1]->minor, 3);
    assert_string_equal(edits.devices[1]->type, "c");
    assert_null(edits.devices[2]);
    assert_string_equal(edits.env[0], "NVIDIA_VISIBLE_DEVICES=void");
    assert_null(edits.env[1]);
    assert_string_equal(edits.mounts[0]->target, "/lib/a.so");
    assert_string_equal(edits.mounts[0]->type, "bind");
    assert_string_equal(edits.hooks[0]->name, "createContainer");
    assert_string_equal(edits.hooks[0]->args[1], "hook");
    assert_int_equal(edits.gid_count, 1);
    assert_int_equal(edits.gids[0], 44);
    wants[0].count = 3;
    assert_int_equal(krx_oci_cdi_find(&f->call, f->arena, folders, wants, &edits),
                     KRX_E_UNAVAILABLE);
    assert_in(f->error.message, "3 of nvidia.com/gpu are wanted, 2 are there");
    wants[0] = (krx_oci_cdi_want){"nvidia.com/gpu", "0", 1};
    assert_int_equal(krx_oci_cdi_find(&f->call, f->arena, folders, wants, &edits), 0);
    assert_null(edits.devices[1]);
    wants[0] = (krx_oci_cdi_want){"nvidia.com/gpu", "GPU-abc", 1};
    assert_int_equal(krx_oci_cdi_find(&f->call, f->arena, folders, wants, &edits),
                     KRX_E_UNAVAILABLE); /* its device is not on this machine */
    assert_in(f->error.message, "/dev/nope");
    wants[0] = (krx_oci_cdi_want){"amd.com/gpu", NULL, 1};
    assert_int_equal(krx_oci_cdi_find(&f->call, f->arena, folders, wants, &edits),
                     KRX_E_UNAVAILABLE);
    assert_in(f->error.message, "no CDI description of amd.com/gpu");
}

static void test_cdi_broken(void **state)
{
    static const char *const edits_of[][2] = {
        {"deviceNodes: [{type: c, major: 1, minor: 3}]", "'path'"},
        {"deviceNodes: [{path: dev/x, type: c, major: 1, minor: 3}]", "'path'"},
        {"deviceNodes: [{path: /dev/x, type: file, major: 1, minor: 3}]", "'type'"},
        {"deviceNodes: [{path: /dev/x, type: c, major: -1, minor: 3}]", "'major'"},
        {"deviceNodes: [{path: /dev/x, type: c, major: 1, minor: 3x}]", "'minor'"},
        {"deviceNodes: [{path: /dev/x, type: c, major: 1, minor: 99999999999999999999}]",
         "'minor'"},
        {"mounts: [{containerPath: /x}]", "'hostPath'"},
        {"mounts: [{hostPath: /x, containerPath: x}]", "'containerPath'"},
        {"hooks: [{path: /bin/x}]", "'hookName'"},
        {"hooks: [{hookName: afterwards, path: /bin/x}]", "'hookName'"},
        {"hooks: [{hookName: poststop, path: x}]", "'path'"},
        {"additionalGids: [video]", "'additionalGids'"},
        {"additionalGids: [[44]]", "'additionalGids'"},
    };
    oci_folder *f = *state;
    const char *const folders[] = {oci_path(f, "cdi"), NULL};
    const krx_oci_cdi_want wants[] = {{"a.com/b", NULL, 1}, {NULL, NULL, 0}};
    krx_oci_edits edits;
    for (size_t i = 0; i < KRX_COUNT(edits_of); i++) {
        char *text = krx_arena_printf(
            f->arena, "kind: a.com/b\ndevices: [{name: '0', containerEdits: {%s}}]\n",
            edits_of[i][0]);
        assert_non_null(text);
        oci_write(f, "cdi/a.yaml", text, 0644);
        assert_int_equal(krx_oci_cdi_find(&f->call, f->arena, folders, wants, &edits),
                         KRX_E_INVALID_ARGUMENT);
        assert_in(f->error.message, edits_of[i][1]);
    }
}

/* ------------------------------------------------------------------------------------- exec */

static char *exec_text(oci_folder *f, made *m, const krx_oci_exec *exec)
{
    char *out = NULL;
    if (krx_oci_exec_process(&f->call, f->arena, m->bundle.folder, &m->launch, exec, &out) != 0)
        fail_msg("%s", f->error.message);
    return out;
}

static void test_exec(void **state)
{
    static const krx_kv lang = {sizeof lang, 0, "LANG", "fr"};
    const krx_kv *const env[] = {&lang, NULL};
    oci_folder *f = *state;
    made m;
    char *out;
    make(f, &m, "name: web\nimage: img\nworkingDir: /srv\n");
    krx_oci_exec exec = {.argv = (const char *const[]){"id", "-u", NULL}};
    out = exec_text(f, &m, &exec);
    assert_in(out, "\"args\":[\"id\",\"-u\"]");
    assert_in(out, "\"cwd\":\"/srv\"");
    assert_in(out, "\"terminal\":false");
    assert_in(out, "\"uid\":0");
    assert_in(out, "\"rlimits\"");
    exec = (krx_oci_exec){.argv = (const char *const[]){"sh", NULL},
                          .env = env,
                          .working_dir = "/",
                          .user = "app",
                          .terminal = true,
                          .rows = 24,
                          .columns = 80};
    out = exec_text(f, &m, &exec);
    assert_in(out, "\"LANG=fr\"");
    assert_not_in(out, "LANG=C");
    assert_in(out, "\"TERM=xterm\"");
    assert_in(out, "\"HOME=/home/app\"");
    assert_in(out, "\"cwd\":\"/\"");
    assert_in(out, "\"uid\":7");
    assert_in(out, "\"effective\":[]");
    assert_in(out, "CAP_CHOWN");
    assert_in(out, "\"consoleSize\":{\"height\":24,\"width\":80}");
    /* the container's own file counts, not the image's */
    oci_write(f, "c/upper/etc/passwd", "late:x:70:80::/late:/bin/sh\n", 0644);
    exec.user = "late";
    assert_in(exec_text(f, &m, &exec), "\"uid\":70,\"gid\":80");
    exec.user = "app";
    assert_int_equal(
        krx_oci_exec_process(&f->call, f->arena, m.bundle.folder, &m.launch, &exec, &out),
        KRX_E_INVALID_ARGUMENT);
    done(&m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oci_folder_setup, oci_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plain),
        TEST(test_commands),
        TEST(test_env_user_and_folder),
        cmocka_unit_test(test_capability_sets),
        cmocka_unit_test(test_seccomp),
        TEST(test_seccomp_filter),
        TEST(test_sandbox),
        TEST(test_mounts),
        TEST(test_mounts_that_can_not_be),
        TEST(test_networks),
        TEST(test_limits),
        TEST(test_limits_for_update),
        TEST(test_ulimits),
        TEST(test_annotations),
        TEST(test_cdi),
        TEST(test_cdi_broken),
        TEST(test_exec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
