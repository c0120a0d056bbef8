/* SPDX-License-Identifier: Apache-2.0 */
/* What a deploy decides from, and what it keeps: hashes, limits, records, refs, volumes. */

#include <string.h>
#include <unistd.h>

#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "lib/model/model.h"
#include "modules/oci/backend/backend.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/deploy/volumes.h"
#include "tests/unit/oci_folder.h"

typedef struct parsed {
    krx_error error;
    krx_call call;
    krx_specs specs;
    krx_diags diags;
    const krx_workload *spec;
    const char *json;
} parsed;

static void parse(parsed *p, const char *yaml)
{
    krx_autofree char *text = krx_format("name: web\nimage: busybox\n%s\n", yaml);
    memset(p, 0, sizeof *p);
    krx_call_init(&p->call, &p->error);
    krx_diags_init(&p->diags);
    int32_t code = krx_specs_parse(&p->call, "test", text, strlen(text), KRX_SPEC_NO_FILES,
                                   &p->specs, &p->diags);
    if (code)
        fail_msg("%s", p->diags.count ? p->diags.items[0].message : p->error.message);
    p->spec = p->specs.items[0]->workload;
    p->json = p->specs.items[0]->json;
}

static void release(parsed *p)
{
    krx_specs_free(&p->specs);
    krx_diags_free(&p->diags);
}

/* ------------------------------------------------------------------------------ hash and limits
 */

typedef struct row {
    const char *was, *now;
    bool same; /* the hash */
    int limits;
} row;

#define VOLUME "volumes: [{name: d, size: 1Gi"

static const row rows[] = {
    {"", "", true, KRX_REPLICA_SAME},
    {"", "env: {A: b}", false, KRX_REPLICA_SAME},
    {"", "network: host", false, KRX_REPLICA_SAME},
    {"", "runtime: runc", false, KRX_REPLICA_SAME},
    {"", "stdin: true", false, KRX_REPLICA_SAME},
    {"", "tty: true", false, KRX_REPLICA_SAME},
    {"", "stdin: false\ntty: false", true, KRX_REPLICA_SAME},
    {"replicas: 1", "replicas: 3", true, KRX_REPLICA_SAME},
    {"", "rolloutStrategy: {type: recreate}", true, KRX_REPLICA_SAME},
    {"", "pullPolicy: Always", true, KRX_REPLICA_SAME},
    {"", "dependencies: [{workloadId: db}]", true, KRX_REPLICA_SAME},
    {"", "labels: {a: b}", false, KRX_REPLICA_SAME},
    {"", "scheduling: {architecture: arm64}", false, KRX_REPLICA_SAME},
    {"platform: linux/arm64", "scheduling: {architecture: aarch64}", true, KRX_REPLICA_SAME},
    {VOLUME "}]", VOLUME ", autoCleanup: true, storageClass: fast}]", true, KRX_REPLICA_SAME},
    {VOLUME "}]", VOLUME ", mountPath: /else}]", false, KRX_REPLICA_SAME},
    {"resources: {memoryLimit: 1Mi}", "resources: {memoryLimit: 2Mi}", true, KRX_REPLICA_IN_PLACE},
    {"", "resources: {cpuLimit: 500m}", true, KRX_REPLICA_IN_PLACE},
    {"resources: {cpuLimit: 500m}", "", true, KRX_REPLICA_ANEW},
    {"", "resources: {gpu: {vendor: nvidia, count: 1}}", false, KRX_REPLICA_SAME},
    {"", "restartPolicy: 'no'", true, KRX_REPLICA_IN_PLACE},
    {"restartPolicy: on-failure", "restartPolicy: on-failure\nrestartRetries: 3", true,
     KRX_REPLICA_IN_PLACE},
    {"", "restartPolicy: unless-stopped", true, KRX_REPLICA_SAME},
    {"", "stopGracePeriod: 3s", true, KRX_REPLICA_IN_PLACE},
    {"", "stopSignal: INT", true, KRX_REPLICA_IN_PLACE},
};

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        char was_hash[KRX_OCI_HASH_MAX], now_hash[KRX_OCI_HASH_MAX];
        parsed was, now;
        parse(&was, rows[i].was);
        parse(&now, rows[i].now);
        krx_oci_spec_hash(was.spec, was_hash);
        krx_oci_spec_hash(now.spec, now_hash);
        assert_int_equal(strlen(was_hash), KRX_OCI_HASH_MAX - 1);
        if (krx_streq(was_hash, now_hash) != rows[i].same)
            fail_msg("'%s' to '%s': %s and %s", rows[i].was, rows[i].now, was_hash, now_hash);
        if (krx_oci_compare(was.spec, now.spec) != rows[i].limits)
            fail_msg("'%s' to '%s': limits %d", rows[i].was, rows[i].now,
                     krx_oci_compare(was.spec, now.spec));
        release(&was);
        release(&now);
    }
}

