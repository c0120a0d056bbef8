/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the model: members of structs by their table row. */
#ifndef KRX_MODEL_KINDS_H
#define KRX_MODEL_KINDS_H

#include "lib/model/model.h"

/* Kinds whose value is one text in a file: everything but lists, maps and structs. */
bool krx_kind_scalar(int kind);
bool krx_kind_strings(int kind); /* STRS, WORDS */
bool krx_kind_pairs(int kind);   /* MAP, ENV */

/* Members of pointer kinds. */
const void *krx_member_ptr(const krx_field_info *field, const void *object);
void krx_member_set_ptr(const krx_field_info *field, void *object, const void *value);

void krx_member_clear(const krx_field_info *field, void *object);       /* absent */
void krx_member_set_default(const krx_field_info *field, void *object); /* if it has one */
bool krx_member_absent(const krx_field_info *field, const void *object);
/* Holds the default of the table (and the table has one). */
bool krx_member_default(const krx_field_info *field, const void *object);

/*
 * Reads a scalar kind. Answers NULL, or what would be allowed (in the arena or static). ENUM and
 * rules store the canonical spelling.
 */
const char *krx_scalar_read(krx_arena *arena, const krx_field_info *field, const char *text,
                            void *object);
/* A scalar member as the file would say it; absent adds nothing. */
void krx_scalar_text(const krx_field_info *field, const void *object, krx_str *out);

/*
 * Looks `text` up in "a|b|x=a". Answers the canonical spelling (in the arena), NULL when it is
 * none or memory is short.
 */
const char *krx_allowed_find(krx_arena *arena, const char *allowed, bool nocase, const char *text);
/* "a, b or c", without other spellings. */
void krx_allowed_list(const char *allowed, krx_str *out);
/* The spelling nearest to text, NULL when none is near. */
const char *krx_allowed_closest(krx_arena *arena, const char *allowed, const char *text);
/* low..high of INT and NUM */
bool krx_allowed_range(const char *allowed, double *low, double *high);
bool krx_allowed_rule(const char *allowed); /* "@name" */

#endif
