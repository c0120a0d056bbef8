/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kranix SDK: sinks. A sink takes the results of an op, one item at a time, and copies what it
 * keeps before emit returns. Lists, log chunks, progress, events and stats all travel like this.
 *
 * emit() answers 0 to go on; anything else means stop: release what you hold and return that
 * value from the op. It may be called from the thread that runs the op only, and not after the op
 * has returned. The host checks each item and answers KRX_E_INTERNAL for one that breaks a rule.
 */
#ifndef KRANIX_SINK_H
#define KRANIX_SINK_H

#include <kranix/abi.h>
#include <kranix/errors.h>

KRX_BEGIN_DECLS

/* What a sink takes. X(NAME, value, struct) */
#define KRX_ITEM_TABLE(X)                                                                          \
    X(STATUS, 1, krx_status)                                                                       \
    X(LOG, 2, krx_log_chunk)                                                                       \
    X(CAPABILITY, 3, krx_capability)                                                               \
    X(BACKEND, 4, krx_backend_info)                                                                \
    X(CHANGE, 5, krx_change)                                                                       \
    X(PROGRESS, 6, krx_progress)                                                                   \
    X(NODE, 7, krx_node_health)                                                                    \
    X(BACKEND_HEALTH, 8, krx_backend_health)                                                       \
    X(DRAIN, 9, krx_drain_result)                                                                  \
    X(CHECKPOINT, 10, krx_checkpoint)                                                              \
    X(VOLUME, 11, krx_volume_result)                                                               \
    X(INSTANCE, 12, krx_instance)                                                                  \
    X(STATS, 13, krx_stats)                                                                        \
    X(EXEC, 14, krx_exec_result)                                                                   \
    X(TEXT, 15, krx_text)                                                                          \
    X(EVENT, 16, krx_event)                                                                        \
    X(IMAGE, 17, krx_image)                                                                        \
    X(LATENCY, 18, krx_latency)                                                                    \
    X(REVISION, 19, krx_revision)

#define KRX_ITEM_ENUM_(name, value, type) KRX_ITEM_##name = (value),
enum { KRX_ITEM_NONE = 0, KRX_ITEM_TABLE(KRX_ITEM_ENUM_) KRX_ITEM_LAST_ = 19 };
#undef KRX_ITEM_ENUM_

typedef struct krx_sink krx_sink;
struct krx_sink {
    uint32_t struct_size;
    uint32_t kind; /* KRX_ITEM_*: what this sink takes */
    int32_t (*emit)(krx_sink *sink, uint32_t kind, const void *item);
    void *ctx; /* the owner's */
};

/* Emits one item; a NULL sink takes everything and keeps nothing. */
static inline int32_t krx_emit(krx_sink *sink, uint32_t kind, const void *item)
{
    return sink ? sink->emit(sink, kind, item) : 0;
}

KRX_END_DECLS
#endif
