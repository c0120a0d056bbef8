/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libkranix: the host. Loads backend modules that the administrator allowed and dispatches ops.
 *
 * Every function takes a call for its errors and deadline (<kranix/call.h>); krx_host_call_init()
 * makes one. A runtime may be used by many threads at once. Strings in results live as long as the
 * runtime unless said otherwise.
 */
#ifndef KRANIX_LIBKRANIX_H
#define KRANIX_LIBKRANIX_H

#include <kranix/module.h>

KRX_BEGIN_DECLS

typedef struct krx_runtime krx_runtime;
typedef struct krx_backend krx_backend;

/* ------------------------------------------------------------------------------------- places */

/* Where things are. Fixed when the program was configured; never from the environment. */
typedef struct krx_paths {
    const char *module_dir;
    const char *vendor_allow_dir;
    const char *admin_allow_dir;
    const char *config_file;
    const char *config_dir;
    const char *libexec_dir;
    const char *state_dir; /* for root; others use $XDG_STATE_HOME/kranix */
} krx_paths;

KRX_PUBLIC const krx_paths *krx_paths_get(void);
KRX_PUBLIC const char *krx_version(void);

/* ------------------------------------------------------------------------------------ runtime */

enum { KRX_LOG_FORMAT_TEXT = 0, KRX_LOG_FORMAT_JSON = 1 };

typedef struct krx_runtime_options {
    uint32_t struct_size;
    int32_t log_level;   /* KRX_LOG_*; 0: warnings */
    uint32_t log_format; /* KRX_LOG_FORMAT_*; to standard error */
    uint32_t reserved_;
    const char
        *config_file; /* the user's own, in place of the system's; NULL: KRANIX_CONFIG or none */
    const char *state_dir; /* NULL: the default */
} krx_runtime_options;

/* Reads the configuration; loads no module and opens no state. */
KRX_PUBLIC int32_t krx_runtime_new(krx_call *call, const krx_runtime_options *options,
                                   krx_runtime **out);
/* Closes backends and unloads modules. Calls still running are cancelled and waited for briefly. */
KRX_PUBLIC void krx_runtime_free(krx_runtime *runtime);

/* Prepares a call: error slot, optional deadline from now (negative: none) and cancel fd (-1). */
KRX_PUBLIC void krx_host_call_init(krx_runtime *runtime, krx_call *call, krx_error *error,
                                   int64_t timeout_ns, int32_t cancel_fd);

/* ------------------------------------------------------------------------------ configuration */

/* One key as it is in force. value is "********" for a secret. */
typedef struct krx_config_item {
    uint32_t struct_size;
    uint32_t secret;
    const char *key;   /* "docker.host" */
    const char *value; /* as it would be written; "" when there is none */
    const char *type;  /* string, int, bool, duration, size, list */
    const char *help;
    const char *origin; /* "default", or "file:line" */
} krx_config_item;

KRX_PUBLIC int32_t krx_config_each(krx_runtime *runtime,
                                   int32_t (*item)(void *ctx, const krx_config_item *item),
                                   void *ctx);
/* Value in force, or NULL for a key that does not exist. */
KRX_PUBLIC const char *krx_config_value(krx_runtime *runtime, const char *key);
/* Checks files without using them; complaints go to `report` one line each. */
KRX_PUBLIC int32_t krx_config_check(krx_call *call, const char *file,
                                    void (*report)(void *ctx, const char *line), void *ctx);

/* ------------------------------------------------------------------------------------ plugins */

