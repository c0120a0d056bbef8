/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_DOCKER_CAPABILITIES_H
#define KRX_DOCKER_CAPABILITIES_H

#include <kranix/results.h>
#include <kranix/sink.h>

/* Level of a spec field, and the reason below native. */
uint32_t krx_dk_field_level(const char *path, const char **reason);

/* Every path of the schema and every op, into the sink. */
int32_t krx_dk_emit_capabilities(krx_sink *out);

#endif
