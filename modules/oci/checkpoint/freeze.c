/* SPDX-License-Identifier: Apache-2.0 */
/* One container becomes files. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include <kranix/ops.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/json/json.h"
#include "modules/oci/checkpoint/criu.h"
#include "modules/oci/checkpoint/podman.h"
#include "modules/oci/checkpoint/saved.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/store/events.h"
#include "modules/oci/store/lock.h"

#define LOG_MAX ((size_t)16 * 1024 * 1024)
#define SANDBOX_WAIT_NS (KRX_NS_PER_S / 2)
#define CONFIG_MAX ((size_t)4 * 1024 * 1024)

typedef struct krx_oci_freezer {
    krx_call *call;
    krx_arena *arena;
    krx_oci_backend *backend;
    krx_oci_freezing *given;
    krx_oci_container c; /* as it is on disk, under its lock */
    krx_oci_launch launch;
    krx_oci_runtime runtime;
    const char *home; /* containers/<id> */
    const char *images;
    const char *work;
    int lock;
    bool leave;  /* the dump is one that leaves it running */
    bool stands; /* and it is ended only when all is kept */
    bool paused; /* by us */
    bool broken; /* the dump was */
    bool was_paused;
} krx_oci_freezer;

int32_t krx_oci_freezable(krx_call *call, const krx_oci_runtime *runtime,
                          const krx_oci_container *c, uint32_t flags)
{
    int phase = krx_oci_container_phase(c);
    if (phase != KRX_OCI_RUNNING && phase != KRX_OCI_PAUSED)
        return krx_fail(call, KRX_E_FAILED_PRECONDITION, "container %s is not running (%s)",
                        c->name, krx_oci_phase_text(phase));
    if (runtime->checkpoint_refusal) {
        krx_fail(call, KRX_E_UNSUPPORTED, "no checkpoint of container %s: %s", c->name,
                 runtime->checkpoint_refusal);
        return krx_oci_by_criu(runtime) && !runtime->rootless
                   ? krx_hint(call, "install CRIU 4 or newer (and a crun built with it), or set "
                                    "criu_path and runtime_path of the backend")
                   : KRX_E_UNSUPPORTED;
    }
    if (!krx_oci_by_criu(runtime) && krx_streq(c->network, "host"))
        return krx_fail(call, KRX_E_FAILED_PRECONDITION,
                        "no checkpoint of container %s: gVisor can't keep connections of the "
                        "host's network",
                        c->name);
    return krx_oci_freeze_allowed(call, runtime, flags);
}

/* ------------------------------------------------------------------------------------ the dump */

/* Options of the container's own start, which later commands need too. */
static int32_t command(krx_oci_freezer *f, krx_call *call, const char *name,
                       const char *const *options, const char *const *trailing)
{
    krx_oci_command command = {.keeper = f->backend->choice.keeper,
                               .name = name,
                               .options = options,
                               .id = f->c.id,
                               .trailing = trailing,
                               .inside = f->launch.rootless ? f->c.conmon.pid : 0};
    return krx_oci_runtime_run(call, &f->runtime, &command, NULL);
}

/* CRIU says what the runtime only calls a failure. */
static int32_t explain(krx_oci_freezer *f)
{
    krx_side_call side;
    krx_auto_str krx_str log = {0};
    const char *hint = NULL, *path = krx_arena_printf(f->arena, "%s/dump.log", f->work);
    char *reason = NULL;
    int32_t given_up = krx_check(f->call); /* whatever the runtime then said */
    if (given_up < 0)
        return krx_wrap(f->call, "no checkpoint of container %s", f->c.name);
    if (path && krx_read_file(krx_side_call_init(&side, f->call), path, LOG_MAX, &log) == 0)
        reason = krx_oci_criu_reason(f->arena, krx_str_get(&log), &hint);
    if (!reason)
        return krx_wrap(f->call, "no checkpoint of container %s", f->c.name);
    krx_fail(f->call, KRX_E_FAILED_PRECONDITION, "no checkpoint of container %s: CRIU: %s",
             f->c.name, reason);
    return hint ? krx_hint(f->call, "%s", hint) : f->call->error->code;
}