/* A module as the allow-list and its file tell; filled without executing any of its code. */
typedef struct krx_plugin_info {
    uint32_t struct_size;
    int32_t enabled;
    int32_t builtin; /* linked into the program */
    int32_t critical;
    const char *name;
    const char *version;     /* from the note; NULL when it can't be read */
    const char *description; /* of the allow file */
    const char *state; /* ready, loaded, disabled, not-installed, not-allowed, refused, failed */
    const char *path;  /* of the module */
    const char *allow_file; /* the file that decided, or NULL */
    const char *sha256;     /* of the module file */
    const char *pinned;     /* sha256 demanded by the allow file, or NULL */
    const char *abi;        /* "1.0" from the note, or NULL */
    const char *isolation;  /* none, process */
    const char *message;    /* why it is not ready and what to do, or NULL */
    int32_t error_code;     /* 0, or why it is refused */
    int32_t reserved_;
} krx_plugin_info;

/* Every allow file and every module file found, sorted by name. */
KRX_PUBLIC int32_t krx_plugins_each(krx_call *call, krx_runtime *runtime,
                                    int32_t (*plugin)(void *ctx, const krx_plugin_info *info),
                                    void *ctx);
/* One by name, with the digest computed. KRX_E_NOT_FOUND. */
KRX_PUBLIC int32_t krx_plugin_show(krx_call *call, krx_runtime *runtime, const char *name,
                                   int32_t (*plugin)(void *ctx, const krx_plugin_info *info),
                                   void *ctx);
/* All checks up to, not including, running code: 0, or why it is refused. */
KRX_PUBLIC int32_t krx_plugin_check(krx_call *call, krx_runtime *runtime, const char *name);
/* Writes the administrator's allow file; needs the right to. The rest of the file is kept. */
KRX_PUBLIC int32_t krx_plugin_enable(krx_call *call, krx_runtime *runtime, const char *name,
                                     int32_t enabled);
/* Writes the module's present digest into the allow file. */
KRX_PUBLIC int32_t krx_plugin_pin(krx_call *call, krx_runtime *runtime, const char *name);

/* ----------------------------------------------------------------------------------- backends */

/*
 * The backend of that name, loaded and opened at the first use and then kept. name NULL or "auto":
 * runtime.default_backend; that being auto: the first of docker, podman, oci that answers.
 */
KRX_PUBLIC int32_t krx_runtime_backend(krx_call *call, krx_runtime *runtime, const char *name,
                                       krx_backend **out);
KRX_PUBLIC const char *krx_backend_name(const krx_backend *backend);
/* The descriptor as the host sees it (a checked copy). */
KRX_PUBLIC const krx_module *krx_backend_module(const krx_backend *backend);
/*
 * 0 to 100 from a latency and a share of failed requests (0 to 1): 100, less 4, 8, 15, 25 or 40
 * above 100 ms, 200 ms, 500 ms, 1 s and 2 s, less 100 times the share, less 20 above one half.
 */
KRX_PUBLIC int64_t krx_health_score(int64_t latency_ns, double error_rate);
/* Names of the modules that are allowed and installed, NULL-terminated. */
KRX_PUBLIC int32_t krx_runtime_backend_names(krx_call *call, krx_runtime *runtime,
                                             const char *const **names);

/*
 * Every op once: X(group, op, request, item kind). The value of KRX_OP_<group>_<op> is its place
 * in this list, which is only appended to.
 */
