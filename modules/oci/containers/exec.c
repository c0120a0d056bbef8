/* SPDX-License-Identifier: Apache-2.0 */
/* A command inside a container that runs: by the runtime in the foreground, whose streams are the
 * caller's own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "modules/oci/bundle/bundle.h"
#include "modules/oci/containers/inside.h"
#include "modules/oci/containers/session.h"
#include "modules/oci/store/lock.h"

#define LOG_MAX ((size_t)64 << 10)
#define NOT_FOUND_STATUS 127
#define NOT_ALLOWED_STATUS 126

typedef struct command {
    krx_oci_backend *backend;
    krx_arena *arena;
    const krx_exec_req *req;
    krx_oci_container *c;
    krx_oci_runtime runtime;
    krx_oci_launch launch;
    char *folder; /* of the files beside this command */
    char *process, *pid_file, *log, *console;
} command;

/* --------------------------------------------------------------------------------- files beside it
 */

static const char *const files[] = {"process.json", "pid", "log", "console"};

static void remove_files(krx_arena *arena, const char *folder)
{
    for (size_t i = 0; i < KRX_COUNT(files); i++) {
        const char *path = krx_arena_printf(arena, "%s/%s", folder, files[i]);
        if (path)
            (void)unlink(path);
    }
    (void)rmdir(folder);
}

/* Those of commands whose kranix was killed: each is named after its process. */
static void remove_stale(krx_arena *arena, const char *all)
{
    krx_autodir DIR *dir = opendir(all);
    const struct dirent *entry;
    char proc[32];
    while (dir && (entry = readdir(dir)) != NULL) {
        int64_t pid = strtoll(entry->d_name, NULL, 10);
        (void)snprintf(proc, sizeof proc, "/proc/%" PRId64, pid);
        const char *folder = pid > 0 && access(proc, F_OK) != 0
                                 ? krx_arena_printf(arena, "%s/%s", all, entry->d_name)
                                 : NULL;
        if (folder)
            remove_files(arena, folder);
    }
}

static int32_t make_files(krx_call *call, command *x)
{
    krx_oci_exec exec = {.argv = x->req->argv,
                         .env = x->req->env,
                         .working_dir = x->req->working_dir,
                         .user = x->req->user,
                         .terminal = x->req->tty};
    const char *all = krx_oci_run_path(x->arena, &x->backend->store, "exec", NULL, NULL);
    const char *home = krx_oci_path(x->arena, &x->backend->store, "containers", x->c->id, NULL);
    char *json = NULL;
    if (!all || !home)
        return krx_no_memory(call);
    if (x->req->tty)
        (void)krx_oci_window(x->req, &exec.rows, &exec.columns);
    int32_t code = krx_oci_exec_process(call, x->arena, home, &x->launch, &exec, &json);
    if (!code)
        code = krx_make_dirs(call, all, 0700);
    if (code)
        return code;
    remove_stale(x->arena, all);
    char *folder = krx_arena_printf(x->arena, "%s/%lld.XXXXXX", all, (long long)getpid());
    if (folder && !mkdtemp(folder))
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "making %s: %s", folder, strerror(errno));
    x->folder = folder;
    x->process = krx_arena_printf(x->arena, "%s/%s", folder ? folder : "", files[0]);
    x->pid_file = krx_arena_printf(x->arena, "%s/%s", folder ? folder : "", files[1]);
    x->log = krx_arena_printf(x->arena, "%s/%s", folder ? folder : "", files[2]);
    x->console = krx_arena_printf(x->arena, "%s/%s", folder ? folder : "", files[3]);
    if (!folder || !x->process || !x->pid_file || !x->log || !x->console)
        return krx_no_memory(call);
    return krx_replace_file(call, x->process, json, strlen(json), 0600);
}

/* -------------------------------------------------------------------------------------- the call
 */

/* In the foreground, too; see terminal.c. */
static bool sends_terminal(const command *x)
{
    return x->req->tty && krx_streq(x->runtime.name, "crun");
}

static const char *const *argv_of(const command *x)
{
    bool sandbox = !(x->runtime.can & KRX_OCI_CAN_SEE_INIT);
    bool internal = sandbox && krx_oci_runtime_knows(&x->runtime, "exec", "internal-pid-file");
    const char *options[] = {"--process",
                             x->process,
                             internal ? "--internal-pid-file" : "--pid-file",
                             x->pid_file,
                             sends_terminal(x) ? "--console-socket" : NULL,
                             x->console,
                             NULL};
    const char *const extra[] = {"--log", x->log, "--log-format", "json"};
    krx_oci_runtime with = x->runtime;
    krx_ptrs args = {0};
    for (size_t i = 0; with.args && with.args[i]; i++)
        (void)krx_ptrs_add(x->arena, &args, with.args[i]);
    for (size_t i = 0; i < KRX_COUNT(extra); i++)
        (void)krx_ptrs_add(x->arena, &args, extra[i]);
    with.args = (const char *const *)krx_ptrs_end(x->arena, &args);
    krx_oci_command c = {.keeper = x->backend->choice.keeper,
                         .name = "exec",
                         .options = options,
                         .id = x->c->id,
                         .inside = x->runtime.rootless ? x->c->conmon.pid : 0};
    return with.args ? krx_oci_runtime_argv(x->arena, &with, &c) : NULL;
}

static int32_t await_child(krx_call *call, const krx_child *child)
{
    krx_wait_fd w = {.struct_size = sizeof w, .fd = child->pidfd, .want = KRX_WAIT_READ};
    int32_t code = call->host->wait(call->host, call, &w, 1, -1);
    return code < 0 ? code : 0;
}

