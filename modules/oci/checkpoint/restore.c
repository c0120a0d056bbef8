/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/model.h"
#include "lib/replicas/names.h"
#include "modules/oci/checkpoint/checkpoint.h"
#include "modules/oci/checkpoint/criu.h"
#include "modules/oci/checkpoint/podman.h"
#include "modules/oci/checkpoint/portable.h"
#include "modules/oci/checkpoint/saved.h"
#include "modules/oci/containers/lifecycle.h"
#include "modules/oci/deploy/deploy.h"
#include "modules/oci/deploy/volumes.h"
#include "modules/oci/store/events.h"
#include "modules/oci/store/lock.h"

typedef struct restoring {
    krx_call *call;
    krx_arena *arena;
    krx_oci_backend *backend;
    const krx_checkpoint_req *req;
    krx_oci_manifest manifest;
    const char *folder;
    const char *name, *namespace_, *base; /* of the workload that it becomes */
    krx_spec *spec;
    int64_t generation;
    const char *hash; /* of the spec */
    krx_ptrs made;    /* ids */
    bool had_record;  /* the workload is known already */
} restoring;

static void unref_spec(restoring *r)
{
    krx_spec_unref(r->spec);
}
#define auto_restoring KRX_CLEANUP(unref_spec)

/* --------------------------------------------------------------------------- which, and as what
 */

static int32_t find(restoring *r)
{
    const krx_checkpoint_req *req = r->req;
    const krx_ref *ref = &req->ref;
    const char *ns = ref->workload && !ref->namespace_implied ? ref->namespace_ : NULL;
    int32_t code =
        !krx_blank(req->file)
            ? krx_oci_portable_import(r->call, r->arena, r->backend, req->file, &r->manifest)
            : krx_oci_saved_find(r->call, r->arena, &r->backend->store,
                                 ref->workload && !ns ? ref->namespace_ : ns, ref->workload,
                                 req->id, &r->manifest);
    if (code < 0)
        return code;
    r->folder = krx_oci_saved_folder(r->arena, &r->backend->store, r->manifest.id);
    r->name = !krx_blank(req->new_name)                ? req->new_name
              : !krx_blank(ref->workload) && req->file ? ref->workload
                                                       : r->manifest.workload;
    r->namespace_ =
        ref->namespace_ && !ref->namespace_implied ? ref->namespace_ : r->manifest.namespace_;
    r->base = krx_replica_base_name(r->arena, r->namespace_, r->name);
    return r->folder && r->base ? 0 : krx_no_memory(r->call);
}

/* An imported spec is anybody's: it is read as any other. */
static int32_t read_spec(restoring *r)
{
    krx_specs specs = {0};
    krx_diags diags = {0};
    const char *text = r->manifest.spec_json;
    int32_t code =
        krx_specs_parse(r->call, NULL, text, strlen(text), KRX_SPEC_NO_FILES, &specs, &diags);
    if (code == 0 && specs.count == 1) {
        krx_workload as = *specs.items[0]->workload;
        as.name = r->name;
        as.namespace_ = r->namespace_;
        code = krx_spec_from_workload(r->call, &as, &r->spec, &diags);
    } else if (code == 0) {
        code = krx_fail(r->call, KRX_E_DATA_LOSS, "%zu specs instead of one", specs.count);
    }
    krx_specs_free(&specs);
    krx_diags_free(&diags);
    return code < 0 ? krx_wrap(r->call, "spec of checkpoint %s", r->manifest.id) : 0;
}

/* ---------------------------------------------------------------------------- making room for it
 */

static bool is_saved(const restoring *r, int64_t replica)
{
    for (size_t i = 0; r->manifest.containers[i]; i++)
        if (r->manifest.containers[i]->replica == replica)
            return true;
    return false;
}

/* Nothing that runs is ever taken away; what only lies there makes room. */
static int32_t clear(restoring *r)
{
    krx_oci_container **all;
    int32_t code = krx_oci_containers_read(r->call, r->arena, &r->backend->store, &all);
    if (code < 0)
        return code;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; all[i]; i++) {
            const krx_oci_container *c = all[i];
            int phase = krx_oci_container_phase(c);
            if (!krx_streq(c->workload, r->name) || !krx_streq(c->namespace_, r->namespace_) ||
                !is_saved(r, c->replica))
                continue;
            if (round == 0 && phase != KRX_OCI_EXITED && phase != KRX_OCI_CREATED)
                return krx_fail(r->call, KRX_E_FAILED_PRECONDITION, "'%s' runs (container %s: %s)",
                                r->name, c->name, krx_oci_phase_text(phase));
            code = round ? krx_oci_remove(r->call, r->backend, c->id) : 0;
            if (code < 0)
                return code;
        }
    return 0;
}

/* A workload of that name may exist only as the one that comes back. */
static int32_t check_name(restoring *r)
{
    krx_oci_record record;
    int32_t code = krx_oci_record_read(r->call, r->arena, &r->backend->store, r->base, &record);
    r->had_record = code == 0;
    if (code < 0)
        return code == KRX_E_NOT_FOUND ? krx_forgive(r->call) : code;
    bool same = krx_streq(r->name, r->manifest.workload) &&
                krx_streq(r->namespace_, r->manifest.namespace_);
    return same ? 0
                : krx_fail(r->call, KRX_E_ALREADY_EXISTS, "there is a workload '%s' already",
                           r->name);
}

