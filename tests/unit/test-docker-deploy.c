/* SPDX-License-Identifier: Apache-2.0 */
/* Deploy against an engine that misbehaves or must not be written to. */
#include "tests/unit/served.h"

#include "lib/model/model.h"
#include "lib/model/results.h"
#include "modules/docker/containers/status.h"
#include "modules/docker/deploy/deploy.h"

typedef struct world {
    served s;
    krx_dk_backend backend;
    krx_specs specs;
    krx_diags diags;
    krx_str changes;
    size_t statuses;
} world;

static int32_t keep_change(krx_sink *sink, uint32_t kind, const void *item)
{
    const krx_change *change = item;
    assert_int_equal(kind, KRX_ITEM_CHANGE);
    krx_str_addf(sink->ctx, "%s %s %s;", krx_change_name(change->action), change->kind,
                 change->object);
    return 0;
}

static int32_t count_status(krx_sink *sink, uint32_t kind, const void *item)
{
    (void)item;
    assert_int_equal(kind, KRX_ITEM_STATUS);
    ++*(size_t *)sink->ctx;
    return 0;
}

static void begin(world *w, const char *script, const char *yaml)
{
    memset(w, 0, sizeof *w);
    serve_start(&w->s, script);
    krx_engine_options o = {
        .host = w->s.host, .config_dir = w->s.folder, .ignore_environment = true};
    if (krx_engine_open(&w->s.call, &o, &w->backend.engine) < 0)
        fail_msg("%s", w->s.error.message);
    krx_diags_init(&w->diags);
    assert_int_equal(krx_specs_parse(&w->s.call, "t", yaml, strlen(yaml), KRX_SPEC_NO_FILES,
                                     &w->specs, &w->diags),
                     0);
}

static int32_t deploy(world *w, uint32_t flags)
{
    krx_sink changes = {.struct_size = sizeof changes,
                        .kind = KRX_ITEM_CHANGE,
                        .emit = keep_change,
                        .ctx = &w->changes};
    krx_sink status = {.struct_size = sizeof status,
                       .kind = KRX_ITEM_STATUS,
                       .emit = count_status,
                       .ctx = &w->statuses};
    krx_deploy_req req = {.struct_size = sizeof req,
                          .flags = flags,
                          .spec = w->specs.items[0]->workload,
                          .spec_json = w->specs.items[0]->json,
                          .changes = &changes};
    return krx_dk_deploy_op(&w->s.call, &w->backend, &req, &status);
}

static void end(world *w)
{
    krx_engine_close(w->backend.engine);
    krx_specs_free(&w->specs);
    krx_diags_free(&w->diags);
    krx_str_free(&w->changes);
    serve_stop(&w->s);
}

#define NOTHING_THERE "GET /containers/json\n    body []\n"
#define IMAGE "GET /images/*\n    body {\"Id\":\"sha256:1\",\"Architecture\":\"amd64\"}\n"
#define FREE_NAMES "GET /containers/w-* 404\n    body {\"message\":\"No such container\"}\n"
#define NO_WRITING                                                                                 \
    "POST * 500\n    body {\"message\":\"written to\"}\nDELETE * 500\n    body "                   \
    "{\"message\":\"written to\"}\n"

/* A dry run says what would be done, and would fail here if it wrote anything. */
static void test_dry_run(void **state)
{
    world w;
    (void)state;
    begin(&w,
          NOTHING_THERE IMAGE FREE_NAMES NO_WRITING
          "GET /volumes/* 404\n    body {\"message\":\"no such volume\"}\n",
          "name: w\nimage: i\nreplicas: 2\nvolumes: [{name: d}]\n");
    if (deploy(&w, KRX_DEPLOY_DRY_RUN))
        fail_msg("%s", w.s.error.message);
    assert_string_equal(krx_str_get(&w.changes),
                        "create volume w-d;create container w-1;create container w-2;");
    assert_int_equal(w.statuses, 0);
    assert_int_equal(deploy(&w, 0), KRX_E_UNKNOWN);
    assert_non_null(strstr(w.s.error.message, "written to"));
    end(&w);
}

