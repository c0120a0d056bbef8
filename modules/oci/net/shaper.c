/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/shaper.h"

#include <limits.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/act/mirred.h>
#include <netlink/route/action.h>
#include <netlink/route/classifier.h>
#include <netlink/route/cls/u32.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/tbf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/base/cleanup.h"

#define INGRESS_HANDLE 0xffff0000u
#define RATE_MIN 1000 /* bytes per second: a packet would take seconds */
#define HEADER_MAX 64
#define MTU_MAX 65536
#define BURST_MIN (16 * 1024)
#define QUEUE_MIN (64 * 1024)

KRX_DEFINE_CLEANUP(nl_sock, struct nl_sock, nl_socket_free)
KRX_DEFINE_CLEANUP(nl_link, struct rtnl_link, rtnl_link_put)
KRX_DEFINE_CLEANUP(nl_qdisc, struct rtnl_qdisc, rtnl_qdisc_put)
KRX_DEFINE_CLEANUP(nl_cls, struct rtnl_cls, rtnl_cls_put)
KRX_DEFINE_CLEANUP(nl_act, struct rtnl_act, rtnl_act_put)
#define auto_sock KRX_CLEANUP(krx_cleanup_nl_sock_)
#define auto_link KRX_CLEANUP(krx_cleanup_nl_link_)
#define auto_qdisc KRX_CLEANUP(krx_cleanup_nl_qdisc_)
#define auto_cls KRX_CLEANUP(krx_cleanup_nl_cls_)
#define auto_act KRX_CLEANUP(krx_cleanup_nl_act_)

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static int32_t fail_nl(krx_call *call, const char *what, const char *on, int err)
{
    int32_t code = err == -NLE_PERM || err == -NLE_NOACCESS            ? KRX_E_PERMISSION_DENIED
                   : err == -NLE_OPNOTSUPP || err == -NLE_OBJ_NOTFOUND ? KRX_E_UNSUPPORTED
                   : err == -NLE_NODEV                                 ? KRX_E_NOT_FOUND
                   : err == -NLE_NOMEM                                 ? KRX_E_RESOURCE_EXHAUSTED
                                                                       : KRX_E_UNKNOWN;
    krx_fail(call, code, "%s on %s: %s", what, on, nl_geterror(err));
    if (code == KRX_E_UNSUPPORTED)
        return krx_hint(call, "this kernel lacks a piece: sch_tbf, sch_ingress, cls_u32, "
                              "act_mirred and ifb are needed");
    return code;
}

static int32_t open_route(krx_call *call, struct nl_sock **out)
{
    *out = nl_socket_alloc();
    if (!*out)
        return no_memory(call);
    int err = nl_connect(*out, NETLINK_ROUTE);
    return err < 0 ? fail_nl(call, "opening", "rtnetlink", err) : 0;
}

/* 0 when there is none. */
static int index_of(const char *interface)
{
    return (int)if_nametoindex(interface);
}

static int32_t find(krx_call *call, const char *interface, int *index)
{
    *index = index_of(interface);
    if (*index)
        return 0;
    return krx_fail(call, KRX_E_NOT_FOUND, "there is no network interface '%s'", interface);
}

/* --------------------------------------------------------------------------------------- links */

static int32_t make_ifb(krx_call *call, struct nl_sock *sock, const char *name)
{
    auto_link struct rtnl_link *link = rtnl_link_alloc();
    if (!link)
        return no_memory(call);
    rtnl_link_set_name(link, name);
    rtnl_link_set_flags(link, IFF_UP);
    int err = rtnl_link_set_type(link, "ifb");
    if (err >= 0)
        err = rtnl_link_add(sock, link, NLM_F_CREATE | NLM_F_EXCL);
    if (err < 0 && err != -NLE_EXIST)
        return fail_nl(call, "making the IFB device", name, err);
    return 0;
}

/* -------------------------------------------------------------------------------- token bucket */

