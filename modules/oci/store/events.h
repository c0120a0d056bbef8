/* SPDX-License-Identifier: Apache-2.0 */
/* events.log: one line of JSON for each thing that happened to a container, in order. */
#ifndef KRX_OCI_EVENTS_H
#define KRX_OCI_EVENTS_H

#include <kranix/results.h>

#include "modules/oci/store/container.h"

/* type: create, start, die, oom, health, restart, stop, kill, pause, unpause, destroy, checkpoint,
 * restore, error. exit_code KRX_UNSET and message NULL: none. Appended in one write under a flock,
 * so that lines stand in order and are whole; rotated at 4 MiB. A failure is logged and costs
 * nothing else. */
void krx_oci_event_note(krx_call *call, const krx_oci_store *store,
                        const krx_oci_container *container, const char *type, int64_t exit_code,
                        const char *message);
/* A line; false when it is none. Texts live in the arena. */
bool krx_oci_event_parse(krx_arena *arena, const char *line, size_t length, krx_event *out);

/* Conmon leaves the file persist/oom at each kill. Whoever renames it first notes the event `oom`
 * and sets oom_killed; true when that was us. Takes the container's lock. */
bool krx_oci_oom_note(krx_call *call, const krx_oci_store *store, const char *id);
/* The same for one who holds the lock and writes the container afterwards. */
bool krx_oci_oom_take(krx_call *call, const krx_oci_store *store, krx_oci_container *container);

#endif
