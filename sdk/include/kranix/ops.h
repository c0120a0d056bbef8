/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: the five tables of operations.
 *
 * Every op has the same form:
 *
 *     int32_t op(krx_call *call, void *backend, const krx_<op>_req *req, krx_sink *out);
 *
 *   call     deadline, cancel, error slot, progress; see <kranix/call.h>
 *   backend  what open() made
 *   req      borrowed, its pointers too; never NULL
 *   out      takes the item kind named at the op; never NULL where one is named
 *   returns  0, or KRX_E_* with the slot filled by krx_fail(). An op that ends with an error may
 *            have emitted items before: they count.
 *
 * Threads: with KRX_THREADS_PARALLEL ops run at the same time, also on one backend; the host
 * serialises them for the other models. Blocking: only in host->wait(), or in something that ends
 * by itself well before the deadline. A module that overstays is abandoned: the host answers the
 * caller, the thread may still finish, and what it then emits goes nowhere.
 *
 * A slot may be NULL: the host then answers KRX_E_UNSUPPORTED. All slots of `driver` are required.
 */
#ifndef KRANIX_OPS_H
#define KRANIX_OPS_H

#include <kranix/abi.h>
#include <kranix/call.h>
#include <kranix/results.h>
#include <kranix/sink.h>
#include <kranix/workload.h>

KRX_BEGIN_DECLS

/*
 * Names what an op acts on: a workload (all of its instances), one replica of it, or one instance
 * by the backend's id or exact name, which may be one that we did not make.
 * Exactly one of `workload` and `instance` is set.
 */
typedef struct krx_ref {
    uint32_t struct_size;
    uint32_t namespace_implied; /* 1: the user named none; a backend may know a better one */
    const char *workload;
    const char *namespace_; /* never NULL, "default" when the user named none */
    const char *instance;
    int64_t replica; /* 0: all */
} krx_ref;

/* ---------------------------------------------------------------------------- driver (required) */

enum {
    KRX_DEPLOY_DRY_RUN = 1, /* report the changes, write nothing anywhere */
    KRX_DEPLOY_NO_START = 2,
    KRX_DEPLOY_NAMESPACE_IMPLIED = 4 /* neither spec nor user named one: see krx_ref */
};

typedef struct krx_deploy_req {
    uint32_t struct_size;
    uint32_t flags;
    const krx_workload *spec; /* namespace_ is set */
    const char *spec_json;    /* the same in canonical JSON, for keeping */
    krx_sink *changes;        /* takes KRX_ITEM_CHANGE; NULL when nobody asks */
} krx_deploy_req;

typedef struct krx_destroy_req {
    uint32_t struct_size;
    uint32_t remove_volumes; /* 1: all volumes of the workload, not only those with autoCleanup */
    krx_ref ref;
    int64_t grace_ns; /* KRX_UNSET: the workload's own */
} krx_destroy_req;

typedef struct krx_restart_req {
    uint32_t struct_size;
    uint32_t reserved_;
    krx_ref ref;
    int64_t grace_ns; /* KRX_UNSET: the workload's own */
} krx_restart_req;

typedef struct krx_status_req {
    uint32_t struct_size;
    uint32_t with_instances; /* 1: fill instances */
    krx_ref ref;             /* workload only */
} krx_status_req;

typedef struct krx_list_req {
    uint32_t struct_size;
    uint32_t with_instances;       /* 1: fill instances */
    uint32_t unmanaged;            /* 1: also what we did not make, marked as such */
    uint32_t all;                  /* container.list: 1 = also those that do not run */
    const char *namespace_;        /* NULL: all */
    const krx_kv *const *selector; /* labels that must match, NULL-terminated or NULL */
    uint32_t namespace_implied;    /* 1: see krx_ref */
    uint32_t reserved_;
} krx_list_req;

typedef struct krx_logs_req {
    uint32_t struct_size;
    uint32_t follow;     /* 1: go on until cancelled or the workload is gone, across restarts */
    uint32_t timestamps; /* 1: fill time_ns of each chunk, which then starts at a line */
    uint32_t streams;    /* KRX_STREAM_* or'ed; 0: both */
    uint32_t previous;   /* 1: of the run before the last restart */
    uint32_t reserved_;
    krx_ref ref;
    int64_t tail;     /* lines of history for each instance; KRX_UNSET: all */
    int64_t since_ns; /* instant; KRX_UNSET: from the start */
} krx_logs_req;

typedef struct krx_ping_req {
    uint32_t struct_size;
    uint32_t reserved_;
} krx_ping_req;

