/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conformance kit. A test runs in a process of its own with a freshly loaded module; the runner
 * watches it from outside. Each op goes through krx_kit_op(), which hands the module guarded memory
 * and holds the answer against the rules that every op has in common.
 */
#ifndef KRX_CONFORMANCE_KIT_H
#define KRX_CONFORMANCE_KIT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <kranix/module.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/model/model.h"

/* ------------------------------------------------------------------------------------- options */

#define KRX_KIT_JOBS_MAX 64

typedef struct krx_kit_options {
    const char *module;
    const char *image; /* NULL: none given, a placeholder is deployed */
    const char *only;  /* fnmatch pattern of tests, or a part of their names */
    const char *namespace_;
    const char *const *settings; /* K=V, NULL-terminated */
    const char *blackhole;       /* K=URL or K=VALUE@URL, or NULL; URL: unix://PATH, tcp://... */
    bool no_server;              /* there is nothing that could fail to answer */
    const char *node;            /* may be cordoned and drained; or NULL */
    int64_t wait_ns;             /* how long a workload may take to get where it should */
    int64_t timeout_ns;          /* for one test */
    int64_t prompt_ns;           /* what counts as prompt */
    size_t jobs;                 /* tests at once, 1 to KRX_KIT_JOBS_MAX */
    bool list;
} krx_kit_options;

/* ----------------------------------------------------------------------------------------- ops */

/* X(group, op, request type, item kind, flags) */
#define KRX_KIT_OPS(X)                                                                             \
    X(driver, deploy, krx_deploy_req, STATUS, KRX_KIT_TARGET)                                      \
    X(driver, destroy, krx_destroy_req, NONE, KRX_KIT_TARGET)                                      \
    X(driver, restart, krx_restart_req, NONE, KRX_KIT_TARGET)                                      \
    X(driver, get_status, krx_status_req, STATUS, KRX_KIT_TARGET)                                  \
    X(driver, list_workloads, krx_list_req, STATUS, 0)                                             \
    X(driver, stream_logs, krx_logs_req, LOG, KRX_KIT_TARGET)                                      \
    X(driver, ping, krx_ping_req, LATENCY, 0)                                                      \
    X(driver, backend, krx_backend_req, BACKEND, KRX_KIT_OFFLINE)                                  \
    X(node, list_backend_health, krx_node_req, BACKEND_HEALTH, KRX_KIT_OFFLINE)                    \
    X(node, list_node_health, krx_node_req, NODE, 0)                                               \
    X(node, cordon, krx_node_req, NONE, KRX_KIT_TARGET)                                            \
    X(node, drain_node, krx_drain_req, DRAIN, KRX_KIT_TARGET)                                      \
    X(node, uncordon, krx_node_req, NONE, KRX_KIT_TARGET)                                          \
    X(extended, checkpoint, krx_checkpoint_req, CHECKPOINT, KRX_KIT_TARGET)                        \
    X(extended, restore, krx_checkpoint_req, CHECKPOINT, KRX_KIT_TARGET)                           \
    X(extended, list_checkpoints, krx_checkpoint_req, CHECKPOINT, KRX_KIT_TARGET)                  \
    X(extended, provision_volumes, krx_volumes_req, VOLUME, KRX_KIT_TARGET)                        \
    X(extended, cleanup_volumes, krx_volumes_req, VOLUME, KRX_KIT_TARGET)                          \
    X(extended, set_bandwidth, krx_bandwidth_req, NONE, KRX_KIT_TARGET)                            \
    X(extended, list_revisions, krx_revision_req, REVISION, KRX_KIT_TARGET)                        \
    X(extended, rollback, krx_revision_req, REVISION, KRX_KIT_TARGET)                              \
    X(extended, setup, krx_setup_req, CHANGE, KRX_KIT_GLOBAL)                                      \
    X(extended, list_volumes, krx_volumes_req, VOLUME, 0)                                          \
    X(container, list, krx_list_req, INSTANCE, 0)                                                  \
    X(container, start, krx_container_req, NONE, KRX_KIT_TARGET)                                   \
    X(container, stop, krx_container_req, NONE, KRX_KIT_TARGET)                                    \
    X(container, pause, krx_container_req, NONE, KRX_KIT_TARGET)                                   \
    X(container, unpause, krx_container_req, NONE, KRX_KIT_TARGET)                                 \
    X(container, kill, krx_container_req, NONE, KRX_KIT_TARGET)                                    \
    X(container, exec, krx_exec_req, EXEC, KRX_KIT_TARGET)                                         \
    X(container, attach, krx_exec_req, EXEC, KRX_KIT_TARGET)                                       \
    X(container, stats, krx_stats_req, STATS, 0)                                                   \
    X(container, inspect, krx_container_req, INSTANCE, KRX_KIT_TARGET)                             \
    X(container, export_manifest, krx_manifest_req, TEXT, KRX_KIT_TARGET)                          \
    X(container, events, krx_events_req, EVENT, 0)                                                 \
    X(container, forward, krx_forward_req, NONE, KRX_KIT_TARGET)                                   \
    X(image, list, krx_image_req, IMAGE, 0)                                                        \
    X(image, pull, krx_image_req, IMAGE, KRX_KIT_TARGET)                                           \
    X(image, tag, krx_image_req, NONE, KRX_KIT_TARGET)                                             \
    X(image, push, krx_image_req, NONE, KRX_KIT_TARGET)                                            \
    X(image, remove, krx_image_req, IMAGE, KRX_KIT_TARGET)                                         \
    X(image, prune, krx_image_req, IMAGE, KRX_KIT_GLOBAL)                                          \
    X(image, import, krx_image_req, IMAGE, KRX_KIT_TARGET)                                         \
    X(image, inspect, krx_image_req, TEXT, KRX_KIT_TARGET)

