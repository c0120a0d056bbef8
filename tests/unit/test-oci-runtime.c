/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/runtime: probing, choosing, calling and understanding crun, runc and runsc. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "modules/oci/runtime/capture.h"
#include "modules/oci/runtime/errors.h"
#include "modules/oci/runtime/table.h"
#include "tests/unit/oci_folder.h"

/* ------------------------------------------------------------------------------- help texts */

static const char runc_help[] =
    "NAME:\n   runc - Open Container Initiative runtime\n\nCOMMANDS:\n"
    "   checkpoint  checkpoint a running container\n   update      update container resources\n"
    "   help, h     Shows a list of commands\n\nGLOBAL OPTIONS:\n"
    "   --log-format value  set the log format ('text' (default), or 'json')\n"
    "   --rootless value    ignore cgroup permission errors\n   --version, -v       print it\n";

static const char runsc_kill_help[] =
    "kill <container id> [signal]  -all\n    \tsend the signal to all processes\n  -pid int\n"
    "    \tsend the signal to one process\n";

static bool has(const krx_ptrs *flags, const char *flag)
{
    for (size_t i = 0; i < flags->count; i++)
        if (strcmp(flags->items[i], flag) == 0)
            return true;
    return false;
}

static void test_help_texts(void **state)
{
    oci_folder *f = *state;
    krx_ptrs flags = {0};
    krx_oci_flags_parse(f->arena, "", runc_help, &flags);
    assert_true(has(&flags, " log-format"));
    assert_true(has(&flags, " rootless"));
    assert_true(has(&flags, " v"));
    assert_false(has(&flags, " json"));
    krx_oci_flags_parse(f->arena, "update",
                        "      --memory=VALUE         Memory limit\n"
                        "  -r, --resources=FILE       path to the --file\n",
                        &flags);
    assert_true(has(&flags, "update memory"));
    assert_true(has(&flags, "update resources"));
    assert_false(has(&flags, "update file"));
    krx_oci_flags_parse(f->arena, "kill", runsc_kill_help, &flags);
    assert_true(has(&flags, "kill all"));
    assert_true(has(&flags, "kill pid"));
    assert_true(krx_oci_command_listed(runc_help, "checkpoint"));
    assert_true(krx_oci_command_listed(runc_help, "help"));
    assert_false(krx_oci_command_listed(runc_help, "restore"));
    assert_false(krx_oci_command_listed(runc_help, "check"));
}

/* ------------------------------------------------------------------------------- complaints */