typedef struct krx_backend_req {
    uint32_t struct_size;
    uint32_t reserved_;
    krx_sink *capabilities; /* takes KRX_ITEM_CAPABILITY; NULL when nobody asks */
} krx_backend_req;

typedef struct krx_driver_ops {
    uint32_t struct_size;
    uint32_t reserved_;

    /*
     * Makes the backend match the spec: creates what is missing, changes what differs with the
     * least disruption, leaves the rest alone. Emits one STATUS at the end (none on a dry run).
     * What was created by a call that then fails is taken back; what was there before stays as it
     * was, or as far as the change got, and the message says which. A name that is taken by
     * something not ours is KRX_E_ALREADY_EXISTS.
     */
    int32_t (*deploy)(krx_call *, void *, const krx_deploy_req *, krx_sink *status);

    /*
     * Removes the workload and all that deploy made for it, volumes only as asked. Emits nothing.
     * KRX_E_NOT_FOUND when there is none. Half-removed leftovers count as the workload.
     */
    int32_t (*destroy)(krx_call *, void *, const krx_destroy_req *, krx_sink *none);

    /* Restarts every instance of the ref. Emits nothing. */
    int32_t (*restart)(krx_call *, void *, const krx_restart_req *, krx_sink *none);

    /* Emits one STATUS, or answers KRX_E_NOT_FOUND. Names match exactly. */
    int32_t (*get_status)(krx_call *, void *, const krx_status_req *, krx_sink *status);

    /*
     * Emits one STATUS per workload. One that can't be read costs its own item an error_code,
     * never the list. No order is promised.
     */
    int32_t (*list_workloads)(krx_call *, void *, const krx_list_req *, krx_sink *status);

    /*
     * Emits LOG chunks, in order for each instance and stream. Lines that had to be dropped are
     * counted in the next chunk. Without follow it ends at the end of what is there now.
     */
    int32_t (*stream_logs)(krx_call *, void *, const krx_logs_req *, krx_sink *log);

    /* One round trip. Emits one LATENCY. */
    int32_t (*ping)(krx_call *, void *, const krx_ping_req *, krx_sink *latency);

    /*
     * Emits one BACKEND, and into req->capabilities one item for every path of the schema table
     * and every op that the module has. Works, as far as it goes, when the backend is down.
     */
    int32_t (*backend)(krx_call *, void *, const krx_backend_req *, krx_sink *info);
} krx_driver_ops;

/* -------------------------------------------------------------------------------------- nodes */

typedef struct krx_node_req {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *node; /* NULL: all, for the list ops */
} krx_node_req;

typedef struct krx_drain_req {
    uint32_t struct_size;
    uint32_t ignore_daemonsets;
    uint32_t delete_empty_dir;
    uint32_t force; /* also what nothing would start again */
    const char *node;
    const char *reason;
    int64_t grace_ns; /* KRX_UNSET: each workload's own */
} krx_drain_req;

typedef struct krx_node_ops {
    uint32_t struct_size;
    uint32_t reserved_;
    /* Emits BACKEND_HEALTH. */
    int32_t (*list_backend_health)(krx_call *, void *, const krx_node_req *, krx_sink *health);
    /* Emits one NODE each. */
    int32_t (*list_node_health)(krx_call *, void *, const krx_node_req *, krx_sink *node);
    /* Marks a node so that nothing new starts there. Doing it twice is no error. */
    int32_t (*cordon)(krx_call *, void *, const krx_node_req *, krx_sink *none);
    /* Cordons, then moves workloads away, disruption budgets respected. Emits DRAIN at least at
     * the end; a call that is cut short is continued by calling again. */
    int32_t (*drain_node)(krx_call *, void *, const krx_drain_req *, krx_sink *drain);
    /* Takes back what cordon and drain_node marked. */
    int32_t (*uncordon)(krx_call *, void *, const krx_node_req *, krx_sink *none);
} krx_node_ops;

/* ------------------------------------------------------------------------------------ extended */

enum {
    KRX_CHECKPOINT_LEAVE_RUNNING = 1,
    KRX_CHECKPOINT_TCP_ESTABLISHED = 2,
    KRX_CHECKPOINT_SKIP_IN_FLIGHT = 4,
    KRX_CHECKPOINT_LINK_REMAP = 8
};

