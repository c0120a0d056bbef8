/* SPDX-License-Identifier: Apache-2.0 */
/* crun, runc and runsc: what each can do, how each is called, what its failures mean. */
#ifndef KRX_OCI_RUNTIME_H
#define KRX_OCI_RUNTIME_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "lib/base/str.h"
#include "modules/oci/store/container.h"
#include "modules/oci/store/launch.h"

/* Optional things; each is proven by a probe, never guessed. */
enum {
    KRX_OCI_CAN_PAUSE = 1u << 0,
    KRX_OCI_CAN_UPDATE = 1u << 1,
    KRX_OCI_CAN_CHECKPOINT = 1u << 2,
    KRX_OCI_CAN_LEAVE_RUNNING = 1u << 3,
    KRX_OCI_CAN_TCP_ESTABLISHED = 1u << 4,
    KRX_OCI_CAN_SKIP_IN_FLIGHT = 1u << 5, /* by flag or by org.criu.config */
    KRX_OCI_CAN_LINK_REMAP = 1u << 6,
    KRX_OCI_CAN_TCP_CLOSE = 1u << 7,
    KRX_OCI_CAN_JOIN_NETNS = 1u << 8,
    KRX_OCI_CAN_GPU = 1u << 9,
    KRX_OCI_CAN_ROOTLESS = 1u << 10,
    KRX_OCI_CAN_SECCOMP = 1u << 11,
    KRX_OCI_CAN_SEE_INIT = 1u << 12 /* the pid of its state is the workload's init (not runsc) */
};

typedef struct krx_oci_runtime {
    const char *name; /* crun, runc, runsc */
    const char *path; /* absolute */
    const char *version;
    const char *const *args;        /* global options: --root DIR and what the settings add */
    const char *platform;           /* runsc */
    const char *checkpoint_refusal; /* why not, when it can't; NULL when it can */
    const char *criu;               /* absolute path, or NULL */
    const char *criu_version;
    const char *const *flags; /* "checkpoint leave-running": see krx_oci_runtime_knows() */
    uint32_t can;             /* KRX_OCI_CAN_* */
    const char *view; /* runsc, only to start: the network namespace that it takes over; or NULL */
    bool shed;        /* must not see /sys/fs/cgroup/unified */
    bool rootless;
} krx_oci_runtime;

/* The names of all that are supported, one after the other; NULL when there are no more. */
const char *krx_oci_runtime_name(size_t index);

/* What the administrator may say; NULL everywhere is fine. */
typedef struct krx_oci_choice {
    const char *runtime; /* auto, crun, runc, runsc */
    const char *runtime_path;
    const char *platform;
    const char *criu_path;
    const char *keeper; /* absolute path of the keeper program, required */
} krx_oci_choice;

/*
 * The runtime to use: UNSUPPORTED for a name that is not in the table, UNAVAILABLE with what to
 * install when it is not there or does not work. The probe is kept in run_root/probe.json until the
 * binary changes.
 */
int32_t krx_oci_runtime_choose(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                               const krx_oci_choice *choice, krx_oci_runtime *out);

/* Has its `command` ("" for global options) the option --`flag`? As its --help says. */
bool krx_oci_runtime_knows(const krx_oci_runtime *runtime, const char *command, const char *flag);

/*
 * Global options for one container, for launch.json and every later command of it: those of the
 * runtime, and for runsc what depends on network (bridge, host, none, ns:..., pasta, ...), GPU and
 * capabilities. NULL when out of memory.
 */
const char *const *krx_oci_runtime_args(krx_arena *arena, const krx_oci_runtime *runtime,
                                        const char *network, bool gpu, bool raw_sockets);

/* How control groups are mounted on this machine. */
enum { KRX_OCI_CGROUP_NONE = 0, KRX_OCI_CGROUP_V1, KRX_OCI_CGROUP_HYBRID, KRX_OCI_CGROUP_V2 };
int krx_oci_cgroup_mode(void);
/* May this process make groups below its own? Always true for root with a cgroup file system. */
bool krx_oci_cgroup_usable(void);
/* cgroupsPath for a group of ours: without root it lies below what was handed over to the user.
 * NULL when out of memory. */
char *krx_oci_cgroup_path(krx_arena *arena, const char *wanted);

/*
 * The whole argv of a command: keeper run --shed ... -- PATH GLOBAL... COMMAND OPTIONS... ID.
 * `inside` is conmon's pid for a rootless container, else 0. NULL when out of memory.
 */
typedef struct krx_oci_command {
    const char *keeper;
    const char *name;            /* state, kill, pause, exec, checkpoint, ... */
    const char *const *options;  /* may be NULL */
    const char *id;              /* may be NULL */
    const char *const *trailing; /* after the id; may be NULL */
    int64_t inside;
} krx_oci_command;
const char *const *krx_oci_runtime_argv(krx_arena *arena, const krx_oci_runtime *runtime,
                                        const krx_oci_command *command);

/*
 * Runs it to its end. *answer (may be NULL) gets standard output, at most 1 MiB. A failure is read
 * from --log's JSON, else from standard error, and classified: NOT_FOUND (container),
 * FAILED_PRECONDITION (wrong state), ALREADY_EXISTS, INVALID_ARGUMENT (program missing, user, ...),
 * UNAVAILABLE (runtime missing), UNKNOWN.
 */
int32_t krx_oci_runtime_run(krx_call *call, const krx_oci_runtime *runtime,
                            const krx_oci_command *command, krx_str *answer);
/* The same classification, for those who ran it themselves. `what`: "starting container web-1". */
int32_t krx_oci_runtime_fail(krx_call *call, const krx_oci_runtime *runtime, const char *what,
                             int status, const char *log_text);

/* Sends a signal to the container's init (pidfd, checked by its token; runsc: its kill command).
 * FAILED_PRECONDITION when it does not run. */
int32_t krx_oci_runtime_signal(krx_call *call, const krx_oci_runtime *runtime, const char *keeper,
                               const krx_oci_container *container, int signal_number);

/* ------------------------------------------------------------------------------------ the keeper
 */

/* Path of the keeper: `setting`, else beside the module's folder. NOT_FOUND with the remedy. */
int32_t krx_oci_keeper_find(krx_call *call, krx_arena *arena, const char *setting,
                            const char **out);

/* Runs `keeper VERB ARGS...`; *answer (may be NULL) gets its JSON object. Its error becomes ours. A
 * call that is given up ends it, and it undoes what it had begun. stdin_fd -1: none. */
typedef struct krx_oci_keeper_job {
    const char *keeper;
    const char *verb;
    const char *const *args;
    int32_t stdin_fd;
} krx_oci_keeper_job;
int32_t krx_oci_keeper_run(krx_call *call, krx_arena *arena, const krx_oci_keeper_job *job,
                           cJSON **answer);

#endif