static const struct {
    const char *log;
    int32_t code;
    const char *said;
} complaints[] = {
    {"{\"level\":\"error\",\"msg\":\"container does not exist\",\"time\":\"x\"}\n"
     "container does not exist\n",
     KRX_E_NOT_FOUND, "container does not exist"},
    {"error opening file `/run/r/nope/status`: No such file or directory\n"
     "{\"msg\":\"error opening file `/run/r/nope/status`: No such file or directory\","
     "\"level\":\"error\"}\n",
     KRX_E_NOT_FOUND, "nope/status"},
    {"container `web` does not exist: open `/run/x`", KRX_E_NOT_FOUND, "does not exist"},
    {"loading container: file does not exist\n"
     "{\"msg\":\"loading container: file does not exist\",\"level\":\"error\"}",
     KRX_E_NOT_FOUND, "loading container"},
    {"loading sandbox: file does not exist", KRX_E_NOT_FOUND, "sandbox"},
    {"loading container: open /r/x.state: no such file or directory", KRX_E_NOT_FOUND, ".state"},
    {"exec failed: container does not exist", KRX_E_NOT_FOUND, "exec failed"},
    /* what is not found is the program, not the container */
    {"executable file `nope` not found in $PATH: No such file or directory", KRX_E_INVALID_ARGUMENT,
     "`nope`"},
    {"runc run failed: unable to start container process: exec: \"/nope\": stat /nope: "
     "no such file or directory",
     KRX_E_INVALID_ARGUMENT, "\"/nope\""},
    {"exec: \"nope\": executable file not found in $PATH", KRX_E_INVALID_ARGUMENT, "nope"},
    {"running container: failed to load /nope: no such file or directory", KRX_E_INVALID_ARGUMENT,
     "/nope"},
    {"error finding executable \"sh\" in PATH [/bin]: no such file or directory",
     KRX_E_INVALID_ARGUMENT, "\"sh\""},
    {"exec: \"/etc/passwd\": permission denied", KRX_E_INVALID_ARGUMENT, "/etc/passwd"},
    {"exec format error", KRX_E_INVALID_ARGUMENT, "format"},
    {"container with given ID already exists", KRX_E_ALREADY_EXISTS, "already"},
    {"container `web` already exists", KRX_E_ALREADY_EXISTS, "already"},
    {"cannot lock container metadata file: container already exists", KRX_E_ALREADY_EXISTS, ""},
    {"cannot delete container web that is not stopped: running", KRX_E_FAILED_PRECONDITION, ""},
    {"the container `web` is not in `created` or `stopped` state", KRX_E_FAILED_PRECONDITION, ""},
    {"cannot delete container that is not stopped without --force flag", KRX_E_FAILED_PRECONDITION,
     ""},
    {"cannot exec in a paused container (use --ignore-paused to override)",
     KRX_E_FAILED_PRECONDITION, "paused"},
    {"the container `web` is paused", KRX_E_FAILED_PRECONDITION, "paused"},
    {"cannot execute in container \"web\" in state paused", KRX_E_FAILED_PRECONDITION, ""},
    {"cannot exec in a stopped container\ncontainer not running", KRX_E_FAILED_PRECONDITION, ""},
    {"error setting rlimit type 7: operation not permitted", KRX_E_FAILED_PRECONDITION, "rlimit"},
    {"setrlimit `RLIMIT_NOFILE`: Operation not permitted", KRX_E_FAILED_PRECONDITION, "NOFILE"},
    {"cgroups in hybrid mode not supported, drop all controllers from cgroupv2", KRX_E_UNAVAILABLE,
     "hybrid"},
    {"cannot run with network enabled in root network namespace", KRX_E_UNAVAILABLE, ""},
    {"CRIU version check failed: exec: \"criu\": executable file not found in $PATH",
     KRX_E_UNSUPPORTED, "CRIU"},
    {"mkdir /x: no space left on device", KRX_E_RESOURCE_EXHAUSTED, "space"},
    {"mount `proc` to `proc`: Operation not permitted", KRX_E_PERMISSION_DENIED, "proc"},
    {"time=\"2026-01-01T00:00:00Z\" level=warning msg=\"no such container\"\n"
     "time=\"2026-01-01T00:00:00Z\" level=error msg=\"something else\"\n",
     KRX_E_UNKNOWN, "something else"},
    {"2026-01-01T00:00:00.1Z: the sky fell\n", KRX_E_UNKNOWN, "crun: the sky fell"},
    {"", KRX_E_UNKNOWN, "status 1 and says nothing"},
};

static void test_complaints(void **state)
{
    oci_folder *f = *state;
    const krx_oci_runtime runtime = {.name = "crun"};
    for (size_t i = 0; i < KRX_COUNT(complaints); i++) {
        int32_t code =
            krx_oci_runtime_fail(&f->call, &runtime, "state of web", 1, complaints[i].log);
        if (code != complaints[i].code)
            fail_msg("%s: %s", krx_error_name(code), complaints[i].log);
        assert_in(f->error.message, "state of web: ");
        assert_in(f->error.message, complaints[i].said);
        assert_not_in(f->error.message, "\n");
    }
    assert_int_equal(krx_oci_runtime_fail(&f->call, &runtime, "x", 137, ""), KRX_E_UNKNOWN);
    assert_in(f->error.message, "signal 9");
}

