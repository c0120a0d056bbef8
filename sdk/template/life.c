/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the module: load once, then any number of backends from open to close. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample.h"

static const krx_host *the_host; /* set by load(), good until unload() */

int32_t sample_load(krx_call *call, const krx_host *host)
{
    (void)call;
    the_host = host;
    return 0;
}

int32_t sample_open(krx_call *call, const krx_open_req *req, void **backend)
{
    const char *dir = krx_setting_get(req, "log_dir");
    sample *s = calloc(1, sizeof *s);
    if (!s)
        return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
    s->host = the_host;
    (void)snprintf(s->dir, sizeof s->dir, "%.100s/kranix-sample-XXXXXX", dir ? dir : "/tmp");
    if (!mkdtemp(s->dir)) {
        int err = errno;
        free(s);
        krx_fail(call, KRX_E_INVALID_ARGUMENT, "no folder for logs can be made in '%s': %s",
                 dir ? dir : "/tmp", strerror(err));
        return krx_hint(call, "set log_dir to a folder that you may write to");
    }
    (void)pthread_mutex_init(&s->lock, NULL);
    *backend = s;
    return 0;
}

void sample_close(void *backend)
{
    sample *s = backend;
    while (s->first) {
        workload *w = s->first;
        s->first = w->next;
        for (instance *i = w->instances; i; i = i->next) {
            char path[512];
            sample_kill(i);
            for (int stream = KRX_STREAM_STDOUT; stream <= KRX_STREAM_STDERR; stream++) {
                sample_log_path(s, w, i, stream, path, sizeof path);
                (void)unlink(path);
            }
        }
        sample_workload_free(w);
    }
    (void)rmdir(s->dir);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

int32_t sample_enter(krx_call *call, sample *s)
{
    int32_t code = krx_check(call);
    while (code == 0 && pthread_mutex_trylock(&s->lock) != 0)
        code = krx_sleep(call, 5 * 1000 * 1000);
    return code;
}

void sample_leave(sample *s)
{
    (void)pthread_mutex_unlock(&s->lock);
}
