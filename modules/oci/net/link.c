/* SPDX-License-Identifier: Apache-2.0 */
/* The one thing of interfaces that every end of a container needs: too little for a library. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "modules/oci/net/shaper.h"

/* 0 or -1 with errno. */
static int delete_link(int index)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } ask = {
        .header = {.nlmsg_len = sizeof ask,
                   .nlmsg_type = RTM_DELLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .link = {.ifi_family = AF_UNSPEC, .ifi_index = index},
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[1024];
    } answer = {0};
    krx_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0 || send(fd, &ask, sizeof ask, 0) < 0)
        return -1;
    ssize_t n = recv(fd, &answer, sizeof answer, 0);
    if (n < (ssize_t)(sizeof answer.header + sizeof answer.error) ||
        answer.header.nlmsg_type != NLMSG_ERROR) {
        errno = EPROTO;
        return -1;
    }
    errno = -answer.error.error;
    return answer.error.error ? -1 : 0;
}

int32_t krx_oci_link_remove(krx_call *call, const char *interface)
{
    unsigned index = if_nametoindex(interface);
    if (!index || delete_link((int)index) == 0 || errno == ENODEV)
        return 0;
    return krx_fail(call, errno == EPERM ? KRX_E_PERMISSION_DENIED : KRX_E_UNKNOWN,
                    "removing the interface '%s': %s", interface, strerror(errno));
}
