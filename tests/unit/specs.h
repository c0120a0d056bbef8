/* SPDX-License-Identifier: Apache-2.0 */
/* Specs from texts, for tests. */
#ifndef KRX_TESTS_SPECS_H
#define KRX_TESTS_SPECS_H

#include <string.h>

#include "lib/base/local_host.h"
#include "lib/model/model.h"
#include "tests/unit/unit.h"

typedef struct parsed {
    krx_error error;
    krx_call call;
    krx_diags diags;
    krx_specs specs;
    int32_t rc;
} parsed;

static inline void parse_file_text(parsed *p, const char *file, const char *text, size_t length)
{
    krx_call_init(&p->call, &p->error);
    krx_diags_init(&p->diags);
    p->rc = krx_specs_parse(&p->call, file, text, length, 0, &p->specs, &p->diags);
}

static inline void parse_text(parsed *p, const char *text)
{
    parse_file_text(p, "t.yaml", text, strlen(text));
}

static inline void parsed_free(parsed *p)
{
    krx_specs_free(&p->specs);
    krx_diags_free(&p->diags);
}

/* The text of the complaint that contains `part`, NULL when there is none. */
static inline const krx_diag *complaint(const parsed *p, const char *part)
{
    for (size_t i = 0; i < p->diags.count; i++) {
        char *text = krx_diag_text(&p->diags.items[i]);
        int found = text && strstr(text, part);
        free(text);
        if (found)
            return &p->diags.items[i];
    }
    return NULL;
}

/* Parses a text that must be right, into one spec at least. */
static inline void parse_good(parsed *p, const char *text)
{
    parse_text(p, text);
    if (p->rc != 0)
        print_error("%s\n", p->error.message);
    assert_int_equal(p->rc, 0);
    assert_true(p->specs.count >= 1);
}

/* Parses a text that must be wrong with exactly one complaint that contains `part`. */
static inline void assert_refused(const char *text, const char *part)
{
    parsed p;
    parse_text(&p, text);
    if (p.diags.count != 1 || !complaint(&p, part)) {
        print_error("wanted '%s' for:\n%s\n", part, text);
        for (size_t i = 0; i < p.diags.count; i++)
            print_error("  got %s: %s (%s)\n", p.diags.items[i].path, p.diags.items[i].message,
                        p.diags.items[i].hint ? p.diags.items[i].hint : "");
    }
    assert_int_equal(p.rc, KRX_E_INVALID_ARGUMENT);
    assert_int_equal(p.specs.count, 0);
    assert_int_equal(p.diags.count, 1);
    assert_non_null(complaint(&p, part));
    assert_true(strlen(p.error.message) > 0);
    parsed_free(&p);
}

#endif
