/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a deploy's deeds, and what is left when one of them fails: on a backend that is a
 * table. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/base/report.h"
#include "lib/base/str.h"
#include "lib/model/model.h"
#include "lib/replicas/deploy.h"

#define MOST 8

typedef struct thing {
    char id[16], name[16];
    int replica;
    bool there, up, ours_now;
    const char *hash;
} thing;

typedef struct world {
    krx_error error;
    krx_call call;
    krx_arena *arena;
    krx_specs specs;
    krx_diags diags;
    pthread_mutex_t lock;
    thing things[MOST];
    size_t volumes;    /* made by this deploy */
    size_t news;       /* changes that were told */
    const char *fails; /* the deed that fails, once: "start w-2" */
    int32_t with;
    krx_replica_fate fate;
    bool absent; /* the image is not here */
    bool written;
    krx_str journal;
    krx_replica_group group;
    krx_replica replicas[MOST], *pointers[MOST + 1];
} world;

static world *of(const krx_replica_deploy *d)
{
    return d->own;
}

/* Notes the deed, and answers what it ends with. */
static int32_t note(krx_replica_deploy *d, const char *deed, const char *name)
{
    world *w = of(d);
    krx_autofree char *text = krx_format("%s %s", deed, name);
    pthread_mutex_lock(&w->lock);
    krx_str_addf(&w->journal, "%s;", text);
    w->written = true;
    bool fails = krx_streq(w->fails, text);
    if (fails)
        w->fails = NULL;
    pthread_mutex_unlock(&w->lock);
    return fails ? krx_fail(d->call, w->with, "%s failed", text) : 0;
}

static thing *with_id(world *w, const char *id)
{
    for (size_t i = 0; i < MOST; i++)
        if (w->things[i].there && krx_streq(w->things[i].id, id))
            return &w->things[i];
    fail_msg("no %s", id);
    return NULL;
}

static void put(world *w, const char *id, const char *name, int replica, const char *hash)
{
    for (size_t i = 0; i < MOST; i++) {
        thing *t = &w->things[i];
        if (t->there)
            continue;
        *t = (thing){.there = true, .replica = replica, .hash = hash};
        (void)snprintf(t->id, sizeof t->id, "%s", id);
        (void)snprintf(t->name, sizeof t->name, "%s", name);
        return;
    }
    fail_msg("too many");
}

/* ------------------------------------------------------------------------------------- the deeds
 */

static int32_t find(krx_replica_deploy *d)
{
    world *w = of(d);
    w->group = (krx_replica_group){.name = "w", .namespace_ = "default", .containers = w->pointers};
    for (size_t i = 0; i < MOST && w->things[i].there; i++) {
        const thing *t = &w->things[i];
        w->replicas[i] = (krx_replica){.id = t->id,
                                       .name = t->name,
                                       .hash = t->hash,
                                       .image_id = "i1",
                                       .replica = t->replica,
                                       .phase = t->up ? KRX_REPLICA_RUNNING : KRX_REPLICA_EXITED};
        w->pointers[w->group.count++] = &w->replicas[i];
    }
    w->group.current = w->pointers[0];
    d->group = w->group.count ? &w->group : NULL;
    return 0;
}

static int32_t image(krx_replica_deploy *d)
{
    d->pull = of(d)->absent;
    d->image_id = d->pull ? NULL : "i1";
    return 0;
}

static int32_t volume_look(krx_replica_deploy *d, const krx_volume *volume, bool *exists)
{
    (void)d;
    *exists = krx_streq(volume->name, "old");
    return 0;
}

static int32_t compare(krx_replica_deploy *d, const krx_replica *replica, int *limits)
{
    (void)replica;
    *limits = d->spec->resources ? KRX_REPLICA_IN_PLACE : KRX_REPLICA_SAME;
    return 0;
}

static int32_t check(krx_replica_deploy *d)
{
    return krx_streq(of(d)->fails, "check") ? krx_fail(d->call, of(d)->with, "check failed") : 0;
}

static int32_t fetch(krx_replica_deploy *d)
{
    d->image_id = "i2";
    return note(d, "fetch", d->spec->image);
}

static int32_t volume_make(krx_replica_deploy *d, const krx_volume *volume)
{
    of(d)->volumes++;
    return note(d, "volume", volume->name);
}

