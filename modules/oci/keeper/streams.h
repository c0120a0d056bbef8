/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KRX_OCI_STREAMS_H
#define KRX_OCI_STREAMS_H

/* Puts a /dev/null of our own in the place of the machine's, where our standard streams are that.
 */
void krx_oci_own_streams(void);

#endif
