/* SPDX-License-Identifier: Apache-2.0 */
/* A module inside the test program, for tests of the dispatcher: each op does what the test set. */
#ifndef KRX_TEST_FAKE_MODULE_H
#define KRX_TEST_FAKE_MODULE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/backend.h"
#include "lib/base/clock.h"
#include "lib/base/local_host.h"
#include "tests/unit/unit.h"

typedef struct fake_call {
    krx_error error;
    krx_call call;
} fake_call;

typedef struct world world;
struct world {
    int32_t (*act)(world *w, krx_call *call, krx_sink *out);
    int32_t code;
    krx_status status;
    int running; /* ops inside at the moment, and the most there ever were */
    int most;
    int entered;
    int closed;
    int released;
    int emitted_late;
    int gate; /* eventfd: an op that is deaf to everything waits for it */
};

typedef struct receiver {
    krx_sink sink;
    int count;
    int32_t stop_with;
    int64_t latency_ns;
    char backend[32], phase[32], state[32], id[32];
    int slow_ms;
} receiver;

typedef struct stage {
    krx_runtime *runtime;
    krx_backend *backend;
    world world;
    fake_call c;
    receiver out;
} stage;

int32_t do_answer(world *w, krx_call *call, krx_sink *out);
int32_t do_give_code(world *w, krx_call *call, krx_sink *out);
int32_t do_fail(world *w, krx_call *call, krx_sink *out);
int32_t do_wait(world *w, krx_call *call, krx_sink *out);
int32_t do_nap(world *w, krx_call *call, krx_sink *out);
int32_t do_hang(world *w, krx_call *call, krx_sink *out);
int32_t do_emit_status(world *w, krx_call *call, krx_sink *out);
int32_t do_emit_wrong_kind(world *w, krx_call *call, krx_sink *out);
int32_t do_log_for_ever(world *w, krx_call *call, krx_sink *out);
int32_t do_use_store(world *w, krx_call *call, krx_sink *out);
receiver receiver_init(receiver *r, uint32_t kind);
void release(void *ctx);
int stage_setup(void **state);
int stage_setup_serial(void **state);
int stage_setup_by_backend(void **state);
int seen(const int *what);
int until(int *what, int value);
int stage_teardown(void **state);
int32_t stage_ping(stage *s);
krx_status_req stage_status_req(void);
int32_t stage_get_status(stage *s);
krx_status stage_good_status(void);
int32_t stage_follow(stage *s, int32_t stop_with);
void fake_remove_root(void);
void fake_call_init(krx_runtime *runtime, fake_call *c, int64_t timeout_ms, int cancel_fd);

#endif