static void test_refused(void **state)
{
    static const struct {
        const char *yaml;
        int32_t code;
        const char *text;
    } cases[] = {
        {"name: w\nimage: i\nreplicas: 2\nports: [{containerPort: 80, hostPort: 8080}]\n",
         KRX_E_INVALID_ARGUMENT, "host port 8080"},
        {"name: w\nimage: i\ncronSchedule: {schedule: '* * * * *'}\n", KRX_E_UNSUPPORTED,
         "cronSchedule"},
        {"name: w\nimage: 'rootfs:/srv'\n", KRX_E_UNSUPPORTED, "from where it lies"},
        {"name: w\nimage: i\nnetwork: 'ns:/run/netns/a'\n", KRX_E_UNSUPPORTED, "/run/netns/a"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(cases); i++) {
        world w;
        begin(&w, "* * 500\n    body {\"message\":\"asked\"}\n", cases[i].yaml);
        assert_int_equal(deploy(&w, 0), cases[i].code);
        assert_non_null(strstr(w.s.error.message, cases[i].text));
        assert_true(w.s.error.hint[0] != '\0');
        end(&w);
    }
}

static void test_name_taken(void **state)
{
    world w;
    (void)state;
    begin(
        &w,
        NOTHING_THERE IMAGE NO_WRITING
        "GET /containers/w-1/json\n    body {\"Id\":\"x\",\"Name\":\"/w-1\",\"Config\":{\"Labels\""
        ":{}}}\n",
        "name: w\nimage: i\n");
    assert_int_equal(deploy(&w, 0), KRX_E_ALREADY_EXISTS);
    assert_non_null(strstr(w.s.error.message, "'w-1'"));
    end(&w);
}

static void test_volume_taken(void **state)
{
    world w;
    (void)state;
    begin(&w,
          NOTHING_THERE IMAGE FREE_NAMES NO_WRITING
          "GET /volumes/w-d\n    body {\"Name\":\"w-d\",\"Labels\":null}\n",
          "name: w\nimage: i\nvolumes: [{name: d}]\n");
    assert_int_equal(deploy(&w, 0), KRX_E_ALREADY_EXISTS);
    assert_non_null(strstr(w.s.error.message, "'w-d'"));
    end(&w);
}

static void test_image_missing(void **state)
{
    world w;
    (void)state;
    begin(&w,
          NOTHING_THERE NO_WRITING "GET /images/* 404\n    body {\"message\":\"No such image\"}\n",
          "name: w\nimage: i\npullPolicy: Never\n");
    assert_int_equal(deploy(&w, 0), KRX_E_NOT_FOUND);
    assert_non_null(strstr(w.s.error.message, "'i'"));
    end(&w);
}

/* An image for arm is none for arm64, though the name begins alike. */
static void test_image_of_another_platform(void **state)
{
    world w;
    (void)state;
    begin(&w,
          NOTHING_THERE NO_WRITING
          "GET /images/*\n    body {\"Id\":\"sha256:1\",\"Architecture\":\"arm\"}\n",
          "name: w\nimage: i\npullPolicy: Never\nplatform: linux/arm64\n");
    assert_int_equal(deploy(&w, KRX_DEPLOY_DRY_RUN), KRX_E_NOT_FOUND);
    end(&w);
}

/* Of four made side by side some fail: what was made goes again, and the reason is told. */
static void test_taken_back(void **state)
{
    world w;
    (void)state;
    begin(&w,
          "GET /containers/json\n    times 1\n    body []\n"
          "GET /containers/json\n    body [{\"Id\":\"x\"},{\"Id\":\"y\"}]\n" IMAGE FREE_NAMES
          "POST /containers/create 201\n    times 1\n    body {\"Id\":\"x\"}\n"
          "POST /containers/create 201\n    times 1\n    body {\"Id\":\"y\"}\n"
          "POST /containers/create 500\n    body {\"message\":\"the disk is full\"}\n"
          "POST /containers/x/start 204\nPOST /containers/y/start 204\n"
          "DELETE /containers/x 204\n    times 1\nDELETE /containers/y 204\n    times 1\n",
          "name: w\nimage: i\nreplicas: 4\n");
    assert_int_equal(deploy(&w, 0), KRX_E_UNKNOWN);
    assert_non_null(strstr(w.s.error.message, "the disk is full"));
    assert_int_equal(krx_engine_delete(&w.s.call, w.backend.engine, "/containers/x", "x"),
                     KRX_E_NOT_FOUND);
    assert_int_equal(krx_engine_delete(&w.s.call, w.backend.engine, "/containers/y", "y"),
                     KRX_E_NOT_FOUND);
    end(&w);
}

/* The pull answers 200 and reports its failure inside the stream. */
static void test_pull_fails(void **state)
{
    world w;
    (void)state;
    begin(&w,
          NOTHING_THERE FREE_NAMES
          "GET /images/* 404\n    body {\"message\":\"No such image\"}\n"
          "POST /images/create\n    line {\"status\":\"Pulling\"}\n"
          "    line {\"error\":\"the disk is full\",\"errorDetail\":{\"message\":\"the disk is "
          "full\"}}\n" NO_WRITING,
          "name: w\nimage: i\n");
    assert_true(deploy(&w, 0) < 0);
    assert_non_null(strstr(w.s.error.message, "the disk is full"));
    end(&w);
}

/* Whatever the list is, it is an error of this call and no crash. */
static void test_bad_lists(void **state)
{
    static const char *const scripts[] = {
        "GET /containers/json\n    body {\"a\":1}\n",
        "GET /containers/json\n    body [{\"Id\":\"a\"\n    fault half\n",
        "GET /containers/json 500\n    body {\"message\":\"on fire\"}\n",
        "GET /containers/json\n    fault drop\n",
    };
    krx_list_req req = {.struct_size = sizeof req};
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(scripts); i++) {
        world w;
        begin(&w, scripts[i], "name: w\nimage: i\n");
        assert_true(krx_dk_list_op(&w.s.call, &w.backend, &req, NULL) < 0);
        assert_true(w.s.error.message[0] != '\0');
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dry_run),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_name_taken),    cmocka_unit_test(test_volume_taken),
        cmocka_unit_test(test_image_missing), cmocka_unit_test(test_pull_fails),
        cmocka_unit_test(test_taken_back),    cmocka_unit_test(test_image_of_another_platform),
        cmocka_unit_test(test_bad_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