/* ------------------------------------------------------------------------------------- the store
 */

static krx_oci_backend backend_of(oci_folder *f)
{
    return (krx_oci_backend){.store = f->store, .network = "bridge"};
}

static void put_container(oci_folder *f, const char *id, const char *workload, int64_t replica,
                          int64_t generation, int phase)
{
    char *name = krx_arena_printf(f->arena, "%s-%d", workload, (int)replica);
    char *file = krx_arena_printf(f->arena, "containers/%s/spec.json", id);
    krx_oci_container c = {.id = id,
                           .name = name,
                           .workload = workload,
                           .namespace_ = "default",
                           .image = "busybox",
                           .replica = replica,
                           .generation = generation,
                           .phase = phase,
                           .started_ns = KRX_UNSET,
                           .finished_ns = KRX_UNSET,
                           .exit_code = KRX_UNSET};
    (void)oci_write(f, file, "{\"name\":\"web\",\"image\":\"new\"}", 0600);
    assert_int_equal(krx_oci_container_write(&f->call, &f->store, &c), 0);
}

static krx_oci_record record_of(const char *spec, int64_t generation)
{
    return (krx_oci_record){.name = "web",
                            .namespace_ = "default",
                            .spec_json = spec,
                            .hash = "h",
                            .generation = generation,
                            .created_ns = 1,
                            .revision = 3,
                            .revised_ns = generation};
}

static void test_records(void **state)
{
    oci_folder *f = *state;
    const krx_oci_revision one = {.number = 2, .created_ns = 7, .spec_json = "{\"a\":\"\\\"\"}"};
    const krx_oci_revision *earlier[16] = {0};
    krx_oci_record record = record_of("{}", INT64_MAX / 3), read;
    for (size_t i = 0; i < 15; i++)
        earlier[i] = &one;
    record.earlier = earlier;
    assert_int_equal(krx_oci_record_read(&f->call, f->arena, &f->store, "web", &read),
                     KRX_E_NOT_FOUND);
    assert_int_equal(krx_oci_record_write(&f->call, &f->store, "web", &record), 0);
    assert_int_equal(krx_oci_record_read(&f->call, f->arena, &f->store, "web", &read), 0);
    assert_string_equal(read.name, "web");
    assert_string_equal(read.spec_json, "{}");
    assert_true(read.generation == INT64_MAX / 3);
    assert_int_equal(read.revision, 3);
    assert_string_equal(read.earlier[9]->spec_json, one.spec_json);
    assert_null(read.earlier[10]); /* the last ten are kept */

    char *large = krx_arena_alloc(f->arena, 400001);
    memset(large, 'x', 400000);
    const krx_oci_revision big = {.number = 1, .created_ns = 7, .spec_json = large};
    earlier[1] = earlier[2] = &big;
    assert_int_equal(krx_oci_record_write(&f->call, &f->store, "web", &record), 0);
    assert_int_equal(krx_oci_record_read(&f->call, f->arena, &f->store, "web", &read), 0);
    assert_int_equal(strlen(read.earlier[1]->spec_json), 400000);
    assert_int_equal(strlen(read.earlier[2]->spec_json), 400000);
    earlier[3] = &big; /* more than a file of the store may have: the oldest go */
    assert_int_equal(krx_oci_record_write(&f->call, &f->store, "web", &record), 0);
    assert_int_equal(krx_oci_record_read(&f->call, f->arena, &f->store, "web", &read), 0);
    assert_null(read.earlier[3]);
    assert_int_equal(krx_oci_record_remove(&f->call, &f->store, "web"), 0);
    assert_int_equal(krx_oci_record_remove(&f->call, &f->store, "web"), 0);
}

