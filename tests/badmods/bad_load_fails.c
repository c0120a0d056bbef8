/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

static int32_t load(krx_call *call, const krx_host *host)
{
    (void)host;
    mark('l');
    return krx_fail(call, KRX_E_UNAVAILABLE, "the moon is in the wrong place");
}

MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.load = load)