/* Whatever it is, it ends as one line of valid text. */
static void test_complaints_of_any_kind(void **state)
{
    oci_folder *f = *state;
    const krx_oci_runtime runtime = {.name = "runc"};
    static const char *const odd[] = {"{",
                                      "{\"level\":\"error\"",
                                      "{}{}{}",
                                      "\x80\xff\x01 bad",
                                      "{\"level\":\"error\",\"msg\":\"\"}",
                                      "\n\n\n",
                                      "msg=\"",
                                      "{\"level\":\"error\",\"msg\":7}{{{{"};
    krx_str large = {0};
    size_t bad;
    for (size_t i = 0; i < KRX_COUNT(odd); i++) {
        assert_true(krx_oci_runtime_fail(&f->call, &runtime, "x", 1, odd[i]) < 0);
        assert_true(krx_utf8_valid(f->error.message, strlen(f->error.message), &bad));
    }
    for (int i = 0; i < 20000; i++)
        krx_str_add(&large, "\xc3\xa4");
    assert_int_equal(krx_oci_runtime_fail(&f->call, &runtime, "x", 1, large.data), KRX_E_UNKNOWN);
    assert_true(krx_utf8_valid(f->error.message, strlen(f->error.message), &bad));
    krx_str_free(&large);
}

/* ------------------------------------------------------------------------------------- argv */

static void assert_words(const char *const *argv, const char *wanted)
{
    krx_str line = {0};
    assert_non_null(argv);
    for (size_t i = 0; argv[i]; i++)
        krx_str_addf(&line, "%s%s", i ? " " : "", argv[i]);
    assert_string_equal(krx_str_get(&line), wanted);
    krx_str_free(&line);
}

static const char *const root_args[] = {"--root", "/r", NULL};

static void test_argv(void **state)
{
    oci_folder *f = *state;
    krx_oci_runtime runtime = {.name = "crun", .path = "/bin/crun", .args = root_args};
    krx_oci_command command = {.keeper = "/k",
                               .name = "kill",
                               .id = "web-1",
                               .options = (const char *const[]){"--all", NULL},
                               .trailing = (const char *const[]){"9", NULL}};
    assert_words(krx_oci_runtime_argv(f->arena, &runtime, &command),
                 "/bin/crun --root /r kill --all web-1 9");
    runtime.shed = true;
    assert_words(krx_oci_runtime_argv(f->arena, &runtime, &command),
                 "/k run --shed -- /bin/crun --root /r kill --all web-1 9");
    command.inside = 77;
    assert_words(krx_oci_runtime_argv(f->arena, &runtime, &command),
                 "/k run --inside 77 -- /bin/crun --root /r kill --all web-1 9");
    runtime.shed = false;
    command = (krx_oci_command){.keeper = "/k", .name = "exec", .id = "web-1"};
    assert_words(krx_oci_runtime_argv(f->arena, &runtime, &command),
                 "/k run -- /bin/crun --root /r exec web-1");
    command.name = "list";
    command.id = NULL;
    assert_words(krx_oci_runtime_argv(f->arena, &runtime, &command), "/bin/crun --root /r list");
}

static void test_args_of_a_container(void **state)
{
    oci_folder *f = *state;
    krx_oci_runtime runtime = {.name = "runc", .args = root_args};
    assert_words(krx_oci_runtime_args(f->arena, &runtime, "bridge", true, true), "--root /r");
    runtime.name = "runsc";
    assert_words(krx_oci_runtime_args(f->arena, &runtime, "bridge", true, true),
                 "--root /r --network=sandbox");
    runtime.flags = (const char *const[]){" nvproxy", " net-raw", NULL};
    assert_words(krx_oci_runtime_args(f->arena, &runtime, "none", true, true),
                 "--root /r --network=none --nvproxy=true --net-raw");
    assert_words(krx_oci_runtime_args(f->arena, &runtime, "host", false, false),
                 "--root /r --network=host");
}

/* --------------------------------------------------------------------------------- choosing */

#define COUNTED "echo asked >>\"$0.asked\"\n"

static const char fake_crun[] = COUNTED
    "case \"$*\" in\n"
    "--version) printf 'crun version 9.1\\n+SECCOMP +CRIU\\n' ;;\n"
    "--help) printf 'Usage: crun\\n\\tcheckpoint  - x\\n\\trestore   - x\\n\\tpause  - x\\n"
    "\\tupdate  - x\\n      --rootless=VALUE\\n      --cgroup-manager=MANAGER  x\\n' ;;\n"
    "'checkpoint --help') printf '      --image-path=P  x\\n      --leave-running  x\\n' ;;\n"
    "'restore --help') printf '      --tcp-close  x\\n' ;;\n"
    "'update --help') printf '  -r, --resources=FILE  x\\n' ;;\n"
    "'pause --help') printf '  -?, --help  x\\n' ;;\n"
    "*) exit 1 ;;\nesac\n";

