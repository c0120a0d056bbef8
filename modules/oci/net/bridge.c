/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/bridge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/side_call.h"
#include "lib/json/json.h"
#include "modules/oci/net/cni.h"
#include "modules/oci/net/netns.h"
#include "modules/oci/net/rules.h"
#include "modules/oci/net/shaper.h"
#include "modules/oci/net/subnet.h"
#include "modules/oci/store/lock.h"

#define PAUSE (5 * KRX_NS_PER_MS)

typedef struct work {
    krx_arena *arena;
    const krx_oci_store *store;
    const char *id;
    const char *data; /* folder of the addresses, "networks" */
    krx_oci_net *net;
    krx_oci_cni cni;
} work;

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

int32_t krx_oci_bridge_plan(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const krx_oci_launch *launch, krx_oci_net *net)
{
    static const char *const folders[] = {"/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni", NULL};
    char bridge[KRX_OCI_IFNAME_MAX];
    krx_oci_bridge_name(store, bridge);
    net->bridge = krx_arena_strdup(arena, bridge);
    net->subnet = krx_blank(launch->subnet) ? KRX_OCI_SUBNET : launch->subnet;
    net->cni_path = launch->cni_path && *launch->cni_path ? launch->cni_path : folders;
    return net->bridge ? krx_oci_subnet_check(call, net->subnet, net->bridge) : no_memory(call);
}

/* --------------------------------------------------------------------------------------- locks */

/*
 * The plugins' standard input, locked: a plugin that was left alone by a keeper that was killed
 * still holds that lock, so that nobody takes back what it is about to make.
 */
static int32_t open_input(krx_call *call, const work *w)
{
    const char *file = krx_arena_printf(w->arena, "%s.input", w->id);
    const char *path = file ? krx_oci_run_path(w->arena, w->store, "networks", file, NULL) : NULL;
    return path ? krx_oci_lock(call, path, "the network of the container") : no_memory(call);
}

static void remove_input(const work *w)
{
    const char *file = krx_arena_printf(w->arena, "%s.input", w->id);
    const char *path = file ? krx_oci_run_path(w->arena, w->store, "networks", file, NULL) : NULL;
    if (path)
        (void)unlink(path);
}

static int open_bridge_lock(const work *w)
{
    const char *file = krx_arena_printf(w->arena, "%s.lock", w->net->bridge);
    const char *path = file ? krx_oci_run_path(w->arena, w->store, "networks", file, NULL) : NULL;
    return path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
}

