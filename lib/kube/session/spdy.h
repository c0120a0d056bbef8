/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A SPDY/3.1 connection with a stream for each channel of a session, as kubelets have taken it
 * since ever. moby/spdystream, which all of them use, does no flow control: it neither keeps to a
 * window nor ever opens one. So neither is waited for here; who keeps to windows is given the
 * largest.
 */
#ifndef KRX_KUBE_SPDY_H
#define KRX_KUBE_SPDY_H

#include "lib/kube/session/upgrade.h"

/* Opens the streams of options->channels, too: what stands in them begins when all are there. */
int32_t krx_spdy_open(krx_call *call, krx_kube *kube, const krx_carrier_options *options,
                      krx_carrier **out, krx_kube_switched *how);

#endif