static const char fake_runsc[] =
    "case \"$*\" in\n"
    "--version) printf 'runsc version release-2024\\nspec: 1\\n' ;;\n"
    "help) printf 'Subcommands:\\n\\tcheckpoint  x\\n\\tpause  x\\n' ;;\n"
    "flags) printf '  -nvproxy\\n    \\tx\\n  -platform string\\n    \\tsystrap (default), "
    "ptrace\\n"
    "  -overlay2 value\\n    \\tx\\n' >&2 ;;\n"
    "'help checkpoint') printf 'checkpoint\\n  -image-path string\\n  -leave-running\\n' ;;\n"
    "'help pause') printf 'pause\\n' ;;\n"
    "*) exit 1 ;;\nesac\n";

static const char fake_criu[] = "case \"$1\" in --version) echo 'Version: 4.2' ;;\n"
                                "check) test ! -e \"$0.broken\" || { echo 'Error (x:1): no vdso' "
                                ">&2; exit 1; } ;; esac\n";

static size_t asked(oci_folder *f, const char *path)
{
    const char *text = oci_read(f, path);
    return text ? strlen(text) / strlen("asked\n") : 0;
}

static void test_choose_and_cache(void **state)
{
    oci_folder *f = *state;
    char *path = oci_script(f, "bin/crun", fake_crun), *criu = oci_script(f, "bin/criu", fake_criu);
    krx_oci_choice choice = {.runtime = "crun", .runtime_path = path, .criu_path = criu};
    krx_oci_runtime runtime, again;
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime), 0);
    assert_string_equal(runtime.name, "crun");
    assert_string_equal(runtime.version, "9.1");
    assert_true(runtime.can & KRX_OCI_CAN_SECCOMP);
    assert_true(runtime.can & KRX_OCI_CAN_SEE_INIT);
    assert_true(runtime.can & KRX_OCI_CAN_ROOTLESS);
    assert_false(runtime.can & KRX_OCI_CAN_TCP_ESTABLISHED);
    if (!runtime.rootless) {
        assert_true(runtime.can & KRX_OCI_CAN_CHECKPOINT);
        assert_true(runtime.can & KRX_OCI_CAN_LEAVE_RUNNING);
        assert_true(runtime.can & KRX_OCI_CAN_SKIP_IN_FLIGHT);
        assert_null(runtime.checkpoint_refusal);
        assert_string_equal(runtime.criu_version, "4.2");
    }
    assert_true(krx_oci_runtime_knows(&runtime, "restore", "tcp-close"));
    assert_false(krx_oci_runtime_knows(&runtime, "checkpoint", "tcp-close"));
    assert_true(krx_oci_runtime_knows(&runtime, "", "cgroup-manager"));
    size_t before = asked(f, "bin/crun.asked");
    assert_true(before > 3);
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &again), 0);
    assert_int_equal(asked(f, "bin/crun.asked"), before);
    assert_int_equal(again.can, runtime.can);
    assert_string_equal(again.version, "9.1");
    assert_true(krx_oci_runtime_knows(&again, "restore", "tcp-close"));
    /* another file of that name is asked anew */
    oci_script(f, "bin/crun", "echo 'crun version 10'\n");
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &again), 0);
    assert_string_equal(again.version, "10");
    assert_false(again.can & KRX_OCI_CAN_CHECKPOINT);
    assert_in(again.checkpoint_refusal, again.rootless ? "root" : "built without");
}

