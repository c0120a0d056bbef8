/* SPDX-License-Identifier: Apache-2.0 */
/* The fake engine as a server inside a test: threads of its own, one per connection. */
#ifndef KRX_TESTS_FAKE_FAKE_H
#define KRX_TESTS_FAKE_FAKE_H

#include "tests/fake/script.h"

typedef struct krx_fake krx_fake;

/*
 * Listens on "unix:/path" or "tcp:127.0.0.1:0" and serves the script (text, borrowed for the
 * call). log_path gets a line per request; may be NULL. NULL with a text in *why on failure.
 */
krx_fake *krx_fake_start(const char *address, const char *script, const char *log_path,
                         const char **why);
/* As given, with the port that was found: "unix:/path", "tcp:127.0.0.1:4711". */
const char *krx_fake_address(const krx_fake *fake);
/* Connections taken so far. */
int krx_fake_connections(krx_fake *fake);
/* Ends every connection and thread. */
void krx_fake_stop(krx_fake *fake);

#endif
