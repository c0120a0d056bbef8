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

/* The next pair from these texts (NULL: none); the oldest one goes. */
static int32_t next_pair(krx_call *call, krx_kube_auth *auth, const char *cert, const char *key)
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

int32_t krx_kube_auth_certificate(krx_call *call, krx_kube_auth *auth, const char **cert_file,
                                  const char **key_file, uint64_t *generation)
{
    const krx_kube_config *c = auth->config;
    *cert_file = *key_file = NULL;
    *generation = 0;
    int32_t code = krx_kube_auth_freshen(call, auth);
    if (code < 0)
        return code;
    KRX_LOCK_SCOPE(&auth->lock);
    bool plugin = auth->plugin.cert != NULL;
    if (auth->generation == 0 || auth->pair_is_old) {
        code = next_pair(call, auth, plugin ? auth->plugin.cert : c->cert_data,
                         plugin ? auth->plugin.key : c->key_data);
        if (code < 0)
            return code;
    }
    const krx_kube_pair *pair = &auth->pairs[auth->generation % KRX_KUBE_PAIRS];
    *cert_file = pair->cert_fd >= 0 ? pair->cert_name : c->cert_file;
    *key_file = pair->key_fd >= 0 ? pair->key_name : c->key_file;
    *generation = auth->generation;
    return 0;
}
