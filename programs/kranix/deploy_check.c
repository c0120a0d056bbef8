/* SPDX-License-Identifier: Apache-2.0 */
/* Before the deed: what of the specs the backends can't honour. */
#include <string.h>

#include "lib/model/results.h"
#include "programs/kranix/capabilities.h"
#include "programs/kranix/deploy.h"

typedef struct check_ctx {
    krx_cli *cli;
    const krx_cli_caps *caps;
    const char *workload;
    const char *backend;
    size_t refused;
    const krx_capability *last; /* said already */
} check_ctx;

static int visit(void *ctx, const char *path, const krx_field_info *field)
{
    check_ctx *c = ctx;
    const krx_capability *cap = krx_cli_caps_find(c->caps, path);
    (void)field;
    if (!cap || cap->level >= KRX_CAP_NATIVE || cap == c->last)
        return 0;
    c->last = cap;
    bool lost = cap->level < KRX_CAP_EMULATED;
    c->refused += lost;
    /* What is emulated is honoured, so that only who asks for details hears of it. */
    if (!lost && !krx_cli_flag(c->cli, KRX_OPT_VERBOSE) && !krx_cli_flag(c->cli, KRX_OPT_DRY_RUN))
        return 0;
    krx_cli_note(c->cli, lost ? "warning" : "note", "%s: %s is %s by %s%s%s", c->workload, path,
                 krx_capability_name(cap->level), c->backend, cap->reason ? ": " : "",
                 cap->reason ? cap->reason : "");
    return 0;
}

static int load_caps(krx_cli *cli, krx_cli_target *target, krx_cli_caps *caps)
{
    krx_cli_call call;
    krx_cli_call_init(cli, &call, KRX_CLI_UNARY_NS);
    if (krx_cli_caps_load(cli, &call.call, target->backend, caps) < 0)
        return krx_cli_error(cli, &call.error);
    return 0;
}

static int check_backend(krx_cli *cli, krx_cli_target *targets, size_t first, size_t count,
                         size_t *refused)
{
    krx_cli_caps caps KRX_CLEANUP(krx_cli_caps_free) = {0};
    int status = load_caps(cli, &targets[first], &caps);
    for (size_t i = first; i < count && !status; i++) {
        if (targets[i].backend != targets[first].backend)
            continue;
        check_ctx ctx = {.cli = cli,
                         .caps = &caps,
                         .workload = targets[i].spec->workload->name,
                         .backend = krx_backend_name(targets[i].backend)};
        (void)krx_workload_visit_set(targets[i].spec->workload, visit, &ctx);
        *refused += ctx.refused;
    }
    return status;
}

int krx_cli_check_capabilities(krx_cli *cli, krx_cli_target *targets, size_t count)
{
    size_t refused = 0;
    for (size_t i = 0; i < count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || targets[k].backend == targets[i].backend;
        int status = seen ? 0 : check_backend(cli, targets, i, count, &refused);
        if (status)
            return status;
    }
    if (!refused || !krx_cli_flag(cli, KRX_OPT_STRICT))
        return 0;
    krx_error error = {.struct_size = sizeof error, .code = KRX_E_UNSUPPORTED};
    (void)snprintf(error.message, sizeof error.message,
                   "%zu field%s can't be honoured; nothing was created or changed", refused,
                   refused == 1 ? "" : "s");
    (void)snprintf(error.hint, sizeof error.hint,
                   "see 'kranix backends show %s', or deploy without --strict",
                   krx_backend_name(targets[0].backend));
    return krx_cli_error(cli, &error);
}
