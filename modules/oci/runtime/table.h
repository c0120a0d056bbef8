/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: what tells the runtimes apart, and what a probe finds out. */
#ifndef KRX_OCI_RUNTIME_TABLE_H
#define KRX_OCI_RUNTIME_TABLE_H

#include "modules/oci/runtime/runtime.h"

typedef struct krx_oci_kind {
    const char *name;
    const char *install;  /* how to get it */
    bool sandbox;         /* a kernel of its own: init is not seen, no seccomp, no CRIU */
    bool owns_streams;    /* gives the user of a process its streams, be they the machine's */
    bool refuses_hybrid;  /* stops at a mix of both kinds of control groups */
    const char *help[3];  /* words that print all commands */
    const char *flags[3]; /* words that print the global options; empty: help does */
    bool help_first;      /* "help CMD" instead of "CMD --help" */
} krx_oci_kind;

/* In the order of `auto`, ended by one without name. */
extern const krx_oci_kind krx_oci_kinds[];
/* NULL for a name that is not in the table. */
const krx_oci_kind *krx_oci_kind_of(const char *name);

/* What was found out about one binary. Texts live in an arena. */
typedef struct krx_oci_probe {
    const char *name; /* as it calls itself */
    const char *version;
    const char *const *flags;
    const char *const *features; /* words such as +CRIU and +SECCOMP, and those of `features` */
    const char *platforms;       /* runsc: the text about them */
} krx_oci_probe;

/* Asks the binary. UNAVAILABLE when it does not answer as one of the table does. */
int32_t krx_oci_probe_ask(krx_call *call, krx_arena *arena, const char *path, krx_oci_probe *out);

typedef struct krx_oci_criu {
    const char *path;    /* NULL: not there */
    const char *version; /* NULL: it does not run */
    const char *refusal; /* why it can't work here, or NULL */
} krx_oci_criu;
int32_t krx_oci_criu_ask(krx_call *call, krx_arena *arena, const char *path, krx_oci_criu *out);

/* The same, through run_root/probe.json. A cache that can't be read or written costs time only. */
int32_t krx_oci_probe_get(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const char *path, krx_oci_probe *out);
int32_t krx_oci_criu_get(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const char *path, krx_oci_criu *out);

/* From what was probed to what it can: fills can, shed, refusal, platform and args of *out. */
int32_t krx_oci_runtime_judge(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const krx_oci_choice *choice, const krx_oci_probe *probe,
                              const krx_oci_criu *criu, krx_oci_runtime *out);

/* An executable file of that name in PATH or a folder where such programs lie; NULL: none. */
char *krx_oci_find_program(krx_arena *arena, const char *name);

/* "checkpoint leave-running" for each option in a --help text, of whatever runtime. */
void krx_oci_flags_parse(krx_arena *arena, const char *command, const char *text, krx_ptrs *flags);
/* Is there such a command in a help text? */
bool krx_oci_command_listed(const char *text, const char *command);

/* Environment in which criu is found, or NULL for ours as it is. */
const char *const *krx_oci_runtime_env(krx_arena *arena, const krx_oci_runtime *runtime);

#endif