#define KRX_OP_TABLE(X)                                                                            \
    X(driver, deploy, krx_deploy_req, STATUS)                                                      \
    X(driver, destroy, krx_destroy_req, NONE)                                                      \
    X(driver, restart, krx_restart_req, NONE)                                                      \
    X(driver, get_status, krx_status_req, STATUS)                                                  \
    X(driver, list_workloads, krx_list_req, STATUS)                                                \
    X(driver, stream_logs, krx_logs_req, LOG)                                                      \
    X(driver, ping, krx_ping_req, LATENCY)                                                         \
    X(driver, backend, krx_backend_req, BACKEND)                                                   \
    X(node, list_backend_health, krx_node_req, BACKEND_HEALTH)                                     \
    X(node, list_node_health, krx_node_req, NODE)                                                  \
    X(node, cordon, krx_node_req, NONE)                                                            \
    X(node, drain_node, krx_drain_req, DRAIN)                                                      \
    X(node, uncordon, krx_node_req, NONE)                                                          \
    X(extended, checkpoint, krx_checkpoint_req, CHECKPOINT)                                        \
    X(extended, restore, krx_checkpoint_req, CHECKPOINT)                                           \
    X(extended, list_checkpoints, krx_checkpoint_req, CHECKPOINT)                                  \
    X(extended, provision_volumes, krx_volumes_req, VOLUME)                                        \
    X(extended, cleanup_volumes, krx_volumes_req, VOLUME)                                          \
    X(extended, set_bandwidth, krx_bandwidth_req, NONE)                                            \
    X(extended, list_revisions, krx_revision_req, REVISION)                                        \
    X(extended, rollback, krx_revision_req, REVISION)                                              \
    X(extended, setup, krx_setup_req, CHANGE)                                                      \
    X(extended, list_volumes, krx_volumes_req, VOLUME)                                             \
    X(container, list, krx_list_req, INSTANCE)                                                     \
    X(container, start, krx_container_req, NONE)                                                   \
    X(container, stop, krx_container_req, NONE)                                                    \
    X(container, pause, krx_container_req, NONE)                                                   \
    X(container, unpause, krx_container_req, NONE)                                                 \
    X(container, kill, krx_container_req, NONE)                                                    \
    X(container, exec, krx_exec_req, EXEC)                                                         \
    X(container, attach, krx_exec_req, EXEC)                                                       \
    X(container, stats, krx_stats_req, STATS)                                                      \
    X(container, inspect, krx_container_req, INSTANCE)                                             \
    X(container, export_manifest, krx_manifest_req, TEXT)                                          \
    X(container, events, krx_events_req, EVENT)                                                    \
    X(container, forward, krx_forward_req, NONE)                                                   \
    X(image, list, krx_image_req, IMAGE)                                                           \
    X(image, pull, krx_image_req, IMAGE)                                                           \
    X(image, tag, krx_image_req, NONE)                                                             \
    X(image, push, krx_image_req, NONE)                                                            \
    X(image, remove, krx_image_req, IMAGE)                                                         \
    X(image, prune, krx_image_req, IMAGE)                                                          \
    X(image, import, krx_image_req, IMAGE)                                                         \
    X(image, inspect, krx_image_req, TEXT)

#define KRX_OP_ENUM_(group, op, req, item) KRX_OP_##group##_##op,
enum { KRX_OP_TABLE(KRX_OP_ENUM_) KRX_OP_COUNT_ };
#undef KRX_OP_ENUM_

/* "driver.deploy" */
KRX_PUBLIC const char *krx_op_name(uint32_t op);

typedef struct krx_invoke_options {
    uint32_t struct_size;
    uint32_t reserved_;
    /*
     * When the module overstays its deadline, the host answers and lets its thread finish alone;
     * `req` and all it points to must live until then. release is called exactly once, when they
     * are not needed any more, from any thread. NULL: the caller keeps them for ever.
     */
    void (*release)(void *ctx);
    void *release_ctx;
} krx_invoke_options;

/*
 * Runs one op. Items reach `out` one at a time, from a thread of the host while the caller waits;
 * after the return nothing is emitted.
 * Limits: the call's deadline and cancel fd, the allow file's `timeout` when it is shorter (not for
 * streams). Never blocks longer than that plus a short grace.
 */
KRX_PUBLIC int32_t krx_invoke(krx_call *call, krx_backend *backend, uint32_t op, const void *req,
                              krx_sink *out, const krx_invoke_options *options);

/* ------------------------------------------------------------------------------------- store */

/* Small durable values under the state directory; safe against kill -9. Opened at the first use. */
KRX_PUBLIC int32_t krx_store_get(krx_call *call, krx_runtime *runtime, const char *space,
                                 const char *key, krx_sink *text);
KRX_PUBLIC int32_t krx_store_put(krx_call *call, krx_runtime *runtime, const char *space,
                                 const char *key, const char *value);

KRX_END_DECLS
#endif
