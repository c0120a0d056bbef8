/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of deploy. */
#ifndef KRX_CLI_DEPLOY_H
#define KRX_CLI_DEPLOY_H

#include <cjson/cJSON.h>

#include "programs/kranix/cli.h"
#include "programs/kranix/progress.h"

/* One workload on its way. */
typedef struct krx_cli_target {
    krx_spec *spec; /* borrowed */
    krx_backend *backend;
    krx_cli_op *op;        /* own */
    krx_cli_op *status_op; /* own: memory of a status that was asked for later */
    krx_status *status;    /* of the last answer; may be NULL */
    krx_ptrs changes;      /* krx_change copies in op's arena */
    krx_sink changes_sink;
    krx_error error; /* why it failed */
    bool skipped;    /* the user said stop before it began */
    int result;      /* exit status */
} krx_cli_target;

/* What backends can do, each asked once. Warns; with --strict answers 7 before anything is done. */
int krx_cli_check_capabilities(krx_cli *cli, krx_cli_target *targets, size_t count);

/* Makes target->changes_sink collect into target->changes, which begins anew. */
void krx_cli_changes_into(krx_cli_target *target);
/* Runs the op, as a dry run when asked, and collects its changes. */
int32_t krx_cli_deploy_run(krx_cli_call *call, krx_cli_target *target, bool dry_run,
                           krx_cli_progress *progress);
/* Says why it failed. What is missing is part of the request here (an image, a volume), not the
 * workload itself. */
int krx_cli_deploy_error(krx_cli *cli, const krx_cli_target *target, const krx_error *error);
/* "created", "updated", "replaced", "unchanged". */
const char *krx_cli_deploy_word(const krx_cli_target *target);
/* "replace  container web-1 (image: a -> b)", fit for a terminal; to be freed. NULL: no memory. */
char *krx_cli_change_text(const krx_change *change);
/* True when some change is more than looking or pulling. */
bool krx_cli_deploy_changes(const krx_cli_target *target);

int krx_cli_deploy_diff(krx_cli *cli, krx_cli_target *target, cJSON *results);
int krx_cli_deploy_wait(krx_cli *cli, krx_cli_target *target);

/* A workload that is waited for until it runs or is lost. */
typedef struct krx_cli_waited {
    const char *name;
    const char *namespace_; /* NULL: as the user said */
    krx_backend *backend;
    krx_cli_op *status_op; /* own: memory of `status` */
    krx_status *status;    /* of the last answer; may be NULL */
} krx_cli_waited;

/* As long as --wait says. Tells how it ends; answers the exit status. */
int krx_cli_wait(krx_cli *cli, krx_cli_waited *workload);
cJSON *krx_cli_target_json(const krx_cli_target *target);

#endif
