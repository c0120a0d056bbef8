/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/checkpoint/checkpoint.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/json/json.h"
#include "lib/replicas/names.h"
#include "modules/oci/checkpoint/portable.h"
#include "modules/oci/checkpoint/saved.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/store/lock.h"

/* One checkpoint in the making. */
typedef struct making {
    krx_call *call;
    krx_arena *arena;
    krx_oci_backend *backend;
    const krx_checkpoint_req *req;
    krx_oci_runtime runtime; /* that the containers were made with */
    krx_oci_container **containers;
    size_t count;
    size_t frozen;
    krx_oci_freezing *freezings;
    krx_oci_manifest manifest;
    char *folder;
    bool gpu;
} making;

/* ------------------------------------------------------------------------------ what is asked for
 */

/* Those that run: a replica that ended has nothing to keep. */
static int32_t choose(making *m)
{
    krx_oci_container **all;
    krx_ptrs up = {0};
    int32_t code = krx_oci_resolve(m->call, m->arena, m->backend, &m->req->ref, &all);
    if (code < 0)
        return code;
    for (size_t i = 0; all[i]; i++) {
        int phase = krx_oci_container_phase(all[i]);
        if (phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED)
            (void)krx_ptrs_add(m->arena, &up, all[i]);
    }
    m->containers = (krx_oci_container **)krx_ptrs_end(m->arena, &up);
    m->count = up.count;
    if (!m->containers)
        return krx_no_memory(m->call);
    if (!m->count)
        return krx_fail(m->call, KRX_E_FAILED_PRECONDITION, "'%s' is not running (%s)",
                        all[0]->workload, krx_oci_phase_text(krx_oci_container_phase(all[0])));
    return krx_oci_runtime_of(m->call, m->arena, m->backend, m->containers[0], &m->runtime);
}

static int32_t read_spec(making *m)
{
    char *text;
    const krx_oci_container *c = m->containers[0];
    int32_t code = krx_oci_spec_read(m->call, m->arena, &m->backend->store, c->id, &text);
    krx_auto_json cJSON *json = code == 0 ? cJSON_Parse(text) : NULL;
    if (code < 0)
        return code;
    m->gpu = krx_json_dig(json, "resources/gpu") != NULL;
    m->manifest = (krx_oci_manifest){
        .workload = c->workload,
        .namespace_ = c->namespace_,
        .comment = krx_blank(m->req->comment) ? NULL : m->req->comment,
        .created_ns = krx_now_unix(),
        .flags = m->req->flags,
        .spec_json = text,
    };
    const char *base = krx_replica_base_name(m->arena, c->namespace_, c->workload);
    m->manifest.id = base ? krx_oci_saved_id(m->arena, base, m->manifest.created_ns) : NULL;
    return m->manifest.id ? krx_oci_saved_host_of(m->call, m->arena, &m->runtime, &m->manifest.host)
                          : krx_no_memory(m->call);
}

static int32_t check(making *m)
{
    int32_t code = 0;
    for (size_t i = 0; code == 0 && i < m->count; i++) {
        if (!krx_streq(m->containers[i]->runtime, m->runtime.name))
            return krx_fail(m->call, KRX_E_FAILED_PRECONDITION,
                            "the replicas of '%s' were made with different runtimes; name one",
                            m->containers[i]->workload);
        code = krx_oci_freezable(m->call, &m->runtime, m->containers[i], m->req->flags);
    }
    const char *refusal =
        code == 0 && m->gpu ? krx_oci_gpu_refusal(m->call, m->arena, &m->runtime) : NULL;
    return refusal ? krx_fail(m->call, KRX_E_UNSUPPORTED, "no checkpoint of '%s' with its GPU: %s",
                              m->manifest.workload, refusal)
                   : code;
}

/* ------------------------------------------------------------------------------------ doing it */

static bool emulated(const making *m)
{
    return (m->req->flags & KRX_CHECKPOINT_LEAVE_RUNNING) &&
           !(m->runtime.can & KRX_OCI_CAN_LEAVE_RUNNING);
}

static int32_t freeze_one(making *m, size_t i, krx_oci_saved *saved)
{
    bool alone = m->count == 1;
    saved->folder = alone ? "." : krx_arena_printf(m->arena, "%zu", i + 1);
    const char *folder = alone ? m->folder : krx_arena_printf(m->arena, "%s/%zu", m->folder, i + 1);
    if (!folder || !saved->folder)
        return krx_no_memory(m->call);
    m->freezings[i] = (krx_oci_freezing){.container = m->containers[i],
                                         .runtime = &m->runtime,
                                         .folder = folder,
                                         .flags = m->req->flags,
                                         .gpu = m->gpu};
    krx_tell_progress(m->call, "checkpoint", m->containers[i]->name, "freezing");
    int32_t code = krx_make_dirs(m->call, folder, 0700);
    m->frozen = i + 1;
    return code < 0 ? code : krx_oci_freeze(m->call, m->arena, m->backend, &m->freezings[i], saved);
}