static int32_t write_conf(krx_oci_freezer *f)
{
    const char *path = krx_arena_printf(f->arena, "%s/criu.conf", f->home);
    const char *text = krx_oci_freeze_conf(f->arena, &f->runtime, f->given->flags);
    if (!path || !text)
        return krx_no_memory(f->call);
    return krx_oci_by_criu(&f->runtime) ? krx_replace_file(f->call, path, text, strlen(text), 0600)
                                        : 0;
}

/* An image that a sandbox gave up on is empty. */
static int32_t check_image(krx_oci_freezer *f)
{
    struct stat st;
    const char *name = krx_oci_by_criu(&f->runtime) ? "inventory.img" : "checkpoint.img";
    const char *path = krx_arena_printf(f->arena, "%s/%s", f->images, name);
    if (!path)
        return krx_no_memory(f->call);
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0
               ? 0
               : krx_fail(f->call, KRX_E_DATA_LOSS, "no checkpoint of container %s: %s wrote no %s",
                          f->c.name, f->runtime.name, name);
}

/* A sandbox may go on with a dump that was given up, and end. */
static bool ends_all_the_same(krx_oci_freezer *f)
{
    krx_side_call side;
    int64_t wait = krx_oci_by_criu(&f->runtime) ? 0 : SANDBOX_WAIT_NS;
    return krx_oci_await_process(krx_undo_call(&side, f->call), &f->c.init, wait) > 0;
}

static int32_t dump(krx_oci_freezer *f)
{
    krx_oci_freeze_ask ask = {.flags = f->given->flags & ~(uint32_t)KRX_CHECKPOINT_LEAVE_RUNNING,
                              .images = f->images,
                              .work = f->work,
                              .cuda = f->given->gpu ? KRX_OCI_CUDA_HELPER : NULL};
    if (f->leave)
        ask.flags |= KRX_CHECKPOINT_LEAVE_RUNNING;
    const char *const *options = krx_oci_freeze_options(f->arena, &f->runtime, &ask);
    if (!options)
        return krx_no_memory(f->call);
    if (f->runtime.shed)
        krx_oci_gather(f->call, f->arena, &f->c);
    int32_t code = command(f, f->call, "checkpoint", options, NULL);
    f->broken = code < 0;
    f->given->ended = !f->leave && (code == 0 || ends_all_the_same(f));
    return code < 0 ? explain(f) : check_image(f);
}

/* ------------------------------------------------------------------------------------ its files */

static int32_t keep_changes(krx_oci_freezer *f, krx_oci_saved *out)
{
    const char *args[] = {
        f->home, krx_arena_printf(f->arena, "%s/" KRX_OCI_SAVED_CHANGES, f->given->folder), NULL};
    krx_oci_keeper_job job = {
        .keeper = f->backend->choice.keeper, .verb = "changes", .args = args, .stdin_fd = -1};
    krx_auto_json cJSON *answer = NULL;
    if (!args[1])
        return krx_no_memory(f->call);
    int32_t code = krx_oci_keeper_run(f->call, f->arena, &job, &answer);
    out->changes = code == 0;
    out->whole = krx_json_bool(answer, "whole", false);
    return code;
}

static int32_t keep_copy(krx_oci_freezer *f, const char *from, const char *to)
{
    krx_auto_str krx_str text = {0};
    const char *source = krx_arena_printf(f->arena, "%s/%s", f->home, from);
    const char *target = krx_arena_printf(f->arena, "%s/%s", f->given->folder, to);
    if (!source || !target)
        return krx_no_memory(f->call);
    int32_t code = krx_read_file(f->call, source, CONFIG_MAX, &text);
    return code < 0 ? code
                    : krx_replace_file(f->call, target, krx_str_get(&text), text.length, 0600);
}

