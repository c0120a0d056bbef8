/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are once installed: fixed when the program was built, whatever the environment. */
#include "core/kranix.h"

const krx_paths *krx_paths_get(void)
{
    static const krx_paths paths = {
        .module_dir = KRX_MODULE_DIR,
        .vendor_allow_dir = KRX_VENDOR_ALLOW_DIR,
        .admin_allow_dir = KRX_ADMIN_ALLOW_DIR,
        .config_file = KRX_CONF_DIR "/config.yaml",
        .config_dir = KRX_CONF_DIR "/config.d",
        .libexec_dir = KRX_LIBEXEC_DIR,
        .state_dir = KRX_STATE_DIR,
    };
    return &paths;
}