/* What fails may have been made all the same. */
static int32_t make(krx_replica_deploy *d, const char *name, int64_t replica, const char **id)
{
    world *w = of(d);
    *id = krx_arena_printf(d->arena, "new%d", (int)replica);
    pthread_mutex_lock(&w->lock);
    put(w, *id, name, (int)replica, d->hash);
    with_id(w, *id)->ours_now = true;
    pthread_mutex_unlock(&w->lock);
    return note(d, "make", name);
}

static int32_t turn(krx_replica_deploy *d, const char *deed, const char *id, const char *name,
                    bool up)
{
    int32_t code = note(d, deed, name);
    pthread_mutex_lock(&of(d)->lock);
    if (!code)
        with_id(of(d), id)->up = up;
    pthread_mutex_unlock(&of(d)->lock);
    return code;
}

static int32_t start(krx_replica_deploy *d, const char *id, const char *name)
{
    return turn(d, "start", id, name, true);
}

static int32_t stop(krx_replica_deploy *d, const char *id, const char *name)
{
    return turn(d, "stop", id, name, false);
}

static int32_t unpause(krx_replica_deploy *d, const char *id, const char *name)
{
    return turn(d, "unpause", id, name, true);
}

static int32_t remove_(krx_replica_deploy *d, const char *id, const char *name)
{
    int32_t code = note(d, "remove", name);
    pthread_mutex_lock(&of(d)->lock);
    if (!code)
        with_id(of(d), id)->there = false;
    pthread_mutex_unlock(&of(d)->lock);
    return code;
}

static int32_t update(krx_replica_deploy *d, krx_replica_step *step)
{
    return note(d, "update", step->name);
}

static int32_t fate(krx_replica_deploy *d, const char *id, const char *name, krx_replica_fate *out)
{
    (void)id;
    (void)name;
    *out = of(d)->fate;
    return 0;
}

static int32_t take_name(krx_replica_deploy *d, const char *id, const char *from, const char *name)
{
    thing *t = with_id(of(d), id);
    assert_string_equal(t->name, from);
    for (size_t i = 0; i < MOST; i++)
        if (of(d)->things[i].there)
            assert_string_not_equal(of(d)->things[i].name, name);
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    return note(d, "name", name);
}

static int32_t record(krx_replica_deploy *d)
{
    return note(d, "record", "w");
}

static int32_t made(krx_replica_deploy *d, krx_ptrs *ids)
{
    for (size_t i = 0; i < MOST; i++) {
        const thing *t = &of(d)->things[i];
        if (t->there && t->ours_now)
            assert_int_equal(krx_ptrs_add(d->arena, ids, krx_arena_strdup(d->arena, t->id)), 0);
    }
    return 0;
}

static void forget_volumes(krx_replica_deploy *d)
{
    of(d)->volumes = 0;
}

static const krx_replica_deeds named = {.find = find,
                                        .image = image,
                                        .volume_look = volume_look,
                                        .compare = compare,
                                        .check = check,
                                        .fetch = fetch,
                                        .volume_make = volume_make,
                                        .make = make,
                                        .start = start,
                                        .stop = stop,
                                        .unpause = unpause,
                                        .remove = remove_,
                                        .update = update,
                                        .fate = fate,
                                        .take_name = take_name,
                                        .record = record,
                                        .made = made,
                                        .forget_volumes = forget_volumes,
                                        .kept_hint = "the old one was kept"};

/* ------------------------------------------------------------------------------------- the world
 */

static int32_t count_change(krx_sink *sink, uint32_t kind, const void *item)
{
    (void)item;
    assert_int_equal(kind, KRX_ITEM_CHANGE);
    ++*(size_t *)sink->ctx;
    return 0;
}