/* The record's spec is in force, unless a deploy that was cut off left something newer. */
static void test_groups(void **state)
{
    oci_folder *f = *state;
    krx_oci_backend backend = backend_of(f);
    krx_oci_record record = record_of("{\"image\":\"old\"}", 5);
    krx_replica_group *group;
    assert_int_equal(krx_oci_group(&f->call, f->arena, &backend, "default", "web", &group), 0);
    assert_null(group);
    assert_int_equal(krx_oci_record_write(&f->call, &f->store, "web", &record), 0);
    put_container(f, "web-2-5", "web", 2, 5, KRX_OCI_EXITED);
    put_container(f, "web-1-5", "web", 1, 5, KRX_OCI_EXITED);
    put_container(f, "web-x-1-5", "web-x", 1, 5, KRX_OCI_EXITED);
    assert_int_equal(krx_oci_group(&f->call, f->arena, &backend, NULL, "web", &group), 0);
    assert_int_equal(group->count, 2);
    assert_string_equal(group->containers[0]->id, "web-1-5");
    assert_string_equal(group->current->spec_json, "{\"image\":\"old\"}");
    put_container(f, "web-2-6", "web", 2, 6, KRX_OCI_CREATED);
    assert_int_equal(krx_oci_group(&f->call, f->arena, &backend, "default", "web", &group), 0);
    assert_string_equal(group->current->spec_json, "{\"name\":\"web\",\"image\":\"new\"}");
    assert_int_equal(krx_oci_group(&f->call, f->arena, &backend, "other", "web", &group), 0);
    assert_null(group);
}

static void test_refs(void **state)
{
    static const struct {
        const char *workload, *instance;
        int64_t replica;
        const char *found;
        int32_t code;
    } refs[] = {{"web", NULL, 0, "web-1-aaaaaaa1", 0},
                {"web", NULL, 2, "web-2-aaaaaaa3", 0},
                {"web", NULL, 3, NULL, KRX_E_NOT_FOUND},
                {"none", NULL, 0, NULL, KRX_E_NOT_FOUND},
                {NULL, "web-1", 0, "web-1-aaaaaaa1", 0},
                {NULL, "web-2", 0, "web-2-aaaaaaa3", 0},
                {NULL, "web-2-aaaaaaa2", 0, "web-2-aaaaaaa2", 0},
                {NULL, "aaaaa2", 0, "web-2-aaaaaaa2", 0},
                {NULL, "aaaa2", 0, NULL, KRX_E_NOT_FOUND},
                {NULL, "bbbbbbb", 0, NULL, KRX_E_INVALID_ARGUMENT},
                {"idle", NULL, 0, NULL, KRX_E_FAILED_PRECONDITION}};
    oci_folder *f = *state;
    krx_oci_backend backend = backend_of(f);
    krx_oci_record record = record_of("{\"replicas\":0}", 5);
    record.name = "idle";
    assert_int_equal(krx_oci_record_write(&f->call, &f->store, "idle", &record), 0);
    put_container(f, "web-2-aaaaaaa2", "web", 2, 2, KRX_OCI_EXITED);
    put_container(f, "web-2-aaaaaaa3", "web", 2, 3, KRX_OCI_EXITED);
    put_container(f, "web-1-aaaaaaa1", "web", 1, 1, KRX_OCI_EXITED);
    put_container(f, "db-1-bbbbbbb", "db", 1, 1, KRX_OCI_EXITED);
    put_container(f, "db-2-bbbbbbb", "db", 2, 1, KRX_OCI_EXITED);
    for (size_t i = 0; i < KRX_COUNT(refs); i++) {
        krx_ref ref = {.struct_size = sizeof ref,
                       .workload = refs[i].workload,
                       .namespace_ = "default",
                       .instance = refs[i].instance,
                       .replica = refs[i].replica};
        krx_oci_container **found = NULL;
        int32_t code = krx_oci_resolve(&f->call, f->arena, &backend, &ref, &found);
        if (code != refs[i].code || (!code && !krx_streq(found[0]->id, refs[i].found)))
            fail_msg("ref %zu: code %d, %s", i, code, code ? f->error.message : found[0]->id);
    }
}