/* The runtime's signals stop at the command: what that has started goes with it. */
static void end_inside(krx_call *call, const command *x)
{
    krx_side_call side;
    krx_oci_inside_end(krx_undo_call(&side, call), x->arena, x->backend, x->c, &x->runtime,
                       x->pid_file);
}

static int32_t open_terminal(krx_call *call, const command *x, krx_oci_terminal *out)
{
    /* a sandbox makes the descriptors that it gets its own terminal */
    bool copies = (x->runtime.can & KRX_OCI_CAN_SEE_INIT) != 0;
    return sends_terminal(x) ? krx_oci_terminal_listen(call, x->console, out)
                             : krx_oci_terminal_open(call, x->req, copies, out);
}

static int32_t run(krx_call *call, const command *x, int32_t *status)
{
    const krx_exec_req *req = x->req;
    krx_oci_terminal terminal = {-1, -1, -1};
    krx_child child = {.struct_size = sizeof child, .pidfd = -1};
    krx_spawn_req spawn = {.struct_size = sizeof spawn,
                           .argv = argv_of(x),
                           .stdin_fd = req->stdin_fd,
                           .stdout_fd = req->stdout_fd,
                           .stderr_fd = req->stderr_fd};
    if (!spawn.argv)
        return krx_no_memory(call);
    int32_t code = req->tty ? open_terminal(call, x, &terminal) : 0;
    if (req->tty)
        spawn.stdin_fd = spawn.stdout_fd = spawn.stderr_fd = terminal.slave;
    if (!code)
        code = call->host->spawn(call->host, call, &spawn, &child);
    if (terminal.slave >= 0)
        close(krx_move_fd(&terminal.slave));
    if (code < 0) {
        krx_oci_terminal_close(&terminal);
        return code;
    }
    code =
        req->tty ? krx_oci_terminal_run(call, req, &terminal, &child) : await_child(call, &child);
    krx_oci_terminal_close(&terminal);
    krx_error kept = *call->error;
    if (code < 0)
        end_inside(call, x);
    int32_t reaped = call->host->reap(call->host, call, &child);
    if (code < 0)
        *call->error = kept;
    *status = child.status;
    return code < 0 ? code : reaped;
}

/* ------------------------------------------------------------------------------------ its outcome
 */

/* As shells and engines say it. 0: it is another failure. */
static int32_t status_of_missing(const char *text)
{
    static const struct {
        const char *said;
        int32_t status;
    } table[] = {
        {"open executable", NOT_ALLOWED_STATUS},   {"permission denied", NOT_ALLOWED_STATUS},
        {"Permission denied", NOT_ALLOWED_STATUS}, {"is a directory", NOT_ALLOWED_STATUS},
        {"exec format error", NOT_ALLOWED_STATUS}, {"Exec format error", NOT_ALLOWED_STATUS},
        {"not found in $PATH", NOT_FOUND_STATUS},  {"executable file", NOT_FOUND_STATUS},
        {"no such file", NOT_FOUND_STATUS},        {"No such file", NOT_FOUND_STATUS},
        {"failed to load", NOT_FOUND_STATUS},      {"failed to find executable", NOT_FOUND_STATUS},
    };
    for (size_t i = 0; i < KRX_COUNT(table); i++)
        if (strstr(text, table[i].said))
            return table[i].status;
    return 0;
}

/* The runtime's own failures end with numbers that a command may use, too: its log tells. */
static int32_t judge(krx_call *call, const command *x, int32_t status, krx_exec_result *result)
{
    krx_side_call side;
    krx_auto_str krx_str log = {0};
    krx_auto_str krx_str what = {0};
    result->exit_code = status;
    krx_side_call_init(&side, call);
    if (!status || krx_read_file(&side.call, x->log, LOG_MAX, &log) || !log.length ||
        !(strstr(krx_str_get(&log), "\"error\"") || strstr(krx_str_get(&log), "\"fatal\"")))
        return 0;
    krx_str_addf(&what, "running %s in container %s", x->req->argv[0], x->c->name);
    int32_t code =
        krx_oci_runtime_fail(call, &x->runtime, krx_str_get(&what), status, krx_str_get(&log));
    bool of_program = code == KRX_E_INVALID_ARGUMENT || code == KRX_E_PERMISSION_DENIED;
    int32_t missing = of_program ? status_of_missing(call->error->message) : 0;
    if (!missing)
        return code;
    *call->error = (krx_error){.struct_size = call->error->struct_size};
    result->exit_code = missing;
    return 0;
}

static int32_t exec(krx_call *call, command *x, krx_exec_result *result)
{
    int32_t status = -1;
    int32_t code = krx_oci_choose_running(call, x->arena, x->backend, &x->req->ref, &x->c);
    if (!code)
        code = krx_oci_runtime_of(call, x->arena, x->backend, x->c, &x->runtime);
    if (!code)
        code = krx_oci_launch_read(call, x->arena, &x->backend->store, x->c->id, &x->launch);
    if (!code)
        code = make_files(call, x);
    if (!code)
        code = run(call, x, &status);
    if (!code)
        code = judge(call, x, status, result);
    if (x->folder)
        remove_files(x->arena, x->folder);
    return code;
}

int32_t krx_oci_exec_op(krx_call *call, void *backend, const krx_exec_req *req, krx_sink *result)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    command x = {.backend = backend, .arena = arena, .req = req};
    krx_exec_result item = {.struct_size = sizeof item};
    if (!arena)
        return krx_no_memory(call);
    if (!req->argv || !req->argv[0])
        return krx_fail(call, KRX_E_INVALID_ARGUMENT, "exec needs a command");
    int32_t code = exec(call, &x, &item);
    return code ? code : krx_emit(result, KRX_ITEM_EXEC, &item);
}