enum {
    KRX_KIT_TARGET = 1,  /* acts on something that has a name */
    KRX_KIT_OFFLINE = 2, /* may answer although the backend does not */
    KRX_KIT_GLOBAL = 4   /* acts on what is not ours: never really run */
};

#define KRX_KIT_OP_ENUM_(group, op, req, kind, flags) KRX_OP_##group##_##op,
enum { KRX_KIT_OPS(KRX_KIT_OP_ENUM_) KRX_OP_COUNT };
#undef KRX_KIT_OP_ENUM_

typedef struct krx_kit_op_info {
    const char *name; /* group.op */
    uint32_t kind;
    uint32_t flags;
} krx_kit_op_info;
extern const krx_kit_op_info krx_kit_ops[KRX_OP_COUNT];

/* The module's tables, cut or filled up to what this kit was built with. */
typedef struct krx_kit_tables {
    krx_driver_ops driver;
    krx_node_ops node;
    krx_extended_ops extended;
    krx_container_ops container;
    krx_image_ops image;
} krx_kit_tables;

bool krx_kit_offers(const krx_kit_tables *tables, int op);

/* What is asked of an op: each takes the members that it knows. */
typedef struct krx_kit_ask {
    const krx_workload *spec;
    const char *workload; /* namespace is the kit's unless given */
    const char *namespace_;
    const char *instance;
    int64_t replica;
    uint32_t flags; /* deploy, checkpoint */
    bool all, unmanaged, with_instances, any_namespace;
    bool follow, timestamps, previous;
    uint32_t streams;
    int64_t tail;  /* 0: all */
    int64_t since; /* 0: from the start */
    int64_t until;
    bool remove_volumes, force;
    const krx_kv *const *selector;
    const char *const *argv;
    const krx_kv *const *env;
    const char *working_dir;
    int fds[3]; /* 0: none */
    bool tty;
    const char *signal;
    const char *node;
    const char *image, *target, *file;
    const char *id;
    int64_t grace; /* 0: the workload's own */
    int64_t egress;
    int64_t port;
    int64_t revision; /* 0: the one before the present */
    /* how it is called */
    int64_t deadline_in; /* 0: none; negative: passed already */
    int64_t cancel_in;   /* 0: never; negative: cancelled already */
    size_t stop_after;   /* the sink says stop at this item; 0: never */
    bool stop_changes;   /* the sink that stops is that of changes */
} krx_kit_ask;