static void test_criu_says_why_not(void **state)
{
    oci_folder *f = *state;
    char *path = oci_script(f, "bin/crun", fake_crun), *criu = oci_script(f, "bin/criu", fake_criu);
    krx_oci_choice choice = {.runtime = "auto", .runtime_path = path, .criu_path = criu};
    krx_oci_criu found;
    oci_write(f, "bin/criu.broken", "", 0644);
    assert_int_equal(krx_oci_criu_get(&f->call, f->arena, &f->store, criu, &found), 0);
    assert_string_equal(found.version, "4.2");
    assert_in(found.refusal, "CRIU 4.2 does not work on this kernel: Error (x:1): no vdso");
    krx_oci_runtime runtime;
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime), 0);
    assert_false(runtime.can & KRX_OCI_CAN_CHECKPOINT);
    assert_false(runtime.can & KRX_OCI_CAN_TCP_CLOSE);
    if (!runtime.rootless)
        assert_in(runtime.checkpoint_refusal, "no vdso");
}

static void test_sandbox(void **state)
{
    oci_folder *f = *state;
    krx_oci_choice choice = {.runtime_path = oci_script(f, "bin/gvisor", fake_runsc)};
    krx_oci_runtime runtime;
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime), 0);
    assert_string_equal(runtime.name, "runsc");
    assert_string_equal(runtime.version, "release-2024");
    assert_string_equal(runtime.platform, "systrap");
    assert_true(runtime.can & KRX_OCI_CAN_GPU);
    assert_true(runtime.can & KRX_OCI_CAN_PAUSE);
    assert_false(runtime.can & KRX_OCI_CAN_SECCOMP);
    assert_false(runtime.can & KRX_OCI_CAN_SEE_INIT);
    assert_false(runtime.shed);
    assert_null(runtime.criu);
    assert_true(!(runtime.can & KRX_OCI_CAN_LEAVE_RUNNING) == runtime.rootless);
    assert_string_equal(runtime.args[2], "--platform=systrap");
    choice.platform = "ptrace";
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime), 0);
    assert_string_equal(runtime.args[2], "--platform=ptrace");
}

static void test_what_can_not_be_chosen(void **state)
{
    oci_folder *f = *state;
    krx_oci_runtime runtime;
    krx_oci_choice choice = {.runtime = "crum"};
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime),
                     KRX_E_UNSUPPORTED);
    assert_in(f->error.message, "unsupported runtime 'crum'");
    assert_in(f->error.hint, "did you mean 'crun'? there are crun, runc, runsc");
    choice = (krx_oci_choice){.runtime = "runc", .runtime_path = oci_path(f, "none")};
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime),
                     KRX_E_UNAVAILABLE);
    assert_in(f->error.message, "runtime runc is not available");
    assert_in(f->error.hint, "install runc");
    choice.runtime_path = oci_script(f, "bin/runc", "echo 'crun version 1'\n");
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime),
                     KRX_E_INVALID_ARGUMENT);
    assert_in(f->error.message, "is not runc: it says that it is crun");
    choice.runtime_path = oci_script(f, "bin/broken", "echo 'cannot load libx.so'; exit 127\n");
    assert_int_equal(krx_oci_runtime_choose(&f->call, f->arena, &f->store, &choice, &runtime),
                     KRX_E_UNAVAILABLE);
    assert_in(f->error.message, "ended with 127 and says 'cannot load libx.so'");
}

/* ---------------------------------------------------------------------------------- running */

static krx_oci_runtime fake(oci_folder *f, const char *body)
{
    return (krx_oci_runtime){.name = "runc",
                             .path = oci_script(f, "bin/fake", body),
                             .args = root_args,
                             .can = KRX_OCI_CAN_SEE_INIT};
}

