/* SPDX-License-Identifier: Apache-2.0 */
/* A complete small backend: each instance of a workload is a process of this machine. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <pthread.h>

#include <kranix/module.h>

typedef struct instance {
    struct instance *next;
    int64_t replica; /* from 1 */
    int64_t run;     /* counts the starts */
    int64_t started_ns;
    int64_t exit_code; /* KRX_UNSET while it runs or has never run */
    int stopped;       /* on purpose */
    krx_child child;   /* pid 0: does not run */
} instance;

/* Everything that is kept of a spec is a copy: the request is gone when the op returns. */
typedef struct workload {
    struct workload *next;
    char *name, *namespace_, *id, *image, *working_dir, *spec_json;
    char **argv, **env;
    krx_kv **labels;
    int64_t grace_ns, created_ns, updated_ns;
    instance *instances;
} workload;

typedef struct sample {
    const krx_host *host;
    pthread_mutex_t lock;
    char dir[128]; /* of the log files */
    workload *first;
    int64_t runs;
} sample;

/* life.c */
int32_t sample_load(krx_call *call, const krx_host *host);
int32_t sample_open(krx_call *call, const krx_open_req *req, void **backend);
void sample_close(void *backend);

/* Waits for the lock as for anything else: within the deadline and until cancelled. */
int32_t sample_enter(krx_call *call, sample *s);
void sample_leave(sample *s);

/* process.c */
void sample_log_path(const sample *s, const workload *w, const instance *i, int stream, char *out,
                     size_t size);
int32_t sample_start(krx_call *call, sample *s, const workload *w, instance *i);
int32_t sample_stop(krx_call *call, instance *i, int64_t grace_ns);
void sample_kill(instance *i); /* for close(): waits for nothing but the kernel */
void sample_refresh(krx_call *call, workload *w);
int64_t sample_now(void);

/* store.c */
workload *sample_find(const sample *s, const krx_ref *ref);
workload *sample_workload_new(krx_call *call, const krx_deploy_req *req);
void sample_workload_free(workload *w);
int sample_same_run(const workload *a, const workload *b, const char **field);
int sample_same_labels(const workload *a, const workload *b);

/* ops */
int32_t sample_deploy(krx_call *, void *, const krx_deploy_req *, krx_sink *);
int32_t sample_destroy(krx_call *, void *, const krx_destroy_req *, krx_sink *);
int32_t sample_restart(krx_call *, void *, const krx_restart_req *, krx_sink *);
int32_t sample_get_status(krx_call *, void *, const krx_status_req *, krx_sink *);
int32_t sample_list(krx_call *, void *, const krx_list_req *, krx_sink *);
int32_t sample_logs(krx_call *, void *, const krx_logs_req *, krx_sink *);
int32_t sample_ping(krx_call *, void *, const krx_ping_req *, krx_sink *);
int32_t sample_backend(krx_call *, void *, const krx_backend_req *, krx_sink *);
int32_t sample_emit_status(const workload *w, int with_instances, krx_sink *out);

#endif
