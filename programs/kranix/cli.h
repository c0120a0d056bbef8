/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the command line share: one invocation, its errors and its calls. */
#ifndef KRX_CLI_H
#define KRX_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kranix.h"
#include "lib/base/arena.h"
#include "lib/model/model.h"
#include "programs/kranix/options.h"

/* The exit statuses that scripts rely on. */
enum {
    KRX_EXIT_OK = 0,
    KRX_EXIT_FAILED = 1,
    KRX_EXIT_USAGE = 2,
    KRX_EXIT_NOT_FOUND = 3,
    KRX_EXIT_UNAVAILABLE = 4,
    KRX_EXIT_DEADLINE = 5,
    KRX_EXIT_REFUSED = 6,
    KRX_EXIT_UNSUPPORTED = 7,
    KRX_EXIT_CHANGED = 10,
    KRX_EXIT_INTERRUPTED = 130
};

enum { KRX_FORMAT_TABLE = 0, KRX_FORMAT_WIDE, KRX_FORMAT_JSON, KRX_FORMAT_YAML, KRX_FORMAT_NAME };

struct krx_cli {
    krx_cli_options options;
    int format;
    bool quiet;
    bool tty_out;
    bool tty_err;
    bool color_out;
    bool color_err;
    int cancel_fd;
    krx_runtime *runtime;
};

/* The runtime, made at the first use; NULL after an error was printed and *status set. */
krx_runtime *krx_cli_runtime(krx_cli *cli, int *status);

/* ------------------------------------------------------------------------------------ errors */

int krx_cli_exit_status(int32_t code);
/* Prints an error in the form that -o asks for; answers its exit status. */
int krx_cli_error(krx_cli *cli, const krx_error *error);
/* As above, about one object of several. */
int krx_cli_error_on(krx_cli *cli, const char *object, const krx_error *error);
/* A mistake in the arguments: exit status 2. hint may be NULL. */
KRX_PRINTF(3, 4) int krx_cli_usage(krx_cli *cli, const char *hint, const char *format, ...);
/* Every complaint of a list, then exit status 2. */
int krx_cli_diags(krx_cli *cli, const krx_diags *diags);
KRX_PRINTF(3, 4)
void krx_cli_note(krx_cli *cli, const char *kind, const char *format, ...);
int krx_cli_no_memory(krx_cli *cli);

/* ------------------------------------------------------------------------------------- calls */

typedef struct krx_cli_call {
    krx_call call;
    krx_error error;
} krx_cli_call;

#define KRX_CLI_UNARY_NS (INT64_C(60) * 1000000000)
#define KRX_CLI_FOREVER INT64_C(-1)

/* A call with --timeout, else with default_ns (KRX_CLI_FOREVER: none). */
void krx_cli_call_init(krx_cli *cli, krx_cli_call *call, int64_t default_ns);

/*
 * One op's memory: request and results. It outlives the caller when a module overstays, so that
 * everything a request points to must be taken from its arena (or be its spec).
 */
typedef struct krx_cli_op {
    int refs;
    krx_arena *arena;
    krx_spec *spec;
} krx_cli_op;

krx_cli_op *krx_cli_op_new(void);
void krx_cli_op_unref(krx_cli_op *op);
KRX_DEFINE_CLEANUP(cli_op, krx_cli_op, krx_cli_op_unref)
#define krx_auto_cli_op KRX_CLEANUP(krx_cleanup_cli_op_)

int32_t krx_cli_invoke(krx_call *call, krx_backend *backend, uint32_t op, const void *req,
                       krx_sink *out, krx_cli_op *memory);

/* The ref of a workload in the namespace ns, NULL: the one asked for; strings are copied. */
krx_ref krx_cli_ref(krx_cli *cli, krx_cli_op *op, const char *name, const char *ns);
const char *krx_cli_namespace(const krx_cli *cli);
/* Nobody said -n, so that a backend may know a better one. */
bool krx_cli_namespace_implied(const krx_cli *cli);
/* The namespace that a spec names, NULL: it has none of its own. */
const char *krx_cli_spec_namespace(const krx_spec *spec);
/* The backend of --backend, else of `name`, else the configured one. */
int32_t krx_cli_backend(krx_cli *cli, krx_call *call, const char *name, krx_backend **out);

/* Collects STATUS or INSTANCE items as copies in an arena. */
typedef struct krx_cli_items {
    krx_sink sink;
    krx_arena *arena;
    krx_ptrs list;
} krx_cli_items;

void krx_cli_items_init(krx_cli_items *items, krx_arena *arena, uint32_t kind);

/* Status of one workload, copied into op's arena. */
int32_t krx_cli_get_status(krx_cli *cli, krx_call *call, krx_backend *backend, krx_cli_op *op,
                           const char *name, const char *ns, krx_status **out);

/* ------------------------------------------------------------------------------------- verbs */

int krx_cli_deploy(krx_cli *cli);
int krx_cli_destroy(krx_cli *cli);
int krx_cli_lifecycle(krx_cli *cli); /* restart start stop pause unpause kill */
int krx_cli_status(krx_cli *cli);
int krx_cli_list(krx_cli *cli);
int krx_cli_logs(krx_cli *cli);
int krx_cli_exec(krx_cli *cli); /* and attach */
int krx_cli_stats(krx_cli *cli);
int krx_cli_inspect(krx_cli *cli);
int krx_cli_images(krx_cli *cli);
int krx_cli_manifest(krx_cli *cli);
int krx_cli_history(krx_cli *cli);
int krx_cli_rollback(krx_cli *cli);
int krx_cli_checkpoint(krx_cli *cli); /* and restore */
int krx_cli_checkpoints(krx_cli *cli);
int krx_cli_volumes(krx_cli *cli); /* list create remove */
int krx_cli_port_forward(krx_cli *cli);
int krx_cli_events(krx_cli *cli);
int krx_cli_nodes_list(krx_cli *cli);
int krx_cli_nodes_mark(krx_cli *cli); /* cordon uncordon */
int krx_cli_nodes_drain(krx_cli *cli);
int krx_cli_health(krx_cli *cli);
int krx_cli_backends_setup(krx_cli *cli);
int krx_cli_backends_list(krx_cli *cli);
int krx_cli_backends_show(krx_cli *cli);
int krx_cli_plugins_list(krx_cli *cli);
int krx_cli_plugins_show(krx_cli *cli);
int krx_cli_plugins_change(krx_cli *cli); /* check enable disable verify pin */
int krx_cli_config_show(krx_cli *cli);
int krx_cli_config_check(krx_cli *cli);
int krx_cli_completion(krx_cli *cli);
int krx_cli_version(krx_cli *cli);
int krx_cli_help(krx_cli *cli);

#endif
