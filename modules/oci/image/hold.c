/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "modules/oci/image/image.h"

int32_t krx_oci_images_hold(krx_call *call, const krx_oci_images *images)
{
    krx_autofree char *path = krx_format("%s/images/use.lock", images->store->root);
    if (!path)
        return krx_no_memory(call);
    krx_autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return krx_fail(call, KRX_E_PERMISSION_DENIED, "opening %s: %s", path, strerror(errno));
    while (flock(fd, LOCK_SH | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return krx_fail(call, KRX_E_UNKNOWN, "locking %s: %s", path, strerror(errno));
        if (krx_sleep(call, 5 * KRX_NS_PER_MS) < 0)
            return krx_wrap(call, "images are being tidied up");
    }
    return krx_move_fd(&fd);
}
