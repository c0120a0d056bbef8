/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of a container's wire. By itself, as it alone needs libnl. */
#include <errno.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "modules/oci/net/names.h"
#include "modules/oci/net/net.h"
#include "modules/oci/net/netns.h"
#include "modules/oci/net/record.h"
#include "modules/oci/net/shaper.h"

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

typedef struct limits {
    const char *ifb;
    int64_t out, in; /* of the interface, as the one who sets them sees it */
    const char *interface;
} limits;

static int32_t limit(krx_call *call, const limits *l)
{
    int32_t code = 0;
    if (l->out >= 0)
        code = krx_oci_shape_out(call, l->interface, l->out);
    if (code >= 0 && l->in >= 0)
        code = krx_oci_shape_in(call, l->interface, l->ifb, l->in);
    return code;
}

/* In a child within the container's namespace: the text of the failure is the answer. */
static int limit_inside(void *ctx, int fd)
{
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    if (limit(&call, ctx) >= 0)
        return 0;
    (void)krx_write_all(fd, error.message, strlen(error.message));
    return error.code == KRX_E_OUT_OF_RANGE ? ERANGE : ECANCELED;
}

/* The end of the wire that is ours; without root there is none but the one inside. */
static int32_t limit_net(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const krx_oci_container *container, const krx_oci_net *net,
                         int64_t egress_bps, int64_t ingress_bps)
{
    char ifb[KRX_OCI_IFNAME_MAX], said[512];
    krx_oci_ifb_name(store, container->id, ifb);
    if (net->host_interface) /* what goes into the container leaves by it */
        return limit(call, &(limits){ifb, ingress_bps, egress_bps, net->host_interface});
    if (net->helper.pid <= 0 && egress_bps <= 0 && ingress_bps <= 0)
        return 0; /* none there, none wanted */
    if (net->helper.pid <= 0) {
        krx_fail(call, KRX_E_UNSUPPORTED, "network %s has no limits", net->mode);
        return krx_hint(call, "limits need network: bridge");
    }
    limits l = {ifb, egress_bps, ingress_bps, "eth0"};
    const char *netns = krx_oci_netns_path(arena, store, container->id, net->mode);
    if (!netns)
        return no_memory(call);
    int32_t code = krx_oci_netns_run(call, netns, "limiting", limit_inside, &l, said, sizeof said);
    if (code < 0 && *said)
        krx_fail(call, call->error->sys_errno == ERANGE ? KRX_E_OUT_OF_RANGE : KRX_E_UNSUPPORTED,
                 "%s", said);
    return code < 0 ? call->error->code : 0;
}

int32_t krx_oci_net_bandwidth(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const krx_oci_container *container, int64_t egress_bps,
                              int64_t ingress_bps)
{
    krx_oci_net net;
    const char *name = container->name ? container->name : container->id;
    int32_t code = krx_oci_net_read(call, arena, store, container->id, &net);
    if (code < 0)
        return krx_fail(call, KRX_E_FAILED_PRECONDITION, "container '%s' has no network now", name);
    code = limit_net(call, arena, store, container, &net, egress_bps, ingress_bps);
    if (code < 0)
        return krx_wrap(call, "bandwidth of container '%s'", name);
    net.ingress_bps = ingress_bps >= 0 ? ingress_bps : net.ingress_bps;
    net.egress_bps = egress_bps >= 0 ? egress_bps : net.egress_bps;
    return krx_oci_net_write(call, arena, store, container->id, &net);
}