static void test_ids(void **state)
{
    int64_t replica = 0;
    (void)state;
    assert_true(krx_oci_id_is_of("web-12-k3x", "web", &replica));
    assert_int_equal(replica, 12);
    assert_true(krx_oci_id_is_of("shop.web-1-0", "shop.web", NULL));
    assert_false(krx_oci_id_is_of("web-x-1-k3x", "web", NULL));
    assert_false(krx_oci_id_is_of("web-1-2-k3x", "web", NULL));
    assert_true(krx_oci_id_is_of("web-1-2-k3x", "web-1", NULL));
    assert_false(krx_oci_id_is_of("web-1-", "web", NULL));
    assert_false(krx_oci_id_is_of("web", "web", NULL));
}

static void test_volumes(void **state)
{
    oci_folder *f = *state;
    krx_oci_backend backend = backend_of(f);
    size_t removed = 0;
    bool exists;
    parsed p, other;
    parse(&p, "volumes: [{name: data, size: 1Gi}, {name: tmp, size: 1Gi, autoCleanup: true}]");
    parse(&other, "namespace: default\nvolumes: [{name: data, size: 1Gi}]");
    krx_workload stranger = *other.spec;
    stranger.name = "web-data"; /* web's volume data-x would be called as web-data's volume x */
    const krx_volume *data = p.spec->volumes[0], *tmp = p.spec->volumes[1];
    assert_int_equal(krx_oci_volume_look(&f->call, &backend, p.spec, data, &exists), 0);
    assert_false(exists);
    assert_int_equal(krx_oci_volume_make(&f->call, &backend, p.spec, data, 5), 0);
    assert_int_equal(krx_oci_volume_make(&f->call, &backend, p.spec, tmp, 6), 0);
    (void)oci_write(f, "volumes/web-data/data/kept", "x", 0600);
    assert_int_equal(krx_oci_volume_make(&f->call, &backend, p.spec, data, 7), 0);
    assert_string_equal(oci_read(f, "volumes/web-data/data/kept"), "x");

    krx_volume x = *data;
    x.name = "data-x";
    assert_int_equal(krx_oci_volume_make(&f->call, &backend, p.spec, &x, 5), 0);
    x.name = "x";
    assert_int_equal(krx_oci_volume_look(&f->call, &backend, &stranger, &x, &exists),
                     KRX_E_ALREADY_EXISTS);
    assert_in(f->error.message, "web-data-x");

    assert_int_equal(
        krx_oci_volumes_clean(&f->call, &backend, NULL, "web", NULL, false, NULL, &removed), 0);
    assert_int_equal(removed, 1);
    assert_null(oci_read(f, "volumes/web-tmp/volume.json"));
    krx_oci_volumes_forget(&f->call, &backend, 99);
    assert_non_null(oci_read(f, "volumes/web-data/data/kept"));
    assert_int_equal(
        krx_oci_volumes_clean(&f->call, &backend, "default", "web", NULL, true, NULL, &removed), 0);
    assert_int_equal(removed, 3);
    assert_int_equal(access(oci_path(f, "volumes/web-data"), F_OK), -1);
    release(&p);
    release(&other);
}

static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(krx_oci_signal_number("TERM"), 15);
    assert_int_equal(krx_oci_signal_number("sigkill"), 9);
    assert_int_equal(krx_oci_signal_number("10"), 10);
    assert_int_equal(krx_oci_signal_number("65"), 0);
    assert_int_equal(krx_oci_signal_number("0"), 0);
    assert_int_equal(krx_oci_signal_number("SIGRTMIN+3"), 37);
    assert_int_equal(krx_oci_signal_number("RTMAX-1"), 63);
    assert_int_equal(krx_oci_signal_number("RTMAX-"), 0);
    assert_int_equal(krx_oci_signal_number("NONE"), 0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, oci_folder_setup, oci_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes), IN_FOLDER(test_records),
                                       IN_FOLDER(test_groups),         IN_FOLDER(test_refs),
                                       cmocka_unit_test(test_ids),     IN_FOLDER(test_volumes),
                                       cmocka_unit_test(test_signals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
