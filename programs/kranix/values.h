/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options as people write them. */
#ifndef KRX_CLI_VALUES_H
#define KRX_CLI_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct krx_cli_port {
    char ip[64];       /* "" for all addresses */
    int64_t host_port; /* -1: not published, 0: any */
    int64_t port;
    char protocol[8];
} krx_cli_port;

/* NULL, or what is allowed. */
const char *krx_cli_parse_port(const char *text, krx_cli_port *port);
/*
 * Takes one pair off "key=value,key==value"; *text is NULL after the last. False when it is none of
 * these.
 */
bool krx_cli_next_label(const char **text, const char **key, size_t *key_length, const char **value,
                        size_t *value_length);
/* A duration before now, or an RFC 3339 instant. */
bool krx_cli_parse_since(const char *text, int64_t now_ns, int64_t *instant);

#endif
