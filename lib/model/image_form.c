/* SPDX-License-Identifier: Apache-2.0 */
/* oci:/path[:tag], docker-archive:/path.tar[:reference], oci-archive:/path.tar[:tag], rootfs:/path
 */
#include <string.h>

#include "lib/base/str.h"
#include "lib/model/image.h"

#define PATH_LENGTH_MAX 4000

static const struct {
    const char *prefix;
    int kind;
    bool inside; /* an image in there may be named behind the path */
    bool name;   /* also an image's name that people may have: only a path makes it a form */
    const char *allowed;
} forms[] = {
    {"oci:", KRX_IMAGE_LAYOUT, true, true,
     "an absolute path without '..' after oci:, such as oci:/srv/images/app:v1"},
    {"docker-archive:", KRX_IMAGE_DOCKER_ARCHIVE, true, false,
     "an absolute path without '..' after docker-archive:, such as docker-archive:/srv/app.tar"},
    {"oci-archive:", KRX_IMAGE_OCI_ARCHIVE, true, false,
     "an absolute path without '..' after oci-archive:, such as oci-archive:/srv/app.tar"},
    {"rootfs:", KRX_IMAGE_FOLDER, false, true,
     "an absolute path without '..' after rootfs:, such as rootfs:/srv/root"},
};

static bool path_valid(const char *path, size_t length)
{
    if (length < 2 || length > PATH_LENGTH_MAX || *path != '/')
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
            return false;
        if (path[i] == '/' && strncmp(path + i, "/..", 3) == 0 &&
            (i + 3 == length || path[i + 3] == '/'))
            return false;
    }
    return true;
}

const char *krx_image_form_read(const char *text, krx_image_form *out)
{
    *out = (krx_image_form){.kind = KRX_IMAGE_REFERENCE};
    for (size_t i = 0; i < KRX_COUNT(forms); i++) {
        if (!krx_has_prefix(text, forms[i].prefix))
            continue;
        const char *path = text + strlen(forms[i].prefix);
        if (forms[i].name && !strchr(path, '/') && *path != '.' && *path != '~')
            return NULL;
        size_t length = forms[i].inside ? strcspn(path, ":") : strlen(path);
        const char *inside = path[length] ? path + length + 1 : NULL;
        if (!path_valid(path, length) || (inside && !*inside) || strlen(path) > PATH_LENGTH_MAX)
            return forms[i].allowed;
        *out = (krx_image_form){forms[i].kind, path, length, inside};
        return NULL;
    }
    return NULL;
}