static int32_t write_record(restoring *r)
{
    if (r->had_record || !r->hash)
        return 0;
    krx_oci_record record = {.name = r->name,
                             .namespace_ = r->namespace_,
                             .spec_json = r->spec->json,
                             .hash = r->hash,
                             .generation = r->generation,
                             .created_ns = r->generation,
                             .revision = 1,
                             .revised_ns = r->generation,
                             .labels = r->spec->workload->labels};
    return krx_oci_record_write(r->call, &r->backend->store, r->base, &record);
}

/* ------------------------------------------------------------------------------------ doing it */

static const char *digest_of(const restoring *r, const krx_oci_saved *saved)
{
    krx_autofree char *path = krx_streq(saved->folder, ".")
                                  ? krx_format("%s", KRX_OCI_SAVED_CHANGES)
                                  : krx_format("%s/" KRX_OCI_SAVED_CHANGES, saved->folder);
    for (size_t i = 0; path && r->manifest.files[i]; i++)
        if (strcmp(r->manifest.files[i]->path, path) == 0)
            return r->manifest.files[i]->sha256;
    return NULL;
}

/* The machine, the runtime and the image are those that the processes know. */
static int32_t check_fit(restoring *r, const krx_oci_saved *saved, const krx_oci_container *c,
                         const krx_oci_runtime *runtime)
{
    krx_oci_saved_host here;
    if (runtime->checkpoint_refusal)
        return krx_fail(r->call, KRX_E_UNSUPPORTED, "container %s can't go on here: %s", c->name,
                        runtime->checkpoint_refusal);
    int32_t code = krx_oci_saved_host_of(r->call, r->arena, runtime, &here);
    if (code == 0)
        code = krx_oci_saved_host_fits(r->call, &r->manifest.host, &here);
    if (code == 0 && saved->image_id && !krx_streq(saved->image_id, c->image_id)) {
        krx_fail(r->call, KRX_E_FAILED_PRECONDITION,
                 "image %s is another one than the checkpoint was made with (%s, not %s)", c->image,
                 c->image_id ? c->image_id : "a folder", saved->image_id);
        return krx_hint(r->call, "let the name point at the old image again");
    }
    return code;
}

static int32_t restore_one(restoring *r, const krx_oci_saved *saved)
{
    const char *id = NULL;
    krx_oci_container c;
    krx_oci_runtime runtime;
    krx_oci_store *store = &r->backend->store;
    const char *folder = krx_streq(saved->folder, ".")
                             ? r->folder
                             : krx_arena_printf(r->arena, "%s/%s", r->folder, saved->folder);
    if (!folder)
        return krx_no_memory(r->call);
    int32_t code = krx_oci_make_container(r->call, r->arena, r->backend, r->spec->workload,
                                          r->spec->json, saved->replica, r->generation, &id);
    if (id && krx_ptrs_add(r->arena, &r->made, id) != 0)
        return krx_no_memory(r->call);
    if (code == 0)
        code = krx_oci_container_read(r->call, r->arena, store, id, &c);
    if (code == 0) {
        r->hash = c.hash;
        code = krx_oci_runtime_of(r->call, r->arena, r->backend, &c, &runtime);
    }
    if (code == 0)
        code = check_fit(r, saved, &c, &runtime);
    if (code == 0 && !saved->podman)
        code = krx_oci_thaw_files(r->call, r->arena, r->backend, id, folder, saved,
                                  digest_of(r, saved));
    if (code == 0)
        code = krx_oci_adopt_files(r->call, r->arena, r->backend, r->spec->workload, id, folder,
                                   saved);
    krx_tell_progress(r->call, "restore", id ? id : r->name, "going on");
    return code == 0
               ? krx_oci_thaw(r->call, r->arena, r->backend, &runtime, id, folder, r->req->flags)
               : code;
}

static void take_back(restoring *r)
{
    krx_side_call side;
    krx_call *call = krx_undo_call(&side, r->call);
    for (size_t i = 0; i < r->made.count; i++)
        if (krx_oci_remove(call, r->backend, r->made.items[i]) < 0)
            krx_log(call, KRX_LOG_ERROR, "%s", side.error.message);
    krx_oci_volumes_forget(call, r->backend, r->generation);
    if (!r->had_record)
        (void)krx_oci_record_remove(call, &r->backend->store, r->base);
}

static int32_t restore_all(restoring *r)
{
    int32_t code = check_name(r);
    if (code == 0)
        code = clear(r);
    if (code < 0)
        return code;
    for (size_t i = 0; code == 0 && r->manifest.containers[i]; i++)
        code = restore_one(r, r->manifest.containers[i]);
    if (code == 0)
        code = write_record(r);
    if (code < 0)
        take_back(r);
    return code;
}

int32_t krx_oci_restore_op(krx_call *call, void *opened, const krx_checkpoint_req *req,
                           krx_sink *checkpoint)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    auto_restoring restoring r = {
        .call = call, .arena = arena, .backend = opened, .req = req, .generation = krx_now_unix()};
    if (!arena)
        return krx_no_memory(call);
    int32_t code = krx_oci_backend_ready(call, r.backend, NULL);
    if (code == 0)
        code = find(&r);
    if (code == 0)
        code = read_spec(&r);
    if (code < 0)
        return code;
    krx_autoclose int lock = krx_oci_lock_workload(call, &r.backend->store, r.base);
    if (lock < 0)
        return lock;
    code = krx_oci_manifest_verify(call, r.folder, &r.manifest);
    if (code == 0)
        code = restore_all(&r);
    if (code < 0)
        return code;
    krx_checkpoint item = krx_oci_saved_item(&r.manifest, "running");
    item.workload = r.name;
    item.namespace_ = r.namespace_;
    return krx_emit(checkpoint, KRX_ITEM_CHECKPOINT, &item);
}
