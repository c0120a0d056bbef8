/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens on a port, from /proc, for the text of an error. */
#include "modules/oci/net/socket_owner.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/str.h"

#define LINES_MAX 100000

/* The inode of a socket that listens (or, for UDP, is bound) on `port`; 0: none. */
static unsigned long inode_of(const char *table, int64_t port, bool listening)
{
    char line[512];
    unsigned int local, state;
    unsigned long inode, found = 0;
    krx_autofile FILE *f = fopen(table, "re");
    for (int i = 0; f && !found && i < LINES_MAX && fgets(line, sizeof line, f); i++)
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %lu", &local, &state,
                   &inode) == 3 &&
            local == port && (!listening || state == 0x0A))
            found = inode;
    return found;
}

static bool has_socket(const char *pid, const char *link)
{
    char path[300], target[64];
    (void)snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    krx_autodir DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        if (krx_streq(target, link))
            return true;
    }
    return false;
}

static void name_of(const char *pid, char comm[32])
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    krx_autofile FILE *f = fopen(path, "re");
    if (!f || !fgets(comm, 32, f))
        (void)snprintf(comm, 32, "?");
    comm[strcspn(comm, "\n")] = '\0';
}

void krx_oci_socket_owner(const char *protocol, int64_t port, char *out, size_t size)
{
    char table[32], link[64], comm[32];
    unsigned long inode = 0;
    bool tcp = krx_strcaseeq(protocol, "tcp");
    for (int v6 = 0; v6 < 2 && !inode; v6++) {
        (void)snprintf(table, sizeof table, "/proc/net/%s%s", tcp ? "tcp" : "udp", v6 ? "6" : "");
        inode = inode_of(table, port, tcp);
    }
    if (!inode)
        return;
    (void)snprintf(link, sizeof link, "socket:[%lu]", inode);
    krx_autodir DIR *proc = opendir("/proc");
    for (struct dirent *e; proc && (e = readdir(proc));)
        if (isdigit((unsigned char)*e->d_name) && has_socket(e->d_name, link)) {
            name_of(e->d_name, comm);
            (void)snprintf(out, size, "process %.20s (%s)", e->d_name, comm);
            return;
        }
}
