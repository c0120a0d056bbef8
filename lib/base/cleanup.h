/* SPDX-License-Identifier: Apache-2.0 */
/* Cleanup by attribute, named after the resource, and the two ways to give it away. */
#ifndef KRX_BASE_CLEANUP_H
#define KRX_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void krx_cleanup_free_(void *p)
{
    free(*(void **)p);
}

static inline void krx_cleanup_close_(int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

static inline void krx_cleanup_file_(FILE **f)
{
    if (*f)
        fclose(*f);
}

static inline void krx_cleanup_dir_(DIR **d)
{
    if (*d)
        closedir(*d);
}

static inline void krx_cleanup_unlock_(pthread_mutex_t **m)
{
    if (*m)
        pthread_mutex_unlock(*m);
}

#define KRX_CLEANUP(fn) __attribute__((cleanup(fn)))
#define krx_autofree KRX_CLEANUP(krx_cleanup_free_)
#define krx_autoclose KRX_CLEANUP(krx_cleanup_close_)
#define krx_autofile KRX_CLEANUP(krx_cleanup_file_)
#define krx_autodir KRX_CLEANUP(krx_cleanup_dir_)

/* Holds the mutex until the end of the scope. */
#define KRX_LOCK_SCOPE(mutex)                                                                      \
    KRX_CLEANUP(krx_cleanup_unlock_)                                                               \
    __attribute__((unused)) pthread_mutex_t *krx_scope_lock_ = krx_lock_(mutex)

static inline pthread_mutex_t *krx_lock_(pthread_mutex_t *m)
{
    pthread_mutex_lock(m);
    return m;
}

/* Defines krx_auto_<name> cleaning a `type *` with fn, which must accept NULL. */
#define KRX_DEFINE_CLEANUP(name, type, fn)                                                         \
    static inline void krx_cleanup_##name##_(type **p)                                             \
    {                                                                                              \
        if (*p)                                                                                    \
            fn(*p);                                                                                \
    }

static inline void *krx_move_ptr_(void *slot)
{
    void **p = slot, *value = *p;
    *p = NULL;
    return value;
}

#define krx_move_ptr(var) ((__typeof__(var))krx_move_ptr_(&(var)))

static inline int krx_move_fd(int *fd)
{
    int value = *fd;
    *fd = -1;
    return value;
}

#define KRX_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
