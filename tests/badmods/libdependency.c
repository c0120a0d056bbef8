/* SPDX-License-Identifier: Apache-2.0 */
/* The library that has what bad_borrowed lacks. */
#include <kranix/module.h>

extern KRX_PUBLIC const krx_module krx_module_good;
const krx_module krx_module_good = {.magic = KRX_MODULE_MAGIC, .struct_size = sizeof(krx_module)};

KRX_PUBLIC int krx_test_dependency(void);
int krx_test_dependency(void)
{
    return 1;
}
