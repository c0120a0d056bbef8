/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/net.h"

#include <errno.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/base/side_call.h"
#include "modules/oci/net/bridge.h"
#include "modules/oci/net/files.h"
#include "modules/oci/net/names.h"
#include "modules/oci/net/netns.h"
#include "modules/oci/net/ports.h"
#include "modules/oci/net/process.h"
#include "modules/oci/net/shaper.h"

/* One container that is attached. */
typedef struct attachment {
    krx_arena *arena;
    const krx_oci_store *store;
    const krx_oci_launch *launch;
    krx_oci_container *container;
    const char *netns; /* of our own making; NULL: none */
    krx_oci_net net;
} attachment;

typedef int32_t attach_fn(krx_call *call, attachment *a);

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

/* --------------------------------------------------------------------------------------- modes */

static int32_t attach_nothing(krx_call *call, attachment *a)
{
    (void)call, (void)a;
    return 0;
}

static int32_t attach_bridge(krx_call *call, attachment *a)
{
    return krx_oci_bridge_attach(call, a->arena, a->store, a->container->id, a->netns, &a->net);
}

/* The process is noted before anything else can fail. */
static int32_t note_process(krx_call *call, attachment *a)
{
    char ip[64] = "";
    int32_t code = krx_oci_net_write(call, a->arena, a->store, a->container->id, &a->net);
    if (code >= 0)
        code = krx_oci_netns_address(call, a->netns, ip, sizeof ip);
    if (code < 0)
        return code;
    a->net.ip = *ip ? krx_arena_strdup(a->arena, ip) : NULL;
    return *ip && !a->net.ip ? no_memory(call) : 0;
}

static int32_t attach_pasta(krx_call *call, attachment *a)
{
    a->net.dns = KRX_OCI_PASTA_DNS;
    int32_t code = krx_oci_pasta_start(call, a->arena, a->store, a->container->id, a->netns,
                                       a->net.ports, &a->net.helper);
    return code < 0 ? code : note_process(call, a);
}

static int32_t attach_slirp(krx_call *call, attachment *a)
{
    a->net.dns = KRX_OCI_SLIRP_DNS;
    char here[64] = "";
    int32_t code = krx_oci_netns_address(call, NULL, here, sizeof here);
    if (code < 0)
        return code;
    /* its own gateway leads to the machine's loopback, which stays closed */
    a->net.gateway = *here ? krx_arena_strdup(a->arena, here) : NULL;
    code = krx_oci_slirp_start(call, a->arena, a->store, a->container->id, a->netns, a->net.ports,
                               &a->net.helper);
    return code < 0 ? code : note_process(call, a);
}

static int32_t attach_joined(krx_call *call, attachment *a)
{
    char ip[64] = "";
    const char *path = a->net.mode + strlen("ns:");
    int32_t code = krx_oci_netns_check(call, path);
    if (code >= 0)
        code = krx_oci_netns_address(call, path, ip, sizeof ip);
    if (code < 0)
        return code;
    a->net.ip = *ip ? krx_arena_strdup(a->arena, ip) : NULL;
    return *ip && !a->net.ip ? no_memory(call) : 0;
}

typedef struct mode {
    const char *name;
    attach_fn *attach;
    bool own_netns;
    bool ports; /* can publish some */
} mode;

static const mode modes[] = {
    {"bridge", attach_bridge, true, true},     {"pasta", attach_pasta, true, true},
    {"slirp4netns", attach_slirp, true, true}, {"host", attach_nothing, false, false},
    {"none", attach_nothing, false, false},
};

static const mode joined = {"ns:", attach_joined, false, false};

static const mode *mode_of(const char *network)
{
    for (size_t i = 0; network && i < KRX_COUNT(modes); i++)
        if (krx_streq(modes[i].name, network))
            return &modes[i];
    return network && krx_has_prefix(network, "ns:/") ? &joined : NULL;
}

/* ------------------------------------------------------------------------------------ attaching */

/* The mode in fact, and what the record says of it before anything is done. */
static int32_t plan(krx_call *call, attachment *a, const mode **m)
{
    const char *network = a->launch->network;
    int32_t code = 0;
    if (a->launch->rootless && krx_streq(network, "bridge"))
        code = krx_oci_rootless_mode(call, a->arena, &network);
    if (code < 0)
        return code;
    *m = mode_of(network);
    if (!*m) {
        krx_fail(call, KRX_E_INVALID_ARGUMENT, "network '%.200s' is not known",
                 network ? network : "");
        return krx_hint(call, "bridge, host, none, or ns:/path of a network namespace");
    }
    a->net = (krx_oci_net){.mode = network, .boot = a->store->boot};
    if ((*m)->own_netns) {
        a->netns = krx_oci_run_path(a->arena, a->store, "netns", a->container->id, NULL);
        if (!a->netns)
            return no_memory(call);
    }
    if ((*m)->attach == attach_bridge)
        return krx_oci_bridge_plan(call, a->arena, a->store, a->launch, &a->net);
    return 0;
}

