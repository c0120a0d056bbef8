/* SPDX-License-Identifier: Apache-2.0 */
/* Fails without a word. */
#include "tests/badmods/minimal.h"

static int32_t load(krx_call *call, const krx_host *host)
{
    (void)host;
    (void)call;
    mark('l');
    return KRX_E_UNAVAILABLE;
}

MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.load = load)
