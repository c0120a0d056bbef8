/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted API server and a client of it. */
#ifndef KRX_TESTS_UNIT_KUBE_SERVED_H
#define KRX_TESTS_UNIT_KUBE_SERVED_H

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/kube/kube.h"
#include "tests/fake/fake.h"

typedef struct kube_served {
    char log[64];
    char address[64]; /* tcp:127.0.0.1:PORT */
    krx_fake *fake;
    krx_kube *kube;
    krx_error error;
    krx_call call;
} kube_served;

static inline krx_kube_config *kube_config_at(const char *url)
{
    krx_arena *arena = krx_arena_new();
    assert_non_null(arena);
    krx_kube_config *config = krx_arena_new_of(arena, krx_kube_config);
    assert_non_null(config);
    config->arena = arena;
    config->source = "the test";
    config->server = krx_arena_strdup(arena, url);
    return config;
}

static inline void kube_serve(kube_served *s, const char *script)
{
    char url[96];
    const char *why = NULL;
    (void)unit_template(s->log, sizeof s->log, "kube");
    int fd = mkstemp(s->log);
    assert_true(fd >= 0);
    close(fd);
    s->fake = krx_fake_start("tcp:127.0.0.1:0", script, s->log, &why);
    if (!s->fake)
        fail_msg("the fake server: %s", why);
    krx_call_init(&s->call, &s->error);
    s->call.deadline_ns = krx_now_monotonic() + 60 * KRX_NS_PER_S;
    (void)snprintf(s->address, sizeof s->address, "%s", krx_fake_address(s->fake));
    (void)snprintf(url, sizeof url, "http://%s", s->address + 4);
    assert_int_equal(krx_kube_open(&s->call, kube_config_at(url), &s->kube), 0);
}

/* Another script, on the same port. */
static inline void kube_serve_again(kube_served *s, const char *script)
{
    const char *why = NULL;
    if (s->fake)
        krx_fake_stop(s->fake);
    s->fake = krx_fake_start(s->address, script, s->log, &why);
    if (!s->fake)
        fail_msg("the fake server: %s", why);
}

static inline void kube_serve_stop(kube_served *s)
{
    krx_kube_close(s->kube);
    if (s->fake)
        krx_fake_stop(s->fake);
    (void)unlink(s->log);
}

/* How often this text stands in what was asked; asserts on nothing. */
static inline int kube_asked(kube_served *s, const char *text)
{
    krx_auto_str krx_str log = {0};
    krx_error error;
    krx_call call;
    int count = 0;
    krx_call_init(&call, &error);
    assert_int_equal(krx_read_file(&call, s->log, (size_t)64 << 20, &log), 0);
    for (const char *p = krx_str_get(&log); (p = strstr(p, text)); p += strlen(text))
        count++;
    return count;
}

#endif