static int32_t begin(krx_call *call, attachment *a, const mode *m)
{
    const char *id = a->container->id;
    const char *folder = krx_oci_run_path(a->arena, a->store, "networks", NULL, NULL);
    int32_t code = folder ? krx_make_dirs(call, folder, 0700) : no_memory(call);
    if (code >= 0)
        code = krx_oci_net_write(call, a->arena, a->store, id, &a->net);
    if (code >= 0 && m->ports)
        code = krx_oci_ports_book(call, a->arena, a->store, a->container, a->launch->ports,
                                  a->container->ports, &a->net.ports);
    if (code >= 0 && a->net.ports)
        code = krx_oci_net_write(call, a->arena, a->store, id, &a->net);
    if (code >= 0 && m->own_netns)
        code = krx_oci_netns_make(call, a->netns);
    return code < 0 ? code : m->attach(call, a);
}

/* What was given, as container.json shows it. */
static void tell(krx_oci_container *container, const krx_oci_net *net)
{
    container->network = net->mode;
    container->ip = net->ip;
    container->ports = net->ports;
    container->pasta = net->helper;
}

static bool stands(const krx_call *call, const attachment *a, const krx_oci_net *net)
{
    krx_side_call side;
    if (!net->complete || !krx_streq(net->mode, a->net.mode))
        return false;
    /* a sandbox has taken the addresses for itself, and they ended with it */
    if (a->netns && krx_streq(a->launch->runtime, "runsc"))
        return false;
    if (net->helper.pid > 0 && !krx_oci_process_alive(&net->helper))
        return false;
    return !a->netns || krx_oci_netns_check(krx_side_call_init(&side, call), a->netns) >= 0;
}

/* 1 when it is attached already; what was only begun is taken back. */
static int32_t look(krx_call *call, attachment *a)
{
    krx_side_call side;
    krx_oci_net net;
    if (krx_oci_net_read(krx_side_call_init(&side, call), a->arena, a->store, a->container->id,
                         &net) < 0)
        return krx_oci_net_detach(call, a->arena, a->store, a->launch, a->container);
    if (stands(call, a, &net)) {
        a->net = net;
        return 1;
    }
    return krx_oci_net_detach(call, a->arena, a->store, a->launch, a->container);
}

static int32_t finish(krx_call *call, attachment *a)
{
    tell(a->container, &a->net);
    int32_t code = krx_oci_files_write(call, a->arena, a->store, a->launch, a->container,
                                       a->net.gateway, a->net.dns);
    a->net.complete = true;
    return code < 0 ? code : krx_oci_net_write(call, a->arena, a->store, a->container->id, &a->net);
}

int32_t krx_oci_net_attach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const krx_oci_launch *launch, krx_oci_container *container)
{
    attachment a = {.arena = arena, .store = store, .launch = launch, .container = container};
    const mode *m = NULL;
    const krx_oci_port *const *before = container->ports;
    int32_t code = plan(call, &a, &m);
    if (code >= 0)
        code = look(call, &a);
    if (code == 0) {
        container->ports = before;
        code = begin(call, &a, m);
    }
    if (code >= 0)
        code = finish(call, &a);
    if (code < 0) {
        krx_side_call undo;
        if (krx_oci_net_detach(krx_undo_call(&undo, call), arena, store, launch, container) < 0)
            krx_log(call, KRX_LOG_WARN, "taking back the network of container '%s': %s",
                    container->id, undo.error.message);
        container->ports = before;
        return krx_wrap(call, "network %s of container '%s'", launch->network,
                        container->name ? container->name : container->id);
    }
    return 0;
}

/* ------------------------------------------------------------------------------------ detaching */

/* Keeps the first error; the rest is tried all the same. */
static void keep(krx_error *first, const krx_call *call, int32_t code)
{
    if (code < 0 && first->code == 0)
        *first = *call->error;
}

static void detach_given(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                         const char *id, const char *netns, const krx_oci_net *net,
                         krx_error *first)
{
    char ifb[KRX_OCI_IFNAME_MAX];
    if (net->helper.pid > 0)
        keep(first, call, krx_oci_process_end(call, arena, store, id, &net->helper));
    if (!net->bridge)
        return;
    int32_t code = krx_oci_bridge_detach(call, arena, store, id, netns, net);
    if (code == KRX_E_UNAVAILABLE) /* no plugin to be asked: the rest goes without it */
        krx_log(call, KRX_LOG_WARN, "network of container '%s': %s", id, call->error->message);
    else
        keep(first, call, code);
    krx_oci_ifb_name(store, id, ifb);
    keep(first, call, krx_oci_link_remove(call, ifb));
}

int32_t krx_oci_net_detach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                           const krx_oci_launch *launch, krx_oci_container *container)
{
    krx_error first = {.code = 0};
    krx_side_call side;
    krx_oci_net net;
    const char *id = container->id;
    const char *netns = krx_oci_run_path(arena, store, "netns", id, NULL);
    (void)launch;
    if (!netns)
        return no_memory(call);
    bool known = krx_oci_net_read(krx_side_call_init(&side, call), arena, store, id, &net) >= 0;
    if (known)
        detach_given(call, arena, store, id, netns, &net, &first);
    if (first.code == 0)
        keep(&first, call, krx_oci_netns_remove(call, netns));
    if (known && net.ports)
        keep(&first, call, krx_oci_ports_release(call, arena, store, id));
    if (first.code == 0 && known)
        keep(&first, call, krx_oci_net_forget(call, arena, store, id));
    container->ip = NULL;
    container->pasta = (krx_oci_process){0};
    if (first.code < 0)
        *call->error = first;
    return first.code;
}
