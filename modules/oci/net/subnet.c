/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/subnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "lib/base/str.h"

typedef struct range {
    uint32_t address, mask;
} range;

bool krx_oci_is_address(const char *text)
{
    unsigned char raw[16];
    return inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, raw) == 1;
}

/* "10.89.0.0/16" of at least four addresses. */
static bool parse(const char *text, range *out)
{
    char address[INET_ADDRSTRLEN];
    struct in_addr in;
    const char *slash = strchr(text, '/');
    char *end = NULL;
    if (!slash || (size_t)(slash - text) >= sizeof address)
        return false;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    long bits = slash[1] >= '0' && slash[1] <= '9' ? strtol(slash + 1, &end, 10) : 0;
    if (bits < 1 || bits > 30 || *end || inet_pton(AF_INET, address, &in) != 1)
        return false;
    out->mask = ~(uint32_t)0 << (32 - bits);
    out->address = ntohl(in.s_addr);
    return true;
}

static uint32_t ipv4_of(const struct sockaddr *address)
{
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return ntohl(in.sin_addr.s_addr);
}

static bool meets(const range *r, const struct ifaddrs *a)
{
    if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || !a->ifa_netmask)
        return false;
    uint32_t both = r->mask & ipv4_of(a->ifa_netmask);
    return ((r->address ^ ipv4_of(a->ifa_addr)) & both) == 0;
}

int32_t krx_oci_subnet_check(krx_call *call, const char *subnet, const char *bridge)
{
    range r;
    struct ifaddrs *all = NULL;
    if (!parse(subnet, &r) || (r.address & ~r.mask)) {
        krx_fail(call, KRX_E_INVALID_ARGUMENT, "'%.64s' is no subnet of IPv4 addresses", subnet);
        return krx_hint(call, "the setting subnet is written as 10.89.0.0/16");
    }
    if (getifaddrs(&all) < 0)
        return krx_fail(call, KRX_E_UNKNOWN, "reading the addresses of this machine: %s",
                        strerror(errno));
    char taken[IF_NAMESIZE] = "";
    for (struct ifaddrs *a = all; a && !*taken; a = a->ifa_next)
        if (!krx_streq(a->ifa_name, bridge) && meets(&r, a))
            (void)snprintf(taken, sizeof taken, "%s", a->ifa_name);
    freeifaddrs(all);
    if (!*taken)
        return 0;
    krx_fail(call, KRX_E_FAILED_PRECONDITION,
             "subnet %s of bridge %s is in use by interface %s of this machine", subnet, bridge,
             taken);
    return krx_hint(call, "choose another one by the setting subnet");
}
