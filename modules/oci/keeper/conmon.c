/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/keeper/conmon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/json/json.h"

#define ANSWER_MAX 32768u /* conmon sends at most 8 KiB of the runtime's complaints, escaped */
#define SYNC_FD 3
#define ASIDE 200

typedef struct words {
    krx_arena *arena;
    krx_ptrs list;
} words;

static void add(words *w, const char *first, const char *second)
{
    (void)krx_ptrs_add(w->arena, &w->list, first);
    if (second)
        (void)krx_ptrs_add(w->arena, &w->list, second);
}

static void add_runtime(words *w, const krx_oci_job *job)
{
    const krx_oci_launch *launch = &job->launch;
    add(w, "--runtime", job->keeper);
    add(w, "--runtime-arg=run", NULL);
    add(w, "--runtime-arg=--rootfs", NULL);
    add(w, krx_arena_printf(w->arena, "--runtime-arg=%s", job->folder), NULL);
    if (job->runtime.shed)
        add(w, "--runtime-arg=--shed", NULL);
    if (job->at_once)
        add(w, "--runtime-arg=--at-once", NULL);
    add(w, "--runtime-arg=--", NULL);
    add(w, krx_arena_printf(w->arena, "--runtime-arg=%s", launch->runtime_path), NULL);
    for (size_t i = 0; launch->runtime_args && launch->runtime_args[i]; i++)
        add(w, krx_arena_printf(w->arena, "--runtime-arg=%s", launch->runtime_args[i]), NULL);
}

const char *const *krx_oci_conmon_argv(krx_oci_job *job, const krx_oci_restore *restore)
{
    const krx_oci_launch *launch = &job->launch;
    words w = {.arena = job->arena};
    add(&w, launch->conmon_path, "--sync"); /* we see to it that it is nobody's child */
    add(&w, "--api-version", "1");
    add(&w, "--cid", job->id);
    add(&w, "--cuuid", job->id);
    add(&w, "--name", job->container.name);
    add(&w, "--bundle", krx_oci_job_path(job, "bundle"));
    add(&w, "--full-attach", NULL);
    add(&w, "--container-pidfile", krx_oci_job_path(job, "pid"));
    add(&w, "--log-path", krx_arena_printf(w.arena, "k8s-file:%s/log", job->folder));
    if (launch->log_size_max > 0)
        add(&w, "--log-size-max", krx_arena_printf(w.arena, "%" PRId64, launch->log_size_max));
    if (launch->log_size_max > 0 && job->rotates) {
        add(&w, "--log-rotate", NULL);
        add(&w, "--log-max-files", "1");
    }
    add(&w, "--log-level", "error");
    add(&w, "--exit-dir", krx_oci_job_path(job, "exit"));
    add(&w, "--persist-dir", krx_oci_job_path(job, "persist"));
    add(&w, "--exit-command", job->keeper);
    add(&w, "--exit-command-arg", "exited");
    add(&w, "--exit-command-arg", job->folder);
    if (launch->stdin_open) {
        add(&w, "--stdin", NULL);
        add(&w, "--leave-stdin-open", NULL);
    }
    if (launch->terminal)
        add(&w, "--terminal", NULL);
    add_runtime(&w, job);
    if (restore && restore->images) {
        add(&w, "--restore", restore->images);
        for (size_t i = 0; restore->options && restore->options[i]; i++)
            add(&w, krx_arena_printf(w.arena, "--runtime-opt=%s", restore->options[i]), NULL);
    }
    void **all = krx_ptrs_end(w.arena, &w.list);
    return krx_arena_failed(w.arena) ? NULL : (const char *const *)all;
}

