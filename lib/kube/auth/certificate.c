/* SPDX-License-Identifier: Apache-2.0 */
/* Client certificates as files that curl can open, without a file anywhere. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/fd.h"
#include "lib/kube/auth/internal.h"

int krx_kube_memfd(const char *name, const char *text)
{
    krx_autoclose int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || krx_write_all(fd, text, strlen(text)) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return -1;
    return krx_move_fd(&fd);
}

static void close_pair(krx_kube_pair *pair)
{
    if (pair->cert_fd >= 0)
        close(krx_move_fd(&pair->cert_fd));
    if (pair->key_fd >= 0)
        close(krx_move_fd(&pair->key_fd));
}

void krx_kube_pairs_init(krx_kube_auth *auth)
{
    for (size_t i = 0; i < KRX_KUBE_PAIRS; i++)
        auth->pairs[i] = (krx_kube_pair){.cert_fd = -1, .key_fd = -1};
}

void krx_kube_pairs_free(krx_kube_auth *auth)
{
    for (size_t i = 0; i < KRX_KUBE_PAIRS; i++)
        close_pair(&auth->pairs[i]);
}

static bool make_file(const char *title, const char *text, int *fd, char *name, size_t room)
{
    if (!text)
        return true;
    *fd = krx_kube_memfd(title, text);
    (void)snprintf(name, room, "/proc/self/fd/%d", *fd);
    return *fd >= 0;
}

int32_t krx_kube_pairs_next(krx_call *call, krx_kube_auth *auth, const char *cert, const char *key)
{
    krx_kube_pair *pair = &auth->pairs[(auth->generation + 1) % KRX_KUBE_PAIRS];
    close_pair(pair);
    if (!make_file("kranix-client-certificate", cert, &pair->cert_fd, pair->cert_name,
                   sizeof pair->cert_name) ||
        !make_file("kranix-client-key", key, &pair->key_fd, pair->key_name,
                   sizeof pair->key_name)) {
        int err = errno;
        close_pair(pair);
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED,
                        "no memory file for the client certificate: %s", strerror(err));
    }
    auth->generation++;
    auth->pair_is_old = false;
    return 0;
}