static int32_t freeze_all(making *m)
{
    krx_ptrs list = {0};
    int32_t code = 0;
    m->freezings = krx_arena_alloc(m->arena, m->count * sizeof *m->freezings);
    for (size_t i = 0; m->freezings && code == 0 && i < m->count; i++) {
        krx_oci_saved *saved = krx_arena_new_of(m->arena, krx_oci_saved);
        if (!saved || krx_ptrs_add(m->arena, &list, saved) != 0)
            return krx_no_memory(m->call);
        code = freeze_one(m, i, saved);
    }
    m->manifest.containers = (const krx_oci_saved *const *)krx_ptrs_end(m->arena, &list);
    return code == 0 && krx_arena_failed(m->arena) ? krx_no_memory(m->call) : code;
}

/* What ended goes on from where it was: the images are still in `folder`. `parent` is that of all
 * containers. */
static int32_t revive(making *m, krx_call *call, const char *parent)
{
    int32_t first = 0;
    for (size_t i = 0; i < m->frozen; i++) {
        krx_oci_freeze_release(&m->freezings[i]);
        if (!m->freezings[i].ended)
            continue;
        const char *folder =
            m->count == 1 ? parent : krx_arena_printf(m->arena, "%s/%zu", parent, i + 1);
        int32_t code = !folder ? krx_no_memory(call)
                               : krx_oci_thaw(call, m->arena, m->backend, &m->runtime,
                                              m->containers[i]->id, folder, m->req->flags);
        if (code < 0) {
            krx_log(call, KRX_LOG_ERROR, "container %s begins anew, as it can't go on: %s",
                    m->containers[i]->name, call->error->message);
            (void)krx_oci_start(call, m->backend, m->containers[i]->id);
        }
        first = first < 0 ? first : code;
    }
    return first;
}

static int32_t emit(making *m, krx_sink *sink)
{
    bool runs = m->req->flags & KRX_CHECKPOINT_LEAVE_RUNNING;
    krx_checkpoint item = krx_oci_saved_item(&m->manifest, runs ? "running" : "checkpointed");
    if (emulated(m))
        item.message = "this runtime ends what it keeps: the workload was started again from it";
    return krx_emit(sink, KRX_ITEM_CHECKPOINT, &item);
}

static int32_t make(making *m, krx_sink *sink)
{
    krx_side_call side;
    krx_autoclose int held = krx_oci_saved_stage(m->call, m->arena, &m->backend->store, &m->folder);
    if (held < 0)
        return held;
    int32_t code = freeze_all(m);
    if (code == 0)
        code = krx_oci_saved_keep(m->call, m->arena, &m->backend->store, m->folder, &m->manifest);
    if (code < 0) {
        (void)revive(m, krx_undo_call(&side, m->call), m->folder);
        krx_oci_saved_discard(m->call, m->folder);
        return code;
    }
    const char *folder = krx_oci_saved_folder(m->arena, &m->backend->store, m->manifest.id);
    if (!folder)
        return krx_no_memory(m->call);
    for (size_t i = 0; i < m->frozen; i++) {
        int32_t ended = krx_oci_freeze_end(&m->freezings[i]);
        code = code < 0 ? code : ended;
    }
    if (emulated(m))
        code = revive(m, m->call, folder);
    if (code == 0 && m->req->file)
        code = krx_oci_portable_export(m->call, m->arena, m->backend, folder, m->req->file);
    krx_oci_saved_thin(m->call, m->arena, m->backend, m->manifest.namespace_, m->manifest.workload);
    return code < 0 ? krx_wrap(m->call, "checkpoint %s is kept, but", m->manifest.id)
                    : emit(m, sink);
}

int32_t krx_oci_checkpoint_op(krx_call *call, void *opened, const krx_checkpoint_req *req,
                              krx_sink *checkpoint)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    making m = {.call = call, .arena = arena, .backend = opened, .req = req};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_backend_ready(call, m.backend, NULL);
    if (code == 0)
        code = choose(&m);
    if (code < 0)
        return code;
    const char *base =
        krx_replica_base_name(arena, m.containers[0]->namespace_, m.containers[0]->workload);
    if (!base)
        return krx_no_memory(call);
    krx_autoclose int lock = krx_oci_lock_workload(call, &m.backend->store, base);
    if (lock < 0)
        return lock;
    code = choose(&m); /* as it is now */
    if (code == 0)
        code = read_spec(&m);
    if (code == 0)
        code = check(&m);
    if (code == 0 && req->file)
        code = krx_oci_portable_check(call, req->file);
    return code == 0 ? make(&m, checkpoint) : code;
}
