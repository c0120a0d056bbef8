/* SPDX-License-Identifier: Apache-2.0 */
/* What conmon says on its attach socket: one packet each, a byte for the stream and the data. */
#ifndef KRX_OCI_ATTACH_FRAMES_H
#define KRX_OCI_ATTACH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KRX_OCI_FRAME_MAX 32768u /* more than conmon ever sends */

/* False when it is none; *stream: KRX_STREAM_*. */
bool krx_oci_attach_frame(const char *packet, size_t length, uint32_t *stream, const char **data,
                          size_t *data_length);

#endif
