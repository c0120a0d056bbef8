/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workload model: everything that is made from the schema table.
 */
#ifndef KRX_MODEL_MODEL_H
#define KRX_MODEL_MODEL_H

#include <stdbool.h>

#include <kranix/call.h>
#include <kranix/workload.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "lib/model/doc.h"

/* ------------------------------------------------------------------ the table, for programs */

enum {
    KRX_KIND_STR = 1,
    KRX_KIND_ENUM,
    KRX_KIND_BOOL,
    KRX_KIND_INT,
    KRX_KIND_NUM,
    KRX_KIND_CPU,
    KRX_KIND_BYTES,
    KRX_KIND_BITRATE,
    KRX_KIND_DURATION,
    KRX_KIND_STRS,
    KRX_KIND_WORDS,
    KRX_KIND_MAP,
    KRX_KIND_ENV,
    KRX_KIND_OBJ,
    KRX_KIND_OBJS
};

typedef struct krx_struct_info krx_struct_info;

typedef struct krx_field_info {
    int kind;
    size_t offset;
    const char *key;
    const krx_struct_info *type; /* OBJ, OBJS */
    const char *def;
    const char *allowed;
    uint32_t flags;
    const char *help;
} krx_field_info;

struct krx_struct_info {
    const char *name;
    const char *help;
    size_t size;
    const krx_field_info *fields;
    size_t count;
};

/* The table of krx_workload. */
const krx_struct_info *krx_schema_workload(void);

/*
 * Calls `visit` for every field path of the schema, depth first, parents before children:
 * "ports", "ports.containerPort". Stops at the first non-zero answer and returns it.
 * Recursion in the schema does not exist.
 */
int krx_schema_walk(int (*visit)(void *ctx, const char *path, const krx_field_info *field),
                    void *ctx);

/* JSON Schema (draft 2020-12) and the reference page in Markdown. */
void krx_schema_json(krx_str *out);
void krx_schema_markdown(krx_str *out);

/* ----------------------------------------------------------------------------------- specs */

/* A validated spec that owns its memory. Shared by reference counting, from any thread. */
typedef struct krx_spec {
    const krx_workload *workload;
    const char *json; /* canonical: schema order, defaults left out, no blanks */
    krx_arena *arena;
    int refs;
    bool namespace_implied; /* neither it nor the user named one; the reader of specs says so */
} krx_spec;

krx_spec *krx_spec_ref(krx_spec *spec);
void krx_spec_unref(krx_spec *spec); /* NULL is fine */

typedef struct krx_specs {
    krx_spec **items;
    size_t count;
} krx_specs;

void krx_specs_free(krx_specs *specs);

enum {
    KRX_SPEC_NO_FILES = 1 /* envFile is kept as it is: for servers and tests */
};

/*
 * Parses every workload of a text. All mistakes of all documents go to diags, not only the first.
 * 0, or KRX_E_INVALID_ARGUMENT and no spec at all.
 * envFile is read relative to the file's folder and merged into env.
 */
int32_t krx_specs_parse(krx_call *call, const char *file, const char *text, size_t length,
                        uint32_t flags, krx_specs *out, krx_diags *diags);

/* Validates a spec built in memory (all members set, absent as the table says) and copies it. */
int32_t krx_spec_from_workload(krx_call *call, const krx_workload *workload, krx_spec **out,
                               krx_diags *diags);

/* A struct of the table with every member absent, or at its default when `defaults`. */
void krx_struct_init(const krx_struct_info *type, void *object, bool defaults);

/* Emitters. JSON is canonical unless pretty; YAML reads back as the same spec. */
enum { KRX_JSON_PRETTY = 1, KRX_JSON_DEFAULTS = 2 /* also members that hold their default */ };
void krx_workload_json(const krx_workload *workload, uint32_t flags, krx_str *out);
void krx_workload_yaml(const krx_workload *workload, krx_str *out);

/*
 * Compares two specs field by field. Calls `differ` with the path ("env.DEBUG",
 * "ports[0].hostPort") and both values as text, NULL for absent. Answers the number of differences.
 */
size_t krx_workload_diff(const krx_workload *old_spec, const krx_workload *new_spec,
                         void (*differ)(void *ctx, const char *path, const char *old_value,
                                        const char *new_value),
                         void *ctx);

/* Calls `visit` for every field path that the spec sets to something other than its default. */
int krx_workload_visit_set(const krx_workload *workload,
                           int (*visit)(void *ctx, const char *path, const krx_field_info *field),
                           void *ctx);

#endif
