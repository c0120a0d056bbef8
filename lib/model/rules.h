/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the model: the named rules of the table, "@name" and so on. */
#ifndef KRX_MODEL_RULES_H
#define KRX_MODEL_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"

/*
 * Answers NULL when `text` keeps the rule, else what would be allowed. *canonical gets another
 * spelling to store, when the rule has one.
 */
const char *krx_rule_check(krx_arena *arena, const char *rule, const char *text,
                           const char **canonical);

/* What the rule allows, for documents; NULL when there is no such rule. */
const char *krx_rule_help(const char *rule);
/* A text that keeps the rule, for generated specs; differs with n. */
const char *krx_rule_sample(const char *rule, unsigned n);
/* A pattern for the JSON Schema, NULL when none says it well. */
const char *krx_rule_pattern(const char *rule);

/* Single rules of some size: NULL or what is wrong or allowed. */
const char *krx_rule_cron(const char *text);
const char *krx_rule_image(const char *text);

#endif
