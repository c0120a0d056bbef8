/* SPDX-License-Identifier: Apache-2.0 */
/* The spec in force and those before it. */
#include "lib/base/str.h"
#include "lib/replicas/names.h"
#include "modules/oci/deploy/change.h"

static bool anything_changed(const krx_replica_deploy *d)
{
    for (size_t i = 0; d->steps[i]; i++)
        if (d->steps[i]->action != KRX_CHANGE_NONE)
            return true;
    return false;
}

/* What it was goes to the front of the earlier ones. */
static int32_t revise(krx_replica_deploy *d, krx_oci_record *record)
{
    krx_ptrs earlier = {0};
    krx_oci_revision *last = krx_arena_new_of(d->arena, krx_oci_revision);
    if (!last)
        return krx_no_memory(d->call);
    *last = (krx_oci_revision){.number = record->revision,
                               .created_ns = record->revised_ns,
                               .spec_json = record->spec_json};
    bool failed = krx_ptrs_add(d->arena, &earlier, last) < 0;
    for (size_t i = 0; record->earlier && record->earlier[i] && !failed; i++)
        failed = krx_ptrs_add(d->arena, &earlier, record->earlier[i]) < 0;
    record->earlier = (const krx_oci_revision *const *)earlier.items;
    record->revision++;
    record->revised_ns = krx_oci_own(d)->generation;
    return failed ? krx_no_memory(d->call) : 0;
}

int32_t krx_oci_keep_record(krx_replica_deploy *d)
{
    krx_side_call scratch;
    krx_oci_record record;
    const krx_oci_making *m = krx_oci_own(d);
    const krx_oci_store *store = &m->backend->store;
    int32_t code = krx_oci_record_read(krx_side_call_init(&scratch, d->call), d->arena, store,
                                       m->base, &record);
    bool same = !code && krx_streq(record.spec_json, m->spec_json);
    if (same && !anything_changed(d))
        return 0;
    if (code) { /* none, or one that can't be read */
        record = (krx_oci_record){
            .created_ns = m->generation, .revision = 1, .revised_ns = m->generation};
        code = 0;
    } else if (!same) {
        code = revise(d, &record);
    }
    record.name = d->spec->name;
    record.namespace_ = m->namespace_;
    record.spec_json = m->spec_json;
    record.hash = m->hash;
    record.generation = m->generation;
    record.labels = krx_replica_labels(d->arena, d->spec);
    if (!code && !record.labels)
        code = krx_no_memory(d->call);
    return code ? code : krx_oci_record_write(d->call, store, m->base, &record);
}
