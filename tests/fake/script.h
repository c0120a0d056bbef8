/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the fake engine: which request gets which answer, or which fault. See README.md. */
#ifndef KRX_TESTS_FAKE_SCRIPT_H
#define KRX_TESTS_FAKE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

enum krx_fake_fault {
    KRX_FAKE_NONE,
    KRX_FAKE_HANG,      /* never answers */
    KRX_FAKE_HANG_BODY, /* answers the head and half the body, then nothing */
    KRX_FAKE_DROP,      /* closes without an answer */
    KRX_FAKE_CUT,       /* closes after `amount` bytes of the body */
    KRX_FAKE_HALF,      /* closes after half the body */
    KRX_FAKE_BAD_CHUNK, /* chunked, and the second chunk's size is no number */
    KRX_FAKE_BAD_HEAD,  /* answers something that is not HTTP */
    KRX_FAKE_ENDLESS    /* repeats the body until `amount` bytes were sent */
};

typedef struct krx_fake_rule {
    struct krx_fake_rule *next;
    char *method; /* "*" for any */
    char *path;   /* exact, or a prefix when it ended in '*' */
    bool prefix;
    int64_t times; /* how often it answers; -1: always */
    int status;
    krx_str headers; /* lines with CRLF */
    krx_str once;    /* stands before the body that `endless` repeats */
    krx_str body;
    enum krx_fake_fault fault;
    int64_t amount;
    int64_t delay_ms;
    int64_t drip_ms;
    int64_t piece; /* bytes per write and chunk; 0: all at once */
    bool chunked;
    bool upgrade;    /* switch protocols, send the body, then echo */
    bool hangup;     /* or then close */
    char *websocket; /* the protocol of the WebSocket that it switches to */
} krx_fake_rule;

typedef struct krx_fake_script {
    krx_fake_rule *rules;
} krx_fake_script;

/* False when it is wrong; *line and *why say where. */
bool krx_fake_script_parse(krx_fake_script *script, const char *text, int *line, const char **why);
void krx_fake_script_free(krx_fake_script *script);
/* The first rule that fits and is not used up (counted down under the caller's lock), or NULL. */
krx_fake_rule *krx_fake_script_match(krx_fake_script *script, const char *method,
                                     const char *target);

#endif
