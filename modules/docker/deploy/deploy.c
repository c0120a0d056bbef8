/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/deploy/deploy.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/model/image.h"
#include "modules/docker/containers/status.h"
#include "modules/docker/deploy/change.h"

/*
 * No lock keeps two deploys of a workload apart: one that meets another's container looks and plans
 * again. The other one may be gone: an engine finishes a create whose client was killed, and until
 * then nobody sees what has the name. Docker 20.10 did so each of 30 times, within 1 s with six
 * creates beside it; how late it may be is nowhere promised. So the figure is a guess, for an
 * engine that is busier by far. A living deploy that takes longer ends the wait with an error.
 */
#define PATIENCE_NS (60 * KRX_NS_PER_S)
#define RETRY_NS (200 * KRX_NS_PER_MS)
#define RETRY_MAX_NS (2 * KRX_NS_PER_S)

/* What only a backend can take that works on this machine's own files. */
static int32_t check_files(krx_call *call, const krx_workload *spec)
{
    krx_image_form form;
    if (krx_image_form_read(spec->image, &form) || form.kind != KRX_IMAGE_REFERENCE) {
        krx_fail(call, KRX_E_UNSUPPORTED,
                 "workload '%s': Docker can't run the image '%s' from where it lies", spec->name,
                 spec->image);
        return krx_hint(call, "deploy it to oci, or load it: kranix images import FILE");
    }
    if (spec->network && krx_has_prefix(spec->network, "ns:")) {
        krx_fail(call, KRX_E_UNSUPPORTED,
                 "workload '%s': Docker can't join the network namespace '%s'", spec->name,
                 spec->network + strlen("ns:"));
        return krx_hint(call, "deploy it to oci, or use network bridge, host or none");
    }
    return 0;
}

static const char *namespace_of(const krx_workload *spec)
{
    return krx_blank(spec->namespace_) ? "default" : spec->namespace_;
}

static int32_t attempt(krx_call *call, krx_dk_backend *backend, const krx_deploy_req *req)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    krx_dk_deploy own = {.backend = backend};
    krx_replica_deploy d = {.call = call,
                            .arena = arena,
                            .req = req,
                            .spec = req->spec,
                            .namespace_ = namespace_of(req->spec),
                            .hash = own.hash,
                            .deeds = &krx_dk_deeds,
                            .own = &own};
    krx_dk_spec_hash(req->spec, own.hash);
    (void)snprintf(own.generation, sizeof own.generation, "%" PRId64, krx_now_unix());
    int32_t code = arena && own.hash[0] ? krx_replicas_deploy(&d) : krx_no_memory(call);
    krx_dk_found_free(&own.found);
    return code;
}

/* Of uneven length, so that two deploys do not meet again and again. */
static int64_t pause_before(int attempts)
{
    int64_t longest = RETRY_NS * attempts < RETRY_MAX_NS ? RETRY_NS * attempts : RETRY_MAX_NS;
    int64_t chance = (krx_now_monotonic() / 1000 + (int64_t)getpid() * 7919) % 1000;
    return longest / 4 + longest * chance / 1000;
}

int32_t krx_dk_deploy_op(krx_call *call, void *backend, const krx_deploy_req *req, krx_sink *status)
{
    const krx_workload *spec = req->spec;
    int32_t code = check_files(call, spec);
    krx_deploy_req again = *req;
    int64_t until = krx_now_monotonic() + PATIENCE_NS;
    if (!code)
        code = krx_replica_check_spec(call, spec, "Docker");
    if (code)
        return code;
    for (int attempts = 1;; attempts++) {
        code = attempt(call, backend, &again);
        if (code != KRX_E_ABORTED || krx_now_monotonic() > until)
            break;
        again.changes = NULL; /* told already */
        krx_forgive(call);
        if (krx_sleep(call, pause_before(attempts)) < 0)
            return call->error->code;
    }
    if (code == KRX_E_ABORTED)
        return krx_hint(call,
                        "another deploy or destroy of '%s' is running: try again when it "
                        "has ended",
                        spec->name);
    if (code || (req->flags & KRX_DEPLOY_DRY_RUN))
        return code;
    return krx_dk_emit_status(call, backend, namespace_of(spec), spec->name, true, status);
}