typedef struct krx_checkpoint_req {
    uint32_t struct_size;
    uint32_t flags; /* KRX_CHECKPOINT_* */
    krx_ref ref;
    const char *id;   /* restore: which one, NULL for the newest; checkpoint: NULL */
    const char *file; /* portable archive to export to or import from, or NULL */
    const char *comment;
    const char *new_name; /* restore: under another name, or NULL */
} krx_checkpoint_req;

typedef struct krx_volumes_req {
    uint32_t struct_size;
    uint32_t reserved_;
    const krx_workload *spec; /* provision; NULL for cleanup by ref */
    krx_ref ref;
} krx_volumes_req;

typedef struct krx_bandwidth_req {
    uint32_t struct_size;
    uint32_t reserved_;
    krx_ref ref;
    int64_t egress_bps;  /* KRX_UNSET: leave, 0: no limit */
    int64_t ingress_bps; /* KRX_UNSET: leave, 0: no limit */
} krx_bandwidth_req;

/* Names one state of a workload that was deployed before. */
typedef struct krx_revision_req {
    uint32_t struct_size;
    uint32_t reserved_;
    krx_ref ref;      /* workload only */
    int64_t revision; /* rollback: KRX_UNSET for the one before the present; list: unused */
} krx_revision_req;

typedef struct krx_setup_req {
    uint32_t struct_size;
    uint32_t flags; /* KRX_DEPLOY_DRY_RUN */
} krx_setup_req;

typedef struct krx_extended_ops {
    uint32_t struct_size;
    uint32_t reserved_;
    int32_t (*checkpoint)(krx_call *, void *, const krx_checkpoint_req *, krx_sink *checkpoint);
    int32_t (*restore)(krx_call *, void *, const krx_checkpoint_req *, krx_sink *checkpoint);
    int32_t (*list_checkpoints)(krx_call *, void *, const krx_checkpoint_req *,
                                krx_sink *checkpoint);
    /* Creates the spec's volumes that are missing; emits VOLUME for each. */
    int32_t (*provision_volumes)(krx_call *, void *, const krx_volumes_req *, krx_sink *volume);
    /* Removes the workload's volumes; emits VOLUME with state released for each. */
    int32_t (*cleanup_volumes)(krx_call *, void *, const krx_volumes_req *, krx_sink *volume);
    int32_t (*set_bandwidth)(krx_call *, void *, const krx_bandwidth_req *, krx_sink *none);
    /* Emits one REVISION each, newest first. */
    int32_t (*list_revisions)(krx_call *, void *, const krx_revision_req *, krx_sink *revision);
    /* Makes the workload what it was at that revision; emits the REVISION that it now is. */
    int32_t (*rollback)(krx_call *, void *, const krx_revision_req *, krx_sink *revision);
    /* Installs in the backend what workloads may refer to; doing it twice changes nothing. Emits
     * one CHANGE each. */
    int32_t (*setup)(krx_call *, void *, const krx_setup_req *, krx_sink *change);
    /* Emits VOLUME for each that we made: of the ref's workload, else of its namespace, or with
     * that NULL of all. spec is ignored. */
    int32_t (*list_volumes)(krx_call *, void *, const krx_volumes_req *, krx_sink *volume);
} krx_extended_ops;

/* ---------------------------------------------------------------------------------- containers */

typedef struct krx_container_req {
    uint32_t struct_size;
    uint32_t reserved_;
    krx_ref ref;
    int64_t grace_ns;   /* stop: KRX_UNSET for the workload's own */
    const char *signal; /* kill: name ("HUP", "SIGHUP") or number, NULL for KILL */
} krx_container_req;

typedef struct krx_exec_req {
    uint32_t struct_size;
    uint32_t tty; /* 1: with a terminal; then stderr comes on stdout */
    krx_ref ref;  /* of a workload with several instances the first that runs */
    const char *const *argv;
    const krx_kv *const *env;
    const char *working_dir;
    const char *user;
    int32_t stdin_fd;  /* borrowed; -1: none. End of file is passed on. */
    int32_t stdout_fd; /* borrowed */
    int32_t stderr_fd; /* borrowed */
    int32_t resize_fd; /* readable when the window size changed; read it empty. -1: never */
    /* Answers the window size; may be NULL. */
    void (*window_size)(void *ctx, uint32_t *rows, uint32_t *columns);
    void *window_ctx;
} krx_exec_req;

typedef struct krx_stats_req {
    uint32_t struct_size;
    uint32_t stream;            /* 1: go on until cancelled */
    const krx_ref *const *refs; /* NULL-terminated; NULL or empty: all that is ours */
    const char *namespace_;     /* without refs: what is ours there; NULL: everywhere */
} krx_stats_req;