#define KRX_KIT_STOP 4711

/* What an op gave. Copies in an arena of their own. */
typedef struct krx_kit_got {
    krx_arena *arena;
    krx_ptrs items;
    krx_ptrs changes;
    krx_ptrs capabilities;
    size_t progress;
    krx_str out; /* log bytes of standard output */
    krx_str err;
    krx_error error;
    int32_t code;
    int64_t took;
} krx_kit_got;

void krx_kit_got_free(krx_kit_got *got);
#define krx_auto_got KRX_CLEANUP(krx_kit_got_free)

/* ------------------------------------------------------------------------------ test processes */

#define KRX_KIT_NAMES 64
#define KRX_KIT_NAME_MAX 128

/* Seen by the runner too, and left when the test crashes. */
typedef struct krx_kit_shared {
    char op[64];              /* running now, "" for none */
    _Atomic int64_t must_end; /* monotonic; when the op should be back at the latest */
    char skip[256];
    char deployed[KRX_KIT_NAMES][KRX_KIT_NAME_MAX];
    atomic_int failures;
    bool offered[KRX_OP_COUNT];
    uint32_t thread_model;
    bool probed;
    char before[65536]; /* names of all workloads when the kit came, one in a line */
} krx_kit_shared;

typedef struct krx_kit {
    const krx_kit_options *options;
    krx_kit_shared *shared;
    krx_arena *arena;
    void *handle;
    krx_note note;
    const krx_module *module;
    krx_kit_tables tables;
    krx_host host;
    atomic_size_t logged;
    bool loaded;
    void *backend; /* of the kit's settings */
    int blackhole_fd;
    size_t fds;
    size_t threads;
    int names;
} krx_kit;

typedef struct krx_kit_test {
    const char *name;
    void (*run)(krx_kit *kit, int arg);
    int op;    /* planned only when this is offered; -1: always */
    int op2;   /* and this; 0 or -1: nothing more */
    int flags; /* KRX_KIT_CLOSED: not opened for it; KRX_KIT_EACH: once for every offered op */
} krx_kit_test;

enum {
    KRX_KIT_CLOSED = 1,
    KRX_KIT_EACH = 2,
    KRX_KIT_RAW = 4,   /* not even loaded */
    KRX_KIT_NODE = 16, /* needs --node, not planned without */
    KRX_KIT_HOLE = 8,  /* needs a black hole: one line that says so when there is none */
    KRX_KIT_ALONE = 32 /* others would disturb it, or it them */
};

extern const krx_kit_test krx_kit_module_tests[], krx_kit_driver_tests[], krx_kit_log_tests[],
    krx_kit_container_tests[], krx_kit_image_tests[], krx_kit_node_tests[],
    krx_kit_extended_tests[], krx_kit_manifest_tests[], krx_kit_capability_tests[],
    krx_kit_spec_tests[], krx_kit_wait_tests[], krx_kit_thread_tests[], krx_kit_last_tests[];

/* runner.c */
int krx_kit_run(const krx_kit_options *options);

/* A failure is written down and the test goes on. */
KRX_PRINTF(2, 3) void krx_kit_fail(krx_kit *kit, const char *format, ...);
/* Ends the test. */
_Noreturn void krx_kit_end(krx_kit *kit);
KRX_PRINTF(2, 3) _Noreturn void krx_kit_skip(krx_kit *kit, const char *format, ...);

#define CHECK(kit, condition, ...) ((condition) ? true : (krx_kit_fail((kit), __VA_ARGS__), false))
#define REQUIRE(kit, condition, ...)                                                               \
    do {                                                                                           \
        if (!CHECK(kit, condition, __VA_ARGS__))                                                   \
            krx_kit_end(kit);                                                                      \
    } while (0)

