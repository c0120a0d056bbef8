/* SPDX-License-Identifier: Apache-2.0 */
/* What is there, and what has to be done: before anything is written. */
#include <inttypes.h>

#include "lib/base/str.h"
#include "lib/model/model.h"
#include "modules/oci/deploy/change.h"
#include "modules/oci/deploy/volumes.h"

/* --------------------------------------------------------------------------------------- looking
 */

int32_t krx_oci_look_find(krx_replica_deploy *d)
{
    return krx_oci_group(d->call, d->arena, krx_oci_own(d)->backend, d->namespace_, d->spec->name,
                         &d->group);
}

int32_t krx_oci_look_image(krx_replica_deploy *d)
{
    krx_oci_image *image = &krx_oci_own(d)->image;
    int32_t code = krx_oci_image_look(d->call, d->arena, krx_oci_own_images(d), d->spec->image,
                                      krx_oci_platform(d->arena, d->spec), image);
    if (code && code != KRX_E_NOT_FOUND)
        return code;
    if (code && krx_strcaseeq(d->spec->pull_policy, "Never")) {
        krx_fail(d->call, KRX_E_NOT_FOUND, "image '%s' is not here, and pullPolicy is Never",
                 d->spec->image);
        return krx_hint(d->call, "kranix images pull or import it, or use pullPolicy IfNotPresent");
    }
    bool folder = !code && image->from == KRX_OCI_FROM_FOLDER;
    d->image_id = image->id;
    d->pull = code || (krx_strcaseeq(d->spec->pull_policy, "Always") && !folder);
    return krx_forgive(d->call);
}

int32_t krx_oci_look_volume(krx_replica_deploy *d, const krx_volume *volume, bool *exists)
{
    return krx_oci_volume_look(d->call, krx_oci_own(d)->backend, d->spec, volume, exists);
}

/* From the spec that a container was made of. One whose spec can't be read is made anew. */
static int32_t compare_with(krx_replica_deploy *d, const char *id, int *out)
{
    krx_specs specs KRX_CLEANUP(krx_specs_free) = {0};
    krx_diags diags KRX_CLEANUP(krx_diags_free) = {0};
    krx_side_call scratch;
    krx_call *call = krx_side_call_init(&scratch, d->call);
    char *text = NULL;
    krx_diags_init(&diags);
    int32_t code = krx_oci_spec_read(call, d->arena, &krx_oci_own(d)->backend->store, id, &text);
    *out = KRX_REPLICA_SAME;
    if (!code && krx_streq(text, krx_oci_own(d)->spec_json))
        return 0;
    if (!code)
        code = krx_specs_parse(call, "spec", text, strlen(text), KRX_SPEC_NO_FILES, &specs, &diags);
    if (code || specs.count != 1) {
        *out = KRX_REPLICA_ANEW;
        return krx_check(d->call);
    }
    *out = krx_oci_compare(specs.items[0]->workload, d->spec);
    return 0;
}

static int32_t can_update(krx_replica_deploy *d, const krx_replica *replica, bool *out)
{
    krx_oci_container c;
    krx_oci_runtime runtime;
    *out = !krx_replica_up(replica) || !krx_oci_limits_given(d->spec);
    if (*out)
        return 0;
    int32_t code =
        krx_oci_container_read(d->call, d->arena, &krx_oci_own(d)->backend->store, replica->id, &c);
    if (!code)
        code = krx_oci_runtime_of(d->call, d->arena, krx_oci_own(d)->backend, &c, &runtime);
    *out = !code && runtime.can & KRX_OCI_CAN_UPDATE;
    return code;
}

int32_t krx_oci_look_limits(krx_replica_deploy *d, const krx_replica *replica, int *limits)
{
    bool updatable = true;
    int32_t code = compare_with(d, replica->id, limits);
    if (!code && *limits == KRX_REPLICA_IN_PLACE)
        code = can_update(d, replica, &updatable);
    if (!updatable)
        *limits = KRX_REPLICA_ANEW;
    return code;
}

/* ----------------------------------------------------------------------------------------- ports
 */

static bool same_port(const krx_oci_port *taken, const krx_port *wanted)
{
    bool anywhere = krx_blank(taken->host_ip) || krx_blank(wanted->host_ip) ||
                    krx_streq(taken->host_ip, "0.0.0.0") || krx_streq(wanted->host_ip, "0.0.0.0");
    return taken->host_port == wanted->host_port &&
           krx_strcaseeq(taken->protocol, krx_blank(wanted->protocol) ? "tcp" : wanted->protocol) &&
           (anywhere || krx_streq(taken->host_ip, wanted->host_ip));
}

static bool is_own(const krx_replica_deploy *d, const krx_oci_container *c)
{
    return krx_streq(c->workload, d->spec->name) &&
           krx_streq(krx_blank(c->namespace_) ? "default" : c->namespace_, d->namespace_);
}

/* Another workload's port is better found before anything was pulled or made. */
static int32_t check_port(krx_replica_deploy *d, krx_oci_container *const *all,
                          const krx_port *port)
{
    for (; port->host_port > 0 && *all; all++) {
        int phase = krx_oci_container_phase(*all);
        bool up = phase == KRX_OCI_RUNNING || phase == KRX_OCI_PAUSED || phase == KRX_OCI_WAITING;
        for (const krx_oci_port *const *p = (*all)->ports; up && p && *p; p++) {
            if (!same_port(*p, port) || is_own(d, *all))
                continue;
            krx_fail(d->call, KRX_E_FAILED_PRECONDITION,
                     "host port %" PRId64 " is taken by container %s", port->host_port,
                     (*all)->name);
            return krx_hint(d->call, "choose another hostPort, or 0 for any free one");
        }
    }
    return 0;
}

int32_t krx_oci_look_ports(krx_replica_deploy *d)
{
    krx_oci_container **all;
    const krx_workload *spec = d->spec;
    if (!krx_replica_plan_creates(d->steps) || !spec->ports)
        return 0;
    int32_t code = krx_oci_containers(d->call, d->arena, krx_oci_own(d)->backend, &all);
    for (size_t i = 0; !code && spec->ports[i]; i++)
        code = check_port(d, all, spec->ports[i]);
    return code;
}