/* What is larger than the burst never goes. */
int krx_oci_shape_burst(int64_t rate, int mtu)
{
    int64_t bytes = rate / 100; /* what goes in 10 ms */
    int64_t least = mtu + HEADER_MAX > BURST_MIN ? mtu + HEADER_MAX : BURST_MIN;
    return (int)(bytes < least ? least : bytes > INT_MAX / 4 ? INT_MAX / 4 : bytes);
}

int krx_oci_shape_limit(int64_t rate, int mtu)
{
    int64_t bytes = rate / 20; /* what waits at most 50 ms */
    bytes = bytes < QUEUE_MIN ? QUEUE_MIN : bytes > INT_MAX / 4 ? INT_MAX / 4 : bytes;
    return (int)bytes + krx_oci_shape_burst(rate, mtu);
}

static int32_t check_rate(krx_call *call, int64_t bps)
{
    if (bps / 8 >= RATE_MIN && bps / 8 <= INT_MAX)
        return 0;
    return krx_fail(call, KRX_E_OUT_OF_RANGE,
                    "a bandwidth of %lld bit/s is not between 8 kbit/s and 17 Gbit/s",
                    (long long)bps);
}

static struct rtnl_qdisc *qdisc_on(int index, uint32_t parent, const char *kind)
{
    struct rtnl_qdisc *qdisc = rtnl_qdisc_alloc();
    if (!qdisc)
        return NULL;
    rtnl_tc_set_ifindex(TC_CAST(qdisc), index);
    rtnl_tc_set_parent(TC_CAST(qdisc), parent);
    if (kind && rtnl_tc_set_kind(TC_CAST(qdisc), kind) < 0) {
        rtnl_qdisc_put(qdisc);
        return NULL;
    }
    return qdisc;
}

/* 1500 when it can't be told. */
static int mtu_of(const char *interface)
{
    struct ifreq ifr = {0};
    (void)snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", interface);
    krx_autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFMTU, &ifr) < 0)
        return 1500;
    return ifr.ifr_mtu < MTU_MAX ? ifr.ifr_mtu : MTU_MAX;
}

static int32_t set_bucket(krx_call *call, struct nl_sock *sock, const char *interface, int64_t bps,
                          int mtu)
{
    int index = 0;
    int32_t code = check_rate(call, bps);
    if (code >= 0)
        code = find(call, interface, &index);
    if (code < 0)
        return code;
    auto_qdisc struct rtnl_qdisc *qdisc = qdisc_on(index, TC_H_ROOT, "tbf");
    if (!qdisc)
        return no_memory(call);
    int rate = (int)(bps / 8);
    rtnl_tc_set_handle(TC_CAST(qdisc), 0x10000u);
    rtnl_qdisc_tbf_set_rate(qdisc, rate, krx_oci_shape_burst(rate, mtu), 0);
    rtnl_qdisc_tbf_set_limit(qdisc, krx_oci_shape_limit(rate, mtu));
    int err = rtnl_qdisc_add(sock, qdisc, NLM_F_CREATE | NLM_F_REPLACE);
    return err < 0 ? fail_nl(call, "limiting the bandwidth", interface, err) : 0;
}

/* None there is no error: the kernel answers ENOENT, or EINVAL for its own default. */
static int32_t drop_qdisc(krx_call *call, struct nl_sock *sock, const char *interface,
                          uint32_t parent, uint32_t handle)
{
    int index = index_of(interface);
    if (!index)
        return 0;
    auto_qdisc struct rtnl_qdisc *qdisc = qdisc_on(index, parent, NULL);
    if (!qdisc)
        return no_memory(call);
    if (handle)
        rtnl_tc_set_handle(TC_CAST(qdisc), handle);
    int err = rtnl_qdisc_delete(sock, qdisc);
    if (err < 0 && err != -NLE_OBJ_NOTFOUND && err != -NLE_INVAL && err != -NLE_NODEV)
        return fail_nl(call, "taking the bandwidth limit away", interface, err);
    return 0;
}