/* What it was given when it came here from another program. */
static int32_t keep_taken(krx_oci_freezer *f)
{
    const char *taken = krx_arena_printf(f->arena, "%s/" KRX_OCI_TAKEN, f->home);
    const char *args[] = {f->home,
                          krx_arena_printf(f->arena, "%s/" KRX_OCI_SAVED_TAKEN, f->given->folder),
                          KRX_OCI_TAKEN, NULL};
    krx_oci_keeper_job job = {
        .keeper = f->backend->choice.keeper, .verb = "changes", .args = args, .stdin_fd = -1};
    if (!taken || !args[1])
        return krx_no_memory(f->call);
    return access(taken, F_OK) == 0 ? krx_oci_keeper_run(f->call, f->arena, &job, NULL) : 0;
}

static int32_t keep_files(krx_oci_freezer *f, krx_oci_saved *out)
{
    int32_t code = keep_changes(f, out);
    if (code == 0)
        code = keep_taken(f);
    if (code == 0)
        code = keep_copy(f, "container.json", "config.dump");
    if (code == 0)
        code = keep_copy(f, "bundle/config.json", "spec.dump");
    return code;
}

/* ------------------------------------------------------------------------------------ all of it */

/* Who ends a program only once all of it is kept can change his mind until then; but connections
 * that are to be kept must not see it end. */
static void choose_way(krx_oci_freezer *f)
{
    uint32_t can = KRX_OCI_CAN_LEAVE_RUNNING | KRX_OCI_CAN_PAUSE;
    bool goes_on = f->given->flags & KRX_CHECKPOINT_LEAVE_RUNNING;
    f->stands = !goes_on && krx_oci_by_criu(&f->runtime) && (f->runtime.can & can) == can &&
                !(f->given->flags & KRX_CHECKPOINT_TCP_ESTABLISHED);
    f->leave = f->stands || (goes_on && (f->runtime.can & KRX_OCI_CAN_LEAVE_RUNNING));
}

static int32_t prepare(krx_oci_freezer *f)
{
    f->home = krx_oci_path(f->arena, &f->backend->store, "containers", f->c.id, NULL);
    f->images = krx_arena_printf(f->arena, "%s/" KRX_OCI_SAVED_IMAGES, f->given->folder);
    f->work = krx_arena_printf(f->arena, "%s/criu", f->home);
    if (!f->home || !f->images || !f->work)
        return krx_no_memory(f->call);
    krx_oci_store store = f->backend->store;
    int32_t code = krx_oci_launch_read(f->call, f->arena, &store, f->c.id, &f->launch);
    f->runtime = *f->given->runtime;
    f->runtime.args = f->launch.runtime_args;
    f->runtime.shed = f->launch.shed;
    if (code == 0)
        code = krx_oci_freezable(f->call, &f->runtime, &f->c, f->given->flags);
    choose_way(f);
    if (code == 0)
        code = krx_make_dirs(f->call, f->images, 0700);
    return code == 0 ? write_conf(f) : code;
}

/* No restart policy takes the end for a failure. */
static int32_t note(krx_oci_freezer *f, krx_call *call, int phase, bool stop_asked)
{
    f->c.phase = phase;
    f->c.stop_asked = stop_asked;
    f->c.restart_asked = false;
    return krx_oci_container_write(call, &f->backend->store, &f->c);
}

/* Memory and files of the same moment: the program stands still until both are kept. */
static int32_t pause_(krx_oci_freezer *f)
{
    f->was_paused = krx_oci_container_phase(&f->c) == KRX_OCI_PAUSED;
    if (!f->leave || !krx_oci_by_criu(&f->runtime) || !(f->runtime.can & KRX_OCI_CAN_PAUSE) ||
        f->was_paused)
        return 0;
    int32_t code = note(f, f->call, KRX_OCI_PAUSED, f->c.stop_asked);
    f->paused = code == 0; /* also a half pause is undone */
    return code == 0 ? command(f, f->call, "pause", NULL, NULL) : code;
}

