/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/badmods/minimal.h"

static const krx_setting nameless = {
    .struct_size = sizeof nameless, .type = KRX_SETTING_STRING, .name = "Not Good", .help = "x"};
static const krx_setting *const settings[] = {&nameless, NULL};
MIN_GOOD_NOTE;
MIN_DESCRIPTOR(.settings = settings)