int32_t krx_oci_shape_out(krx_call *call, const char *interface, int64_t bps)
{
    auto_sock struct nl_sock *sock = NULL;
    int32_t code = open_route(call, &sock);
    if (code < 0)
        return code;
    return bps > 0 ? set_bucket(call, sock, interface, bps, mtu_of(interface))
                   : drop_qdisc(call, sock, interface, TC_H_ROOT, 0);
}

/* ----------------------------------------------------------------------- what comes in, via IFB */

static int32_t add_ingress(krx_call *call, struct nl_sock *sock, const char *interface, int index)
{
    auto_qdisc struct rtnl_qdisc *qdisc = qdisc_on(index, TC_H_INGRESS, "ingress");
    if (!qdisc)
        return no_memory(call);
    rtnl_tc_set_handle(TC_CAST(qdisc), INGRESS_HANDLE);
    int err = rtnl_qdisc_add(sock, qdisc, NLM_F_CREATE | NLM_F_EXCL);
    return err < 0 ? fail_nl(call, "watching what comes in", interface, err) : 0;
}

/* All packets, whatever they are, go out by the IFB device, and come back where they were. */
static int32_t add_redirect(krx_call *call, struct nl_sock *sock, const char *interface, int index,
                            int to)
{
    auto_cls struct rtnl_cls *cls = rtnl_cls_alloc();
    auto_act struct rtnl_act *act = rtnl_act_alloc();
    if (!cls || !act)
        return no_memory(call);
    rtnl_tc_set_ifindex(TC_CAST(cls), index);
    rtnl_tc_set_parent(TC_CAST(cls), INGRESS_HANDLE);
    rtnl_cls_set_prio(cls, 1);
    rtnl_cls_set_protocol(cls, ETH_P_ALL);
    int err = rtnl_tc_set_kind(TC_CAST(cls), "u32");
    if (err >= 0)
        err = rtnl_u32_add_key_uint32(cls, 0, 0, 0, 0);
    if (err >= 0)
        err = rtnl_u32_set_cls_terminal(cls);
    if (err >= 0)
        err = rtnl_tc_set_kind(TC_CAST(act), "mirred");
    if (err >= 0)
        err = rtnl_mirred_set_action(act, TCA_EGRESS_REDIR);
    if (err >= 0)
        err = rtnl_mirred_set_policy(act, TC_ACT_STOLEN);
    if (err >= 0)
        err = rtnl_mirred_set_ifindex(act, (uint32_t)to);
    if (err >= 0)
        err = rtnl_u32_add_action(cls, act);
    if (err >= 0)
        err = rtnl_cls_add(sock, cls, NLM_F_CREATE);
    return err < 0 ? fail_nl(call, "redirecting what comes in", interface, err) : 0;
}

static int32_t begin_in(krx_call *call, struct nl_sock *sock, const char *interface,
                        const char *ifb, int64_t bps)
{
    int index = 0, to = 0;
    int32_t code = find(call, interface, &index);
    if (code >= 0)
        code = make_ifb(call, sock, ifb);
    if (code >= 0)
        code = set_bucket(call, sock, ifb, bps, mtu_of(interface));
    if (code >= 0)
        code = find(call, ifb, &to);
    if (code >= 0)
        code = add_ingress(call, sock, interface, index);
    return code < 0 ? code : add_redirect(call, sock, interface, index, to);
}

int32_t krx_oci_shape_in(krx_call *call, const char *interface, const char *ifb, int64_t bps)
{
    auto_sock struct nl_sock *sock = NULL;
    int32_t code = open_route(call, &sock);
    if (code >= 0 && bps > 0)
        code = check_rate(call, bps);
    if (code >= 0)
        code = drop_qdisc(call, sock, interface, TC_H_INGRESS, INGRESS_HANDLE);
    if (code < 0 || bps <= 0)
        return code < 0 ? code : krx_oci_link_remove(call, ifb);
    code = begin_in(call, sock, interface, ifb, bps);
    if (code < 0) {
        krx_error kept = *call->error;
        (void)drop_qdisc(call, sock, interface, TC_H_INGRESS, INGRESS_HANDLE);
        (void)krx_oci_link_remove(call, ifb);
        *call->error = kept;
    }
    return code;
}