static void test_run(void **state)
{
    oci_folder *f = *state;
    krx_oci_command command = {.name = "state", .id = "web-1"};
    krx_str answer = {0};
    krx_oci_runtime runtime = fake(f, "echo \"$*\"");
    assert_int_equal(krx_oci_runtime_run(&f->call, &runtime, &command, &answer), 0);
    assert_string_equal(krx_str_get(&answer),
                        "--root /r --log /proc/self/fd/2 --log-format json state web-1\n");
    krx_str_reset(&answer);
    runtime = fake(f, "echo '{\"level\":\"error\",\"msg\":\"container does not exist\"}' "
                      ">>/proc/self/fd/2; exit 1");
    assert_int_equal(krx_oci_runtime_run(&f->call, &runtime, &command, NULL), KRX_E_NOT_FOUND);
    assert_string_equal(f->error.message, "state of web-1: runc: container does not exist");
    runtime = fake(f, "exec head -c 1100000 /dev/zero");
    assert_int_equal(krx_oci_runtime_run(&f->call, &runtime, &command, &answer),
                     KRX_E_RESOURCE_EXHAUSTED);
    krx_str_reset(&answer);
    /* a megabyte of complaints is no reason to stop: their end counts */
    runtime = fake(f, "head -c 1000000 /dev/zero | tr '\\0' x >&2; echo >&2; "
                      "echo 'no such container' >&2; exit 1");
    assert_int_equal(krx_oci_runtime_run(&f->call, &runtime, &command, &answer), KRX_E_NOT_FOUND);
    runtime.path = oci_path(f, "bin/gone");
    assert_int_equal(krx_oci_runtime_run(&f->call, &runtime, &command, NULL), KRX_E_UNAVAILABLE);
    assert_in(f->error.message, "runtime runc is not available");
    krx_str_free(&answer);
}

/* What it leaves behind holds its streams open, and nobody waits for that. */
static void test_run_leaves_a_process(void **state)
{
    oci_folder *f = *state;
    krx_oci_command command = {.name = "exec", .id = "web-1"};
    krx_str answer = {0};
    krx_oci_runtime runtime = fake(f, "sleep 60 & echo $!");
    assert_int_equal(krx_oci_runtime_run(&f->call, &runtime, &command, &answer), 0);
    pid_t left = (pid_t)atoi(krx_str_get(&answer));
    assert_true(left > 1);
    assert_int_equal(kill(left, 0), 0);
    assert_int_equal(kill(left, SIGKILL), 0);
    krx_str_free(&answer);
}

static void test_run_in_time(void **state)
{
    oci_folder *f = *state;
    krx_oci_command command = {.name = "state", .id = "web-1"};
    krx_oci_runtime runtime = fake(f, "exec sleep 600");
    f->call.deadline_ns = krx_now_monotonic() + 50 * KRX_NS_PER_MS;
    assert_int_equal(krx_oci_runtime_run(&f->call, &runtime, &command, NULL),
                     KRX_E_DEADLINE_EXCEEDED);
}

/* ----------------------------------------------------------------------------------- signals */

static void test_signal(void **state)
{
    oci_folder *f = *state;
    krx_oci_runtime runtime = {.name = "runc", .can = KRX_OCI_CAN_SEE_INIT};
    krx_oci_container container = {.id = "web-1-x", .name = "web-1"};
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    assert_true(krx_oci_process_of(child, &container.init));
    container.init.token++;
    assert_int_equal(krx_oci_runtime_signal(&f->call, &runtime, "/k", &container, SIGKILL),
                     KRX_E_FAILED_PRECONDITION);
    assert_int_equal(waitpid(child, &status, WNOHANG), 0);
    container.init.token--;
    assert_int_equal(krx_oci_runtime_signal(&f->call, &runtime, "/k", &container, 4711),
                     KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_oci_runtime_signal(&f->call, &runtime, "/k", &container, SIGUSR1), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WTERMSIG(status), SIGUSR1);
    assert_int_equal(krx_oci_runtime_signal(&f->call, &runtime, "/k", &container, SIGKILL),
                     KRX_E_FAILED_PRECONDITION);
    assert_string_equal(f->error.message, "container web-1 is not running");
    container.init.pid = 0;
    assert_int_equal(krx_oci_runtime_signal(&f->call, &runtime, "/k", &container, SIGKILL),
                     KRX_E_FAILED_PRECONDITION);
}

static void test_signal_by_command(void **state)
{
    oci_folder *f = *state;
    krx_oci_container container = {.id = "web-1-x", .name = "web-1"};
    krx_oci_runtime runtime = fake(f, "echo \"$*\" >\"$0.said\"");
    runtime.can = 0;
    assert_int_equal(krx_oci_runtime_signal(&f->call, &runtime, "/k", &container, SIGTERM), 0);
    assert_in(oci_read(f, "bin/fake.said"), " kill web-1-x 15\n");
    runtime = fake(f, "echo 'loading container: file does not exist' >&2; exit 128");
    runtime.can = 0;
    assert_int_equal(krx_oci_runtime_signal(&f->call, &runtime, "/k", &container, SIGTERM),
                     KRX_E_FAILED_PRECONDITION);
}

