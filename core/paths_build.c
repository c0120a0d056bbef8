/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are in a build tree: for programs that are never installed, and for tests. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/kranix.h"

enum { MODULES, VENDOR, ADMIN, CONFIG_FILE, CONFIG_DIR, LIBEXEC, STATE, PLACES };

static char text[PLACES][PATH_MAX];
static krx_paths paths;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *place(int which, const char *root, const char *below)
{
    (void)snprintf(text[which], sizeof text[which], "%s/stage/%s", root, below);
    return text[which];
}

static void fill(void)
{
    const char *root = getenv("KRANIX_BUILD_ROOT");
    if (!root || root[0] != '/')
        root = "/nonexistent";
    paths = (krx_paths){
        .module_dir = place(MODULES, root, "modules"),
        .vendor_allow_dir = place(VENDOR, root, "plugins.allow.d"),
        .admin_allow_dir = place(ADMIN, root, "etc/plugins.allow.d"),
        .config_file = place(CONFIG_FILE, root, "etc/config.yaml"),
        .config_dir = place(CONFIG_DIR, root, "etc/config.d"),
        .libexec_dir = place(LIBEXEC, root, "libexec"),
        .state_dir = place(STATE, root, "state"),
    };
}

const krx_paths *krx_paths_get(void)
{
    (void)pthread_once(&once, fill);
    return &paths;
}
