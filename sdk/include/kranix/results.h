/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: what ops emit. Every struct is the maker's and lives until emit returns.
 * Strings may be NULL where nothing is known, unless a comment says "required".
 */
#ifndef KRANIX_RESULTS_H
#define KRANIX_RESULTS_H

#include <kranix/abi.h>

KRX_BEGIN_DECLS

/*
 * States of a workload and of an instance. X(NAME, "text")
 * An instance uses Running, Pending, Paused, Stopped, Failed, Succeeded and Unknown.
 */
#define KRX_STATE_TABLE(X)                                                                         \
    X(RUNNING, "Running")                  /* all wanted instances run and are healthy */          \
    X(PENDING, "Pending")                  /* nothing runs yet */                                  \
    X(UPDATING, "Updating")                /* a change is being rolled out */                      \
    X(DEGRADED, "Degraded")                /* some run, some don't or are unhealthy */             \
    X(PAUSED, "Paused")                    /* frozen by pause or a checkpoint */                   \
    X(STOPPED, "Stopped")                  /* stopped on purpose or ended with 0 */                \
    X(FAILED, "Failed")                    /* ended with an error and is not started again */      \
    X(SCHEDULED, "Scheduled")              /* cron: has run before */                              \
    X(PENDING_SCHEDULE, "PendingSchedule") /* cron: has never run */                               \
    X(SUCCEEDED, "Succeeded")              /* ran to its end, was meant to */                      \
    X(UNKNOWN, "Unknown")

/* One container or pod. */
typedef struct krx_instance {
    uint32_t struct_size;
    int32_t managed;      /* 1: made by us, 0: found beside our own */
    const char *id;       /* required: the backend's own id */
    const char *name;     /* required: the backend's own name, no leading slash */
    const char *workload; /* NULL when not managed */
    const char *namespace_;
    const char *image;
    const char *state;  /* required: one of KRX_STATE_TABLE */
    const char *status; /* the backend's own words, for people */
    const char *health; /* starting, healthy, unhealthy or NULL when there is no check */
    const char *host;   /* node */
    const char *ip;
    const char *message;
    int64_t replica;   /* number in the workload, from 1; 0 when it has none */
    int64_t restarts;  /* so far, KRX_UNSET when not known */
    int64_t exit_code; /* of the last run, KRX_UNSET when it has not ended */
    int64_t created_ns;
    int64_t started_ns;
    const krx_kv *const *labels;
    const char *const *ports; /* "127.0.0.1:8080->80/tcp", "80/tcp" */
    const char *raw;          /* inspect only: the backend's own object as JSON */
    const char *owner;        /* what starts it again: "Deployment/web"; NULL: nothing does */
} krx_instance;

typedef struct krx_event {
    uint32_t struct_size;
    uint32_t reserved_;
    int64_t time_ns;
    const char *type; /* start, die, oom, health, destroy, ...; or the backend's own reason */
    const char *instance;
    const char *workload;
    const char *namespace_;
    int64_t exit_code;
    const char *message;
} krx_event;

/* One workload. An item with error_code set stands for a workload that could not be read. */
typedef struct krx_status {
    uint32_t struct_size;
    int32_t managed;  /* 1: made by us */
    const char *id;   /* required: stable id of the workload on its backend */
    const char *name; /* required */
    const char *namespace_;
    const char *backend; /* the host fills it in */
    const char *state;   /* required: one of KRX_STATE_TABLE */
    const char *phase;   /* Pending, Deploying, Running, Degraded, Failed; the host derives it */
    const char *image;
    int64_t replicas; /* wanted */
    int64_t ready_replicas;
    const char *host;
    const char *message;
    int64_t created_ns;
    int64_t last_updated_ns;
    const krx_kv *const *labels;
    const krx_instance *const *instances; /* NULL-terminated; NULL when not asked for */
    const char *spec_json;                /* the spec it was deployed from, when that is kept */
    int32_t error_code;                   /* 0, or KRX_E_*: message says why */
    int32_t reserved_;
    int64_t last_schedule_ns;       /* cron, KRX_UNSET when it never ran */
    const krx_event *const *events; /* the latest, oldest first; only with instances */
} krx_status;

enum { KRX_STREAM_STDOUT = 1, KRX_STREAM_STDERR = 2 };

/* A piece of a log as it came: bytes, not lines; several pieces may make a line. */
typedef struct krx_log_chunk {
    uint32_t struct_size;
    uint32_t stream;      /* KRX_STREAM_* */
    const char *instance; /* name of the instance it comes from, required */
    int64_t replica;
    int64_t time_ns;  /* of its first line, KRX_UNSET when not asked for or not known */
    uint64_t dropped; /* lines that could not be delivered before this one */
    const void *data;
    uint64_t length;
} krx_log_chunk;

enum { KRX_CAP_FIELD = 1, KRX_CAP_OP = 2 };
enum { KRX_CAP_UNSUPPORTED = 1000, KRX_CAP_EMULATED = 2000, KRX_CAP_NATIVE = 3000 };

/* What a backend makes of one spec field ("ports.hostPort") or op ("container.pause"). */
typedef struct krx_capability {
    uint32_t struct_size;
    uint32_t kind;    /* KRX_CAP_FIELD, KRX_CAP_OP */
    const char *name; /* required: path of keys with dots, or group.op */
    uint32_t level;   /* KRX_CAP_UNSUPPORTED, ... */
    uint32_t reserved_;
    const char *reason; /* required below native: why, and what happens instead */
} krx_capability;