/* Shared by all that join the bridge; whoever removes it has it alone. */
static int32_t share_bridge(krx_call *call, const work *w)
{
    krx_autoclose int fd = open_bridge_lock(w);
    if (fd < 0)
        return krx_fail(call, KRX_E_UNKNOWN, "locking bridge %s: %s", w->net->bridge,
                        strerror(errno));
    while (flock(fd, LOCK_SH | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return krx_fail(call, KRX_E_UNKNOWN, "locking bridge %s: %s", w->net->bridge,
                            strerror(errno));
        if (krx_sleep(call, PAUSE) < 0)
            return krx_wrap(call, "bridge %s is busy", w->net->bridge);
    }
    return krx_move_fd(&fd);
}

/* ----------------------------------------------------------------------------------- both ways */

static int32_t begin(krx_call *call, krx_arena *arena, const krx_oci_store *store, const char *id,
                     const char *netns, const krx_oci_net *net, work *w)
{
    *w = (work){.arena = arena, .store = store, .id = id, .net = (krx_oci_net *)(uintptr_t)net};
    w->cni = (krx_oci_cni){
        .arena = arena, .id = id, .netns = netns, .folders = net->cni_path, .input_fd = -1};
    w->data = krx_oci_run_path(arena, store, "networks", NULL, NULL);
    if (!w->data)
        return no_memory(call);
    int32_t code = krx_make_dirs(call, w->data, 0700);
    if (code >= 0)
        code = w->cni.input_fd = open_input(call, w);
    return code < 0 ? code : 0;
}

static cJSON *list_of(const work *w)
{
    krx_oci_cni_network network = {
        .bridge = w->net->bridge,
        .subnet = w->net->subnet,
        .data = w->data,
        .portmap = w->net->ports && *w->net->ports,
    };
    return krx_oci_cni_list(&network);
}

static int32_t note(krx_call *call, void *ctx, const cJSON *result)
{
    work *w = ctx;
    krx_autofree char *text = cJSON_PrintUnformatted(result);
    w->net->result = text ? krx_arena_strdup(w->arena, text) : NULL;
    if (!w->net->result)
        return no_memory(call);
    return krx_oci_net_write(call, w->arena, w->store, w->id, w->net);
}

int32_t krx_oci_bridge_attach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const char *id, const char *netns, krx_oci_net *net)
{
    work w;
    krx_auto_json cJSON *result = NULL;
    krx_oci_cni_result got;
    int32_t code = begin(call, arena, store, id, netns, net, &w);
    krx_autoclose int input = code < 0 ? -1 : w.cni.input_fd;
    krx_autoclose int bridge = code < 0 ? -1 : (code = share_bridge(call, &w));
    krx_auto_json cJSON *list = list_of(&w);
    w.cni.note = note;
    w.cni.ctx = &w;
    if (code >= 0 && !list)
        code = no_memory(call);
    if (code >= 0)
        code = krx_oci_rules_begin(call, arena, store, net->bridge, net->subnet);
    if (code >= 0)
        code = krx_oci_cni_add(call, &w.cni, list, net->ports, &result);
    if (code >= 0)
        code = krx_oci_cni_result_read(call, arena, result, net->bridge, &got);
    if (code < 0)
        return code;
    net->ip = got.ip;
    net->gateway = got.gateway;
    net->host_interface = got.host_interface;
    (void)input, (void)bridge;
    return 0;
}

/* ------------------------------------------------------------------------------------ and back */

/* True when an address of the folder is given out: a file whose name is one. */
static bool in_use(const work *w)
{
    const char *path = krx_arena_printf(w->arena, "%s/%s", w->data, w->net->bridge);
    krx_autodir DIR *dir = path ? opendir(path) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (krx_oci_is_address(e->d_name))
            return true;
    return !dir && errno != ENOENT;
}

static void remove_bridge(krx_call *call, const work *w)
{
    krx_autoclose int fd = open_bridge_lock(w);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || in_use(w))
        return;
    if (krx_oci_link_remove(call, w->net->bridge) < 0 ||
        krx_oci_rules_end(call, w->arena, w->net->bridge, w->net->subnet) < 0)
        krx_log(call, KRX_LOG_WARN, "removing bridge %s: %s", w->net->bridge, call->error->message);
}

int32_t krx_oci_bridge_detach(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                              const char *id, const char *netns, const krx_oci_net *net)
{
    work w;
    krx_side_call side;
    krx_auto_json cJSON *previous = NULL;
    /* the namespace may be gone with the mount namespace that had it: the plugins know that as ""
     */
    bool there = krx_oci_netns_check(krx_side_call_init(&side, call), netns) >= 0;
    int32_t code = begin(call, arena, store, id, there ? netns : "", net, &w);
    krx_autoclose int input = code < 0 ? -1 : w.cni.input_fd;
    krx_auto_json cJSON *list = list_of(&w);
    if (code >= 0 && !list)
        code = no_memory(call);
    if (code >= 0 && net->result)
        code = krx_json_parse(call, "the record of the network", net->result, strlen(net->result),
                              &previous);
    if (code >= 0)
        code = krx_oci_cni_del(call, &w.cni, list, net->ports, previous);
    if (code < 0)
        return code;
    remove_input(&w);
    remove_bridge(krx_side_call_init(&side, call), &w);
    (void)input;
    return 0;
}