/* `there`: "w-1 w-2.next" run, made of an older spec; "=w-1" of this one. */
static void begin(world *w, const char *yaml, const char *there)
{
    krx_autofree char *text = krx_format("name: w\nimage: i\n%s\n", yaml);
    krx_autofree char *list = krx_format("%s", there);
    char *rest = list;
    memset(w, 0, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    krx_call_init(&w->call, &w->error);
    krx_diags_init(&w->diags);
    w->arena = krx_arena_new();
    w->fate = (krx_replica_fate){
        .phase = KRX_REPLICA_RUNNING, .restarts = KRX_UNSET, .exit_code = KRX_UNSET};
    if (krx_specs_parse(&w->call, "t", text, strlen(text), KRX_SPEC_NO_FILES, &w->specs, &w->diags))
        fail_msg("%s", w->diags.count ? w->diags.items[0].message : w->error.message);
    for (char *one; (one = strtok_r(rest, " ", &rest));) {
        bool same = *one == '=';
        int replica = atoi(one + same + 2);
        krx_autofree char *id = krx_format("old%d", replica);
        put(w, id, one + same, replica, same ? "h" : "older");
        with_id(w, id)->up = true;
    }
}

static void end(world *w)
{
    krx_specs_free(&w->specs);
    krx_diags_free(&w->diags);
    krx_str_free(&w->journal);
    krx_arena_free(w->arena);
    pthread_mutex_destroy(&w->lock);
}

static int32_t deploy_with(world *w, uint32_t flags, const krx_replica_deeds *deeds)
{
    krx_sink changes = {.struct_size = sizeof changes,
                        .kind = KRX_ITEM_CHANGE,
                        .emit = count_change,
                        .ctx = &w->news};
    krx_deploy_req req = {.struct_size = sizeof req, .flags = flags, .changes = &changes};
    krx_replica_deploy d = {.call = &w->call,
                            .arena = w->arena,
                            .req = &req,
                            .spec = w->specs.items[0]->workload,
                            .namespace_ = "default",
                            .hash = "h",
                            .deeds = deeds,
                            .own = w};
    return krx_replicas_deploy(&d);
}

static int by_name(const void *a, const void *b)
{
    const thing *x = a, *y = b;
    return strcmp(x->there ? x->name : "~", y->there ? y->name : "~");
}

/* "w-1:old1 w-2:new2!" by name, with a mark for what does not run. */
static const char *left(world *w)
{
    krx_auto_str krx_str text = {0};
    qsort(w->things, MOST, sizeof *w->things, by_name);
    for (size_t i = 0; i < MOST && w->things[i].there; i++)
        krx_str_addf(&text, "%s%s:%s%s", i ? " " : "", w->things[i].name, w->things[i].id,
                     w->things[i].up ? "" : "!");
    return krx_arena_strdup(w->arena, krx_str_get(&text));
}

#define PORT "ports: [{containerPort: 80, hostPort: 8080}]"
#define RECREATE "rolloutStrategy: {type: recreate}"

/* ------------------------------------------------------------------------------------- the order
 */

static void test_order(void **state)
{
    static const struct {
        const char *yaml, *there;
        uint32_t flags;
        const char *journal, *left;
    } rows[] = {
        {"replicas: 1", "", 0, "make w-1;start w-1;record w;", "w-1:new1"},
        {"replicas: 1", "", KRX_DEPLOY_NO_START, "make w-1;record w;", "w-1:new1!"},
        {"replicas: 1", "=w-1", 0, "record w;", "w-1:old1"},
        {"replicas: 1", "=w-1 =w-2", 0, "stop w-2;remove w-2;record w;", "w-1:old1"},
        {"replicas: 1\nresources: {memoryLimit: 1Mi}", "=w-1", 0, "update w-1;record w;",
         "w-1:old1"},
        {"replicas: 1", "w-1", 0, "make w-1.next;start w-1;stop w-1;remove w-1;name w-1;record w;",
         "w-1:new1"},
        {PORT, "w-1", 0, "make w-1.next;stop w-1;start w-1;remove w-1;name w-1;record w;",
         "w-1:new1"},
        {"replicas: 2\n" RECREATE, "w-1 w-2", 0,
         "make w-1.next;make w-2.next;stop w-1;stop w-2;start w-1;start w-2;"
         "remove w-1;name w-1;remove w-2;name w-2;record w;",
         "w-1:new1 w-2:new2"},
        /* a deploy was cut off before it gave the name */
        {"replicas: 1", "=w-1.next", 0, "name w-1;record w;", "w-1:old1"},
        {"replicas: 1", "w-1.next", 0,
         "name w-1;make w-1.next;start w-1;stop w-1;remove w-1;name w-1;record w;", "w-1:new1"},
        {"volumes: [{name: old, size: 1Mi}, {name: d, size: 1Mi}]", "", 0,
         "volume d;make w-1;start w-1;record w;", "w-1:new1"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        world w;
        begin(&w, rows[i].yaml, rows[i].there);
        if (deploy_with(&w, rows[i].flags, &named))
            fail_msg("row %zu: %s", i, w.error.message);
        assert_string_equal(krx_str_get(&w.journal), rows[i].journal);
        assert_string_equal(left(&w), rows[i].left);
        end(&w);
    }
}

/* Where an id of its own tells one from the other. */
static void test_same_names(void **state)
{
    krx_replica_deeds nameless = named;
    world w;
    (void)state;
    nameless.take_name = NULL;
    begin(&w, "replicas: 1", "w-1");
    assert_int_equal(deploy_with(&w, 0, &nameless), 0);
    assert_string_equal(krx_str_get(&w.journal),
                        "make w-1;start w-1;stop w-1;remove w-1;record w;");
    assert_string_equal(left(&w), "w-1:new1");
    end(&w);
}

/* The image that came is another one than those that run were made of. */
static void test_fetched(void **state)
{
    world w;
    (void)state;
    begin(&w, "replicas: 1", "=w-1");
    w.absent = true;
    assert_int_equal(deploy_with(&w, 0, &named), 0);
    assert_string_equal(krx_str_get(&w.journal),
                        "fetch i;make w-1.next;start w-1;stop w-1;remove w-1;name w-1;record w;");
    assert_int_equal(w.news, 2); /* the image, the container: told once it is known */
    end(&w);
}

static void test_nothing_written(void **state)
{
    world w;
    (void)state;
    begin(&w, "replicas: 3\nvolumes: [{name: d, size: 1Mi}]", "w-1");
    w.absent = true;
    assert_int_equal(deploy_with(&w, KRX_DEPLOY_DRY_RUN, &named), 0);
    assert_false(w.written);
    assert_int_equal(w.news, 5);
    w.fails = "check";
    w.with = KRX_E_ALREADY_EXISTS;
    assert_int_equal(deploy_with(&w, 0, &named), KRX_E_ALREADY_EXISTS);
    assert_false(w.written);
    assert_string_equal(left(&w), "w-1:old1");
    end(&w);
}

/* --------------------------------------------------------------------------------------- failing
 */

static void test_taken_back(void **state)
{
    static const struct {
        const char *yaml, *there, *fails;
        int32_t with;
        const char *left, *message;
    } rows[] = {
        {"replicas: 1", "", "start w-1", KRX_E_UNKNOWN, "", "start w-1 failed"},
        {"replicas: 4", "", "start w-3", KRX_E_UNKNOWN, "", "start w-3 failed"},
        /* made, but the answer never came */
        {"replicas: 1", "", "make w-1", KRX_E_UNAVAILABLE, "", "make w-1 failed"},
        {"replicas: 1", "w-1", "make w-1.next", KRX_E_UNAVAILABLE, "w-1:old1",
         "make w-1.next failed"},
        /* the old one never stopped */
        {"replicas: 1", "w-1", "start w-1", KRX_E_UNKNOWN, "w-1:old1", "start w-1 failed"},
        {"replicas: 1", "w-1", "stop w-1", KRX_E_UNKNOWN, "w-1:old1", "stop w-1 failed"},
        /* what was replaced before stays */
        {"replicas: 3", "w-1 w-2 w-3", "start w-2", KRX_E_UNKNOWN, "w-1:new1 w-2:old2 w-3:old3",
         "deploying 'w' (1 of 3 replicas were replaced before): start w-2 failed"},
        /* somebody else is at work: it is tried again, and the texts are for the last time */
        {"replicas: 2", "w-1 w-2", "start w-2", KRX_E_ABORTED, "w-1:new1 w-2:old2",
         "start w-2 failed"},
        {"replicas: 1", "w-1", "start w-1", KRX_E_CANCELLED, "w-1:old1",
         "deploying 'w' (0 of 1 replicas were replaced before): start w-1 failed"},
        {"replicas: 2", "=w-1", "record w", KRX_E_RESOURCE_EXHAUSTED, "w-1:old1",
         "record w failed"},
        /* by force what can't be stopped, but not when that was given up */
        {"replicas: 0", "=w-1", "stop w-1", KRX_E_UNKNOWN, "", NULL},
        {"replicas: 0", "=w-1", "stop w-1", KRX_E_CANCELLED, "w-1:old1",
         "deploying 'w' (0 of 0 replicas were replaced before): stop w-1 failed"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        world w;
        begin(&w, rows[i].yaml, rows[i].there);
        w.fails = rows[i].fails;
        w.with = rows[i].with;
        int32_t code = deploy_with(&w, 0, &named);
        if (code != (rows[i].message ? rows[i].with : 0))
            fail_msg("row %zu: %d %s", i, code, w.error.message);
        assert_string_equal(w.error.message, rows[i].message ? rows[i].message : "");
        assert_string_equal(left(&w), rows[i].left);
        end(&w);
    }
}

/* The new one can't start while the old one has the port: the old one is started again. */
static void test_started_again(void **state)
{
    static const struct {
        const char *yaml, *there, *journal, *left;
    } rows[] = {
        {PORT, "w-1",
         "make w-1.next;stop w-1;start w-1;"
         "remove new1;start w-1;",
         "w-1:old1"},
        {"replicas: 2\n" RECREATE, "w-1 w-2", NULL, "w-1:old1 w-2:old2"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        world w;
        begin(&w, rows[i].yaml, rows[i].there);
        w.fails = "start w-1";
        w.with = KRX_E_FAILED_PRECONDITION;
        assert_int_equal(deploy_with(&w, 0, &named), KRX_E_FAILED_PRECONDITION);
        if (rows[i].journal)
            assert_string_equal(krx_str_get(&w.journal), rows[i].journal);
        assert_string_equal(left(&w), rows[i].left);
        end(&w);
    }
}

static void test_volumes_taken_back(void **state)
{
    world w;
    (void)state;
    begin(&w, "replicas: 2\nvolumes: [{name: d, size: 1Mi, accessMode: ReadWriteMany}]", "");
    w.fails = "make w-1";
    w.with = KRX_E_UNKNOWN;
    assert_int_equal(deploy_with(&w, 0, &named), KRX_E_UNKNOWN);
    assert_int_equal(w.volumes, 0);
    end(&w);
    /* one that a container which stays lives on is kept */
    begin(&w, "replicas: 2\nvolumes: [{name: d, size: 1Mi, accessMode: ReadWriteMany}]", "w-1 w-2");
    w.fails = "make w-2.next";
    w.with = KRX_E_UNKNOWN;
    assert_int_equal(deploy_with(&w, 0, &named), KRX_E_UNKNOWN);
    assert_int_equal(w.volumes, 1);
    assert_string_equal(left(&w), "w-1:new1 w-2:old2");
    end(&w);
}

/* ------------------------------------------------------------------------------------------ fate
 */

static void test_fates(void **state)
{
    static const struct {
        krx_replica_fate fate;
        const char *message; /* NULL: it serves */
    } rows[] = {
        {{.phase = KRX_REPLICA_RUNNING, .restarts = 0, .exit_code = KRX_UNSET}, NULL},
        {{.phase = KRX_REPLICA_RUNNING, .exit_code = KRX_UNSET, .health = "healthy"}, NULL},
        {{.phase = KRX_REPLICA_EXITED, .restarts = KRX_UNSET, .exit_code = 0}, NULL},
        {{.phase = KRX_REPLICA_EXITED, .exit_code = 3, .error = "no luck"},
         "the new container w-1 ended with status 3 right after it was started: no luck"},
        {{.phase = KRX_REPLICA_RUNNING, .restarts = 1, .exit_code = KRX_UNSET, .error = ""},
         "the new container w-1 ended right after it was started"},
        {{.phase = KRX_REPLICA_RESTARTING, .restarts = 0, .exit_code = 0},
         "the new container w-1 ended right after it was started"},
        {{.phase = KRX_REPLICA_RUNNING, .exit_code = KRX_UNSET, .health = "unhealthy"},
         "the new container w-1 did not become healthy"},
        {{.phase = KRX_REPLICA_RUNNING, .exit_code = KRX_UNSET, .health = "starting"},
         "the new container w-1 did not become healthy"},
    };
    (void)state;
    for (size_t i = 0; i < KRX_COUNT(rows); i++) {
        world w;
        begin(&w, "replicas: 1", "w-1");
        w.fate = rows[i].fate;
        int32_t code = deploy_with(&w, 0, &named);
        assert_int_equal(code, rows[i].message ? KRX_E_FAILED_PRECONDITION : 0);
        assert_string_equal(w.error.message, rows[i].message ? rows[i].message : "");
        assert_string_equal(w.error.hint, rows[i].message ? "the old one was kept" : "");
        assert_string_equal(left(&w), rows[i].message ? "w-1:old1" : "w-1:new1");
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order),
                                       cmocka_unit_test(test_same_names),
                                       cmocka_unit_test(test_fetched),
                                       cmocka_unit_test(test_nothing_written),
                                       cmocka_unit_test(test_taken_back),
                                       cmocka_unit_test(test_started_again),
                                       cmocka_unit_test(test_volumes_taken_back),
                                       cmocka_unit_test(test_fates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