/* Nothing else of the caller's: it may hold secrets, and conmon lives long. */
const char *const *krx_oci_conmon_env(krx_arena *arena, const krx_oci_launch *launch)
{
    static const char *const kept[] = {"HOME", "LANG", "TMPDIR", "USER", "XDG_RUNTIME_DIR", NULL};
    krx_ptrs env = {0};
    krx_auto_str krx_str path = {0};
    const char *own = getenv("PATH");
    for (size_t i = 0; launch->search_path && launch->search_path[i]; i++)
        krx_str_addf(&path, "%s:", launch->search_path[i]);
    krx_str_add(&path, own ? own : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    (void)krx_ptrs_add(arena, &env, krx_arena_printf(arena, "PATH=%s", krx_str_get(&path)));
    for (size_t i = 0; kept[i]; i++) {
        const char *value = getenv(kept[i]);
        /* there it takes the terminal, at later starts, too, when the caller's may have gone */
        if (launch->terminal && krx_streq(kept[i], "TMPDIR"))
            value = launch->run_root;
        if (value)
            (void)krx_ptrs_add(arena, &env, krx_arena_printf(arena, "%s=%s", kept[i], value));
    }
    (void)krx_ptrs_add(arena, &env, krx_arena_printf(arena, "_OCI_SYNCPIPE=%d", SYNC_FD));
    void **all = krx_ptrs_end(arena, &env);
    return krx_arena_failed(arena) || krx_str_failed(&path) ? NULL : (const char *const *)all;
}

/* ------------------------------------------------------------------------------------ starting */

static bool is_program(krx_oci_job *job, const char *path)
{
    if (access(path, X_OK) == 0)
        return true;
    krx_fail(job->call, KRX_E_UNAVAILABLE, "conmon is not available: %s: %s", path,
             strerror(errno));
    krx_hint(job->call, "install conmon, or set conmon_path");
    return false;
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int i = 1; i < _NSIG; i++)
        (void)signal(i, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. Without our word it does nothing: whoever forked it may be gone. */
static void become_conmon(krx_oci_job *job, const char *const *argv, const char *const *env,
                          int null_fd, const int ends[3])
{
    const int from[] = {null_fd, null_fd, ends[0], ends[1]};
    char word = 0;
    (void)setsid();
    if (read(ends[2], &word, 1) != 1)
        _exit(1);
    for (int i = 0; i < 4; i++)
        if (dup2(from[i], ASIDE + i) < 0)
            _exit(126);
    for (int i = 0; i < 4; i++)
        if (dup2(ASIDE + i, i) < 0)
            _exit(126);
    (void)close_range(4, ~0u, 0);
    reset_signals();
    /* it leaves a file named oom where it stands */
    if (chdir(job->folder) == 0 && chdir("bundle") == 0)
        execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
    (void)!write(STDERR_FILENO, "conmon can't be started", 23);
    _exit(127);
}

int32_t krx_oci_conmon_spawn(krx_oci_job *job, const krx_oci_restore *restore,
                             krx_oci_conmon *conmon)
{
    job->rotates = job->launch.log_size_max > 0 && krx_oci_conmon_rotates(job);
    const char *const *argv = krx_oci_conmon_argv(job, restore);
    const char *const *env = krx_oci_conmon_env(job->arena, &job->launch);
    int errors[2] = {-1, -1}, sync[2] = {-1, -1}, go[2] = {-1, -1};
    int32_t code = 0;
    krx_autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    *conmon = (krx_oci_conmon){.go = -1, .answer = -1, .errors = -1};
    if (!argv || !env)
        return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!is_program(job, argv[0]))
        return job->call->error->code;
    if (null_fd < 0 || pipe2(errors, O_CLOEXEC) < 0 || pipe2(sync, O_CLOEXEC) < 0 ||
        pipe2(go, O_CLOEXEC) < 0)
        code = krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "no pipe: %s", strerror(errno));
    const int ends[3] = {errors[1], sync[1], go[0]};
    pid_t pid = code == 0 ? fork() : -1;
    if (pid == 0) {
        close(go[1]); /* or it would wait for itself */
        become_conmon(job, argv, env, null_fd, ends);
    }
    if (code == 0 && pid < 0)
        code =
            krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "starting conmon: %s", strerror(errno));
    for (int i = 0; i < 3; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    *conmon = (krx_oci_conmon){.go = go[1], .answer = sync[0], .errors = errors[0], .pid = pid};
    if (code < 0)
        krx_oci_conmon_close(conmon);
    return code;
}

void krx_oci_conmon_close(krx_oci_conmon *conmon)
{
    int *const fds[] = {&conmon->go, &conmon->answer, &conmon->errors};
    for (size_t i = 0; i < KRX_COUNT(fds); i++)
        if (*fds[i] >= 0)
            close(krx_move_fd(fds[i]));
}

/* ---------------------------------------------------------------------------------- the answer */

/* One line, or all there is when it ends. */
static int32_t read_line(krx_call *call, int fd, krx_str *out)
{
    char chunk[4096];
    while (out->length < ANSWER_MAX && !memchr(krx_str_get(out), '\n', out->length)) {
        krx_wait_fd input = {.struct_size = sizeof input, .fd = fd, .want = KRX_WAIT_READ};
        int32_t ready = call->host->wait(call->host, call, &input, 1, -1);
        if (ready < 0)
            return ready;
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0)
            break;
        krx_str_addn(out, chunk, (size_t)n);
    }
    return krx_str_failed(out) ? krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory") : 0;
}

int32_t krx_oci_conmon_create(krx_oci_job *job, krx_oci_conmon *conmon, int64_t *init)
{
    krx_auto_str krx_str line = {0}, complaint = {0};
    krx_autofree char *what = krx_format("starting container %s", job->container.name);
    (void)!write(conmon->go, "g", 1);
    close(krx_move_fd(&conmon->go));
    int32_t code = read_line(job->call, conmon->answer, &line);
    if (code < 0)
        return krx_wrap(job->call, "%s", what ? what : "starting a container");
    krx_auto_json cJSON *json = cJSON_ParseWithLength(krx_str_get(&line), line.length);
    *init = krx_json_int(json, "data", -1);
    if (*init > 0)
        return 0;
    krx_str_add(&complaint, krx_json_text(json, "message"));
    if (!complaint.length) /* conmon itself could not go on */
        code = read_line(job->call, conmon->errors, &complaint);
    if (code < 0 || !what)
        return krx_fail(job->call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    if (!complaint.length)
        return krx_fail(job->call, KRX_E_UNKNOWN, "%s: conmon ended without a word", what);
    return krx_oci_runtime_fail(job->call, &job->runtime, what, 1, krx_str_get(&complaint));
}
