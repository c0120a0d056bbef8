/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials of one user, kept fresh: token files are read again (at most once a minute, and when
 * the server refused), plugins run again when what they gave has expired. For any number of
 * threads.
 */
#ifndef KRX_KUBE_AUTH_H
#define KRX_KUBE_AUTH_H

#include "lib/base/str.h"
#include "lib/kube/config/config.h"

typedef struct krx_kube_auth krx_kube_auth;

/* The config is borrowed and must outlive it. NULL when out of memory. */
krx_kube_auth *krx_kube_auth_new(const krx_kube_config *config);
void krx_kube_auth_free(krx_kube_auth *auth);

/*
 * "Authorization: ..." and the impersonation headers, one malloc'd text each, NULL-terminated;
 * possibly empty. Free with krx_kube_headers_free, which wipes them.
 */
int32_t krx_kube_auth_headers(krx_call *call, krx_kube_auth *auth, char ***out);
void krx_kube_headers_free(char **headers);

/*
 * The server answered 401. True when asking again makes sense: the credentials came from a file or
 * a plugin and were not already renewed for this request.
 */
bool krx_kube_auth_refused(krx_kube_auth *auth);

/*
 * Client certificate as PEM files that curl can open (given files, or memfds under /proc/self/fd);
 * NULL when there is none. Contacts nothing, but may run the plugin. `generation` changes when the
 * certificate does. Texts live until the next call that changes them and the auth's end.
 */
int32_t krx_kube_auth_certificate(krx_call *call, krx_kube_auth *auth, const char **cert_file,
                                  const char **key_file, uint64_t *generation);

/* A text as a file that only this process can open, for libraries that take file names: answers a
 * descriptor (sealed memfd) or -1. Its name is /proc/self/fd/N. */
int krx_kube_memfd(const char *name, const char *text);

#endif