/* module.c: each ends the test when it fails */
bool krx_kit_read_note(const char *path, krx_note *note, const char **why);
void krx_kit_map(krx_kit *kit);
void krx_kit_load(krx_kit *kit);
void krx_kit_unload(krx_kit *kit);
/* With the kit's settings; `extra` is one more K=V or NULL. */
int32_t krx_kit_open(krx_kit *kit, const char *extra, void **backend, krx_error *error);
size_t krx_kit_count_fds(void);
size_t krx_kit_count_threads(void);
void krx_kit_show_fds(krx_kit *kit);

/* host.c */
void krx_kit_host_init(krx_kit *kit);

/* guard.c: memory that is read-only during the call and gone after it */
typedef struct krx_box {
    char *base;
    size_t size, used;
} krx_box;
bool krx_box_init(krx_box *box, size_t size);
void *krx_box_take(krx_box *box, size_t size);
char *krx_box_str(krx_box *box, const char *text);
const char *const *krx_box_strs(krx_box *box, const char *const *list);
const krx_kv *const *krx_box_kvs(krx_box *box, const krx_kv *const *list);
const void *krx_box_object(krx_box *box, const krx_struct_info *type, const void *object);
void krx_box_seal(krx_box *box);
void krx_box_drop(krx_box *box); /* every later access is a crash */

/* items.c */
const char *krx_kit_item_wrong(krx_kit *kit, uint32_t kind, const void *item);
void *krx_kit_item_copy(krx_arena *arena, uint32_t kind, const void *item);

/* requests.c: NULL when out of memory */
const void *krx_kit_request(krx_kit *kit, krx_box *box, int op, const krx_kit_ask *ask,
                            krx_sink *second);

/* ops.c */
int32_t krx_kit_op_on(krx_kit *kit, void *backend, int op, const krx_kit_ask *ask,
                      krx_kit_got *got);
int32_t krx_kit_op(krx_kit *kit, int op, const krx_kit_ask *ask, krx_kit_got *got);
#define OP(group, name) KRX_OP_##group##_##name
/* Calls and fails the test, naming op, code and message, unless it answers `want`. */
void krx_kit_expect(krx_kit *kit, int op, int32_t want, const krx_kit_ask *ask, krx_kit_got *got);

/* specs.c */
const char *krx_kit_name(krx_kit *kit); /* a fresh one */
/* A spec that runs until it is asked to end, with defaults and a fresh name. */
krx_workload *krx_kit_spec(krx_kit *kit);
void krx_kit_spec_script(krx_kit *kit, krx_workload *spec, const char *script);
/* Sets one path of the table, with all that its parents require; false when it is not generated. */
bool krx_kit_spec_set(krx_kit *kit, krx_workload *spec, const char *path, const char *value);
/* Fields that only some machines can honour are tried on a dry run only. */
bool krx_kit_spec_dry_only(const char *path);
const char *krx_kit_spec_invalid(krx_kit *kit, const krx_workload *spec);

/* steps.c: what many tests do */
krx_workload *krx_kit_deployed(krx_kit *kit, const char *script); /* deployed and Running */
const krx_status *krx_kit_status(krx_kit *kit, const krx_workload *spec, krx_kit_got *got);
size_t krx_kit_instances(const krx_status *status);
/* Waits until it is Running with as many instances as it should have, all ready. */
const krx_status *krx_kit_settled(krx_kit *kit, const krx_workload *spec, krx_kit_got *got);
bool krx_kit_started_again(const krx_instance *was, const krx_status *now);
/* Waits until its one instance is another, or the same one started again. */
bool krx_kit_runs_anew(krx_kit *kit, const krx_workload *spec, const krx_instance *was);
void krx_kit_wait_state(krx_kit *kit, const krx_workload *spec, const char *state);
void krx_kit_wait_log(krx_kit *kit, const krx_workload *spec, const char *text);
void krx_kit_destroy(krx_kit *kit, const krx_workload *spec);
size_t krx_kit_count_listed(krx_kit *kit, const krx_kit_ask *ask, const char *name);
void krx_kit_pause_ms(int64_t ms);
/* Level in the capability report; 0 when it has no such item. */
uint32_t krx_kit_level(krx_kit *kit, const char *name);
/* What is below native may come about in another way, which tests then allow for. */
bool krx_kit_native(krx_kit *kit, const char *name);

#endif