typedef struct krx_backend_info {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *name;        /* required: the module's */
    const char *version;     /* of the backend itself */
    const char *api_version; /* spoken with it */
    const char *endpoint;    /* where it is, without secrets */
    const char *os;
    const char *architecture;
    const char *const *warnings;
} krx_backend_info;

enum {
    KRX_CHANGE_NONE = 0,       /* the object is as it should be */
    KRX_CHANGE_CREATE = 1000,  /* ... */
    KRX_CHANGE_UPDATE = 2000,  /* changed in place, nothing restarts */
    KRX_CHANGE_REPLACE = 3000, /* made anew */
    KRX_CHANGE_REMOVE = 4000,
    KRX_CHANGE_PULL = 5000
};

/* One thing that deploy does (or would do). */
typedef struct krx_change {
    uint32_t struct_size;
    uint32_t action;    /* KRX_CHANGE_* */
    const char *kind;   /* required: container, volume, image, Deployment, ... */
    const char *object; /* required: its name */
    const char *field;  /* path in the spec whose change is the cause, or NULL */
    const char *old_value;
    const char *new_value;
} krx_change;

/* Something that takes time. */
typedef struct krx_progress {
    uint32_t struct_size;
    uint32_t done;     /* 1: this id has ended */
    const char *phase; /* required: pull, create, start, wait, drain ... */
    const char *id;    /* of the part, such as a layer; NULL for the whole */
    const char *text;  /* for people */
    int64_t current;   /* KRX_UNSET when not known */
    int64_t total;     /* KRX_UNSET when not known */
    const char *unit;  /* "bytes", "instances" or NULL */
} krx_progress;

typedef struct krx_backend_health {
    uint32_t struct_size;
    int32_t healthy;
    const char *backend;
    int64_t score; /* 0..100 */
    int64_t latency_ns;
    double error_rate; /* 0..1 */
    int64_t checked_ns;
} krx_backend_health;

typedef struct krx_node_health {
    uint32_t struct_size;
    int32_t ready;
    int32_t draining;
    int32_t unschedulable;
    const char *name; /* required */
    int64_t score;    /* 0..100 */
    const char *architecture;
    const char *const *conditions;
    int64_t latency_ns;
    double error_rate;
    int64_t checked_ns;
    const char *roles;   /* "control-plane,worker" or NULL */
    const char *version; /* of the node's agent */
    const char *ip;
    int64_t created_ns;
} krx_node_health;

typedef struct krx_drain_result {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *node;
    const char *phase; /* cordoning, evicting, drained, failed */
    int64_t evicted;
    int64_t remaining;
    const char *message;
} krx_drain_result;

typedef struct krx_checkpoint {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *workload;
    const char *namespace_;
    const char *id;    /* required */
    const char *state; /* paused, checkpointed, running (after restore) */
    int64_t created_ns;
    int64_t size_bytes; /* KRX_UNSET when it takes no space of its own */
    const char *comment;
    const char *message;
} krx_checkpoint;

typedef struct krx_volume_result {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *workload;
    const char *namespace_;
    const char *name;      /* required: in the spec */
    const char *volume_id; /* the backend's own name */
    const char *mount_path;
    const char *state; /* bound, pending, released */
    int64_t size_bytes;
    int64_t created_ns;
} krx_volume_result;

/* Counters since the start of the instance; rates are the host's business. KRX_UNSET: unknown. */
typedef struct krx_stats {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *instance; /* required */
    const char *workload;
    const char *namespace_;
    const char *source; /* where the figures come from */
    int64_t time_ns;
    int64_t cpu_total_ns;
    double cpu_cores; /* used now, NaN when not known */
    int64_t cpu_limit_milli;
    int64_t memory_bytes; /* without page cache */
    int64_t memory_cache_bytes;
    int64_t memory_limit_bytes;
    int64_t network_rx_bytes;
    int64_t network_tx_bytes;
    int64_t block_read_bytes;
    int64_t block_write_bytes;
    int64_t pids;
} krx_stats;

typedef struct krx_exec_result {
    uint32_t struct_size;
    int32_t exit_code; /* 128 + signal when killed */
} krx_exec_result;

/* A text as a whole: a manifest, a stored value, an inspected object. */
typedef struct krx_text {
    uint32_t struct_size;
    uint32_t reserved_;
    const char *type; /* media type or NULL */
    const char *text; /* required, NUL-terminated UTF-8 */
} krx_text;

typedef struct krx_image {
    uint32_t struct_size;
    int32_t in_use; /* -1 when not known */
    const char *id; /* required */
    const char *const *tags;
    const char *const *digests;
    int64_t size_bytes;
    int64_t created_ns;
    const char *architecture;
    const char *os;
} krx_image;

/* One state that a workload was deployed in. */
typedef struct krx_revision {
    uint32_t struct_size;
    int32_t current; /* 1: in force */
    int64_t revision;
    int64_t created_ns;
    const char *image;
    const char *spec_json; /* NULL when it was not kept */
    const char *message;
} krx_revision;

typedef struct krx_latency {
    uint32_t struct_size;
    uint32_t reserved_;
    int64_t latency_ns;
} krx_latency;

KRX_END_DECLS
#endif