/* -------------------------------------------------------------------------------- the keeper */

static int32_t ask_keeper(oci_folder *f, const char *body, cJSON **answer)
{
    krx_oci_keeper_job job = {.keeper = oci_script(f, "keeper", body),
                              .verb = "start",
                              .args = (const char *const[]){"/c/web-1", NULL},
                              .stdin_fd = -1};
    return krx_oci_keeper_run(&f->call, f->arena, &job, answer);
}

static void test_keeper(void **state)
{
    oci_folder *f = *state;
    cJSON *answer = NULL;
    assert_int_equal(
        ask_keeper(f, "printf '{\"said\":\"%s %s\"}' \"$1\" \"$2\"; echo odd >&2", &answer), 0);
    assert_string_equal(cJSON_GetObjectItem(answer, "said")->valuestring, "start /c/web-1");
    assert_in(krx_str_get(&f->log), "keeper: odd\n");
    cJSON_Delete(answer);
    assert_int_equal(ask_keeper(f, "echo '{}'", NULL), 0);
    assert_int_equal(ask_keeper(f,
                                "echo '{\"error\":{\"code\":-5,\"message\":\"no such thing\","
                                "\"hint\":\"look\"}}'; exit 1",
                                &answer),
                     KRX_E_NOT_FOUND);
    assert_null(answer);
    assert_string_equal(f->error.message, "no such thing");
    assert_string_equal(f->error.hint, "look");
    assert_int_equal(ask_keeper(f, "echo '{\"error\":{\"code\":7}}'; exit 1", NULL), KRX_E_UNKNOWN);
    assert_int_equal(ask_keeper(f, "echo nonsense", NULL), KRX_E_INTERNAL);
    assert_int_equal(ask_keeper(f, "exit 3", NULL), KRX_E_INTERNAL);
    assert_in(f->error.message, "status 3");
    assert_int_equal(ask_keeper(f, "kill -9 $$", NULL), KRX_E_INTERNAL);
    assert_in(f->error.message, "signal 9");
}

/* It is asked to end, and given the time to take back what it began: longer than others get. */
static void test_keeper_undoes(void **state)
{
    oci_folder *f = *state;
    char *fifo = oci_path(f, "given-up");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    f->call.cancel_fd = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(f->call.cancel_fd >= 0);
    assert_int_equal(ask_keeper(f,
                                "trap 'kill $!; sleep 3; echo undone >\"$0.undone\"; exit 1' TERM\n"
                                "sleep 60 & echo now >\"${0%/*}/given-up\"; wait\n",
                                NULL),
                     KRX_E_CANCELLED);
    close(f->call.cancel_fd);
    f->call.cancel_fd = -1;
    assert_string_equal(oci_read(f, "keeper.undone"), "undone\n");
}

static void test_keeper_find(void **state)
{
    oci_folder *f = *state;
    const char *found = NULL;
    char *set = oci_script(f, "bin/keeper", "exit 0\n");
    assert_int_equal(krx_oci_keeper_find(&f->call, f->arena, set, &found), 0);
    assert_string_equal(found, set);
    assert_int_equal(krx_oci_keeper_find(&f->call, f->arena, oci_path(f, "no"), &found),
                     KRX_E_NOT_FOUND);
    assert_in(f->error.message, "setting keeper");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oci_folder_setup, oci_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_help_texts),
        TEST(test_complaints),
        TEST(test_complaints_of_any_kind),
        TEST(test_argv),
        TEST(test_args_of_a_container),
        TEST(test_choose_and_cache),
        TEST(test_criu_says_why_not),
        TEST(test_sandbox),
        TEST(test_what_can_not_be_chosen),
        TEST(test_run),
        TEST(test_run_leaves_a_process),
        TEST(test_run_in_time),
        TEST(test_signal),
        TEST(test_signal_by_command),
        TEST(test_keeper),
        TEST(test_keeper_undoes),
        TEST(test_keeper_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