static void go_on(krx_oci_freezer *f)
{
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, f->call);
    /* A dump that was given up may leave its program standing still; else this is refused. */
    bool maybe = f->broken && krx_oci_by_criu(&f->runtime) && !f->was_paused;
    if (f->paused || maybe)
        (void)command(f, call, "resume", NULL, NULL);
    if (f->given->ended)
        return;
    if (note(f, call, f->was_paused ? KRX_OCI_PAUSED : KRX_OCI_RUNNING, false) < 0)
        krx_log(f->call, KRX_LOG_ERROR, "%s", side.error.message);
}

static int32_t freeze_locked(krx_oci_freezer *f, krx_oci_saved *out)
{
    int32_t code = krx_oci_container_read(f->call, f->arena, &f->backend->store, f->c.id, &f->c);
    if (code == 0)
        code = prepare(f);
    if (code < 0)
        return code;
    if (!f->leave)
        code = note(f, f->call, f->c.phase, true);
    if (code == 0)
        code = pause_(f);
    if (code == 0)
        code = dump(f);
    if (code == 0)
        code = keep_files(f, out);
    if (code < 0 || !f->stands)
        go_on(f);
    if (code == 0)
        krx_oci_event_note(f->call, &f->backend->store, &f->c, "checkpoint", KRX_UNSET, NULL);
    return code;
}

/* Whoever notes the end waits for the lock. */
static int32_t await_end(krx_oci_freezer *f, krx_call *call)
{
    close(krx_move_fd(&f->lock));
    return krx_oci_await_noted(call, f->backend, f->c.id);
}

int32_t krx_oci_freeze(krx_call *call, krx_arena *arena, krx_oci_backend *backend,
                       krx_oci_freezing *freezing, krx_oci_saved *out)
{
    krx_oci_freezer *f = krx_arena_new_of(arena, krx_oci_freezer);
    krx_side_call side;
    if (!f)
        return krx_no_memory(call);
    *f = (krx_oci_freezer){.call = call,
                           .arena = arena,
                           .backend = backend,
                           .given = freezing,
                           .c = *freezing->container};
    f->lock = krx_oci_lock_container(call, &backend->store, f->c.id);
    if (f->lock < 0)
        return f->lock;
    int32_t code = freeze_locked(f, out);
    out->replica = f->c.replica;
    out->id = f->c.id;
    out->image = f->c.image;
    out->image_id = f->c.image_id;
    out->network = f->c.network;
    if (freezing->ended) {
        int32_t noted = await_end(f, code < 0 ? krx_undo_call(&side, call) : call);
        return code < 0 ? code : noted;
    }
    if (code == 0 && f->stands)
        freezing->standing = f;
    else
        close(krx_move_fd(&f->lock));
    return code;
}

int32_t krx_oci_freeze_end(krx_oci_freezing *freezing)
{
    static const char *const all[] = {"--all", NULL}, *const hard[] = {"KILL", NULL};
    krx_oci_freezer *f = freezing->standing;
    krx_side_call side;
    if (!f)
        return 0;
    krx_call *call = krx_undo_call(&side, f->call);
    freezing->standing = NULL;
    int32_t code = note(f, call, KRX_OCI_RUNNING, true);
    /* They stand still: what they get first when they may go on is the signal. */
    if (code == 0 && command(f, call, "kill", all, hard) < 0)
        code = krx_oci_runtime_signal(call, &f->runtime, f->backend->choice.keeper, &f->c, SIGKILL);
    if (code == 0) {
        (void)command(f, call, "resume", NULL, NULL);
        freezing->ended = true;
        code = await_end(f, call);
    } else {
        go_on(f);
        close(krx_move_fd(&f->lock));
    }
    if (code < 0)
        *f->call->error = side.error;
    return code;
}

void krx_oci_freeze_release(krx_oci_freezing *freezing)
{
    krx_oci_freezer *f = freezing->standing;
    if (!f)
        return;
    freezing->standing = NULL;
    go_on(f);
    close(krx_move_fd(&f->lock));
}
