/* SPDX-License-Identifier: Apache-2.0 */
/* A fake engine in a folder of its own, for the tests of the clients. */
#ifndef KRX_TESTS_UNIT_SERVED_H
#define KRX_TESTS_UNIT_SERVED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "tests/fake/fake.h"
#include "tests/unit/unit.h"

typedef struct served {
    char folder[64];
    char socket[96];
    char host[128]; /* unix://... */
    krx_fake *fake;
    krx_error error;
    krx_call call;
} served;

static inline void serve_start(served *s, const char *script)
{
    char address[128];
    const char *why = NULL;
    (void)unit_template(s->folder, sizeof s->folder, "served");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->socket, sizeof s->socket, "%s/s", s->folder);
    (void)snprintf(s->host, sizeof s->host, "unix://%s", s->socket);
    (void)snprintf(address, sizeof address, "unix:%s", s->socket);
    s->fake = krx_fake_start(address, script, NULL, &why);
    if (!s->fake)
        fail_msg("the fake engine: %s", why);
    krx_call_init(&s->call, &s->error);
    s->call.deadline_ns = krx_now_monotonic() + 60 * KRX_NS_PER_S;
}

static inline void serve_stop(served *s)
{
    krx_fake_stop(s->fake);
    (void)unlink(s->socket);
    (void)rmdir(s->folder);
}

#endif