typedef struct krx_events_req {
    uint32_t struct_size;
    uint32_t follow;
    const char *namespace_; /* NULL: all */
    int64_t since_ns;
    int64_t until_ns;
    uint32_t namespace_implied; /* 1: see krx_ref */
    uint32_t reserved_;
} krx_events_req;

typedef struct krx_manifest_req {
    uint32_t struct_size;
    uint32_t reserved_;
    krx_ref ref;              /* of what is deployed; ignored with a spec */
    const krx_workload *spec; /* of what would be; the backend is not asked then */
    const char *spec_json;    /* the same in canonical JSON */
} krx_manifest_req;

/* One connection to a port inside an instance. */
typedef struct krx_forward_req {
    uint32_t struct_size;
    int32_t fd;  /* borrowed, both ways; its end of file is passed on */
    krx_ref ref; /* of a workload with several instances the first that runs */
    int64_t port;
} krx_forward_req;

/*
 * On a ref that names a workload these act on all of its instances; doing what is already so
 * (starting what runs) is no error.
 */
typedef struct krx_container_ops {
    uint32_t struct_size;
    uint32_t reserved_;
    /* Emits one INSTANCE each. */
    int32_t (*list)(krx_call *, void *, const krx_list_req *, krx_sink *instance);
    int32_t (*start)(krx_call *, void *, const krx_container_req *, krx_sink *none);
    int32_t (*stop)(krx_call *, void *, const krx_container_req *, krx_sink *none);
    int32_t (*pause)(krx_call *, void *, const krx_container_req *, krx_sink *none);
    int32_t (*unpause)(krx_call *, void *, const krx_container_req *, krx_sink *none);
    int32_t (*kill)(krx_call *, void *, const krx_container_req *, krx_sink *none);
    /* Runs a command inside; emits one EXEC when it has ended. */
    int32_t (*exec)(krx_call *, void *, const krx_exec_req *, krx_sink *result);
    /* As exec, to the main process; argv is ignored. Emits EXEC when it ends meanwhile. */
    int32_t (*attach)(krx_call *, void *, const krx_exec_req *, krx_sink *result);
    /* Emits one STATS per instance, or one per instance and interval. */
    int32_t (*stats)(krx_call *, void *, const krx_stats_req *, krx_sink *stats);
    /* Emits one INSTANCE each with `raw` filled. */
    int32_t (*inspect)(krx_call *, void *, const krx_container_req *, krx_sink *instance);
    /* Emits one TEXT in JSON: the Kubernetes List of objects that make, or would make, the same. */
    int32_t (*export_manifest)(krx_call *, void *, const krx_manifest_req *, krx_sink *text);
    /* Emits EVENT. */
    int32_t (*events)(krx_call *, void *, const krx_events_req *, krx_sink *event);
    /* Copies between fd and the port until both sides have ended. */
    int32_t (*forward)(krx_call *, void *, const krx_forward_req *, krx_sink *none);
} krx_container_ops;

/* -------------------------------------------------------------------------------------- images */

typedef struct krx_image_req {
    uint32_t struct_size;
    uint32_t force;
    const char *image;    /* reference or id; list and prune: filter or NULL */
    const char *target;   /* tag: the new reference */
    const char *platform; /* pull: os/arch[/variant] or NULL */
    const char *file;     /* import: a tar file */
    uint32_t all;         /* list: also untagged; prune: also unused tagged ones */
    uint32_t reserved_;
} krx_image_req;

typedef struct krx_image_ops {
    uint32_t struct_size;
    uint32_t reserved_;
    int32_t (*list)(krx_call *, void *, const krx_image_req *, krx_sink *image);
    /* Progress goes to call->progress, one id per layer; emits the IMAGE at the end. */
    int32_t (*pull)(krx_call *, void *, const krx_image_req *, krx_sink *image);
    int32_t (*tag)(krx_call *, void *, const krx_image_req *, krx_sink *none);
    int32_t (*push)(krx_call *, void *, const krx_image_req *, krx_sink *none);
    /* Emits the IMAGEs removed. */
    int32_t (*remove)(krx_call *, void *, const krx_image_req *, krx_sink *image);
    int32_t (*prune)(krx_call *, void *, const krx_image_req *, krx_sink *image);
    int32_t (*import)(krx_call *, void *, const krx_image_req *, krx_sink *image);
    int32_t (*inspect)(krx_call *, void *, const krx_image_req *, krx_sink *text);
} krx_image_ops;

KRX_END_DECLS
#endif
