/* SPDX-License-Identifier: Apache-2.0 */
/* States that a workload was in, kept in its record. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/model/model.h"
#include "lib/replicas/names.h"
#include "modules/oci/deploy/deploy.h"

static int32_t read_record(krx_call *call, krx_arena *arena, const krx_oci_backend *backend,
                           const krx_ref *ref, krx_oci_record *out)
{
    char *base = krx_replica_base_name(arena, ref->namespace_, ref->workload);
    if (!base)
        return krx_no_memory(call);
    int32_t code = krx_oci_record_read(call, arena, &backend->store, base, out);
    return code == KRX_E_NOT_FOUND
               ? krx_oci_workload_not_found(call, ref->namespace_, ref->workload)
               : code;
}

static int32_t emit_one(krx_sink *out, const krx_oci_revision *revision, bool current)
{
    krx_auto_replica_intent krx_replica_intent intent = {0};
    krx_replica_intent_read(revision->spec_json, &intent);
    krx_revision item = {.struct_size = sizeof item,
                         .current = current,
                         .revision = revision->number,
                         .created_ns = revision->created_ns,
                         .image = intent.image,
                         .spec_json = revision->spec_json};
    return krx_emit(out, KRX_ITEM_REVISION, &item);
}

static int32_t emit_current(krx_sink *out, const krx_oci_record *record)
{
    krx_oci_revision current = {.number = record->revision,
                                .created_ns = record->revised_ns,
                                .spec_json = record->spec_json};
    return emit_one(out, &current, true);
}

int32_t krx_oci_list_revisions_op(krx_call *call, void *backend, const krx_revision_req *req,
                                  krx_sink *revision)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_record record;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = read_record(call, arena, backend, &req->ref, &record);
    if (!code)
        code = emit_current(revision, &record);
    for (size_t i = 0; !code && record.earlier[i]; i++)
        code = emit_one(revision, record.earlier[i], false);
    return code;
}

static int32_t choose(krx_call *call, const krx_oci_record *record, const krx_revision_req *req,
                      const char **spec_json)
{
    if (req->revision == record->revision) {
        *spec_json = record->spec_json;
        return 0;
    }
    for (size_t i = 0; record->earlier[i]; i++)
        if (req->revision == KRX_UNSET || record->earlier[i]->number == req->revision) {
            *spec_json = record->earlier[i]->spec_json;
            return 0;
        }
    if (req->revision == KRX_UNSET)
        krx_fail(call, KRX_E_FAILED_PRECONDITION, "workload '%s' has no earlier revision",
                 req->ref.workload);
    else
        krx_fail(call, KRX_E_NOT_FOUND, "workload '%s' has no revision %" PRId64, req->ref.workload,
                 req->revision);
    return krx_hint(call, "kranix history %s", req->ref.workload);
}

/* It becomes a revision of its own, the newest. */
static int32_t deploy_again(krx_call *call, krx_oci_backend *backend, const krx_oci_record *record,
                            const char *spec_json)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_diags_init(&diags);
    int32_t code = krx_specs_parse(call, "revision", spec_json, strlen(spec_json),
                                   KRX_SPEC_NO_FILES, &specs, &diags);
    if (code || specs.count != 1)
        return krx_fail(call, KRX_E_DATA_LOSS,
                        "the spec kept with that revision of '%s' can't be read", record->name);
    krx_workload spec = *specs.items[0]->workload;
    spec.namespace_ = record->namespace_;
    krx_deploy_req req = {.struct_size = sizeof req, .spec = &spec, .spec_json = spec_json};
    return krx_oci_deploy_op(call, backend, &req, NULL);
}

int32_t krx_oci_rollback_op(krx_call *call, void *backend, const krx_revision_req *req,
                            krx_sink *revision)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_oci_record record;
    const char *spec_json = NULL;
    if (!arena)
        return krx_no_memory(call);
    int32_t code = read_record(call, arena, backend, &req->ref, &record);
    if (!code)
        code = choose(call, &record, req, &spec_json);
    if (!code)
        code = deploy_again(call, backend, &record, spec_json);
    if (!code)
        code = read_record(call, arena, backend, &req->ref, &record);
    return code ? code : emit_current(revision, &record);
}
