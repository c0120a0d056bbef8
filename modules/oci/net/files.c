/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/side_call.h"

#define FILE_MAX ((size_t)1 << 20)
#define NAME_SERVERS_MAX 16u

static int32_t no_memory(krx_call *call)
{
    return krx_fail(call, KRX_E_RESOURCE_EXHAUSTED, "out of memory");
}

static bool is_address(const char *text)
{
    unsigned char raw[16];
    return inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, raw) == 1;
}

/* --------------------------------------------------------------------------------------- hosts */

static int32_t fail_host(krx_call *call, const char *text)
{
    krx_fail(call, KRX_E_INVALID_ARGUMENT, "extra host '%.200s' is not NAME:ADDRESS", text);
    return krx_hint(call, "such as db:192.0.2.7, or host:host-gateway for this machine");
}

static int32_t add_extra(krx_call *call, const krx_oci_names *names, const char *text, krx_str *out)
{
    char address[64];
    const char *colon = strchr(text, ':');
    if (!colon || colon == text || text[strcspn(text, " \t\r\n")])
        return fail_host(call, text);
    const char *value = colon + 1;
    size_t length = strlen(value);
    if (*value == '[' && length > 2 && value[length - 1] == ']') {
        value++;
        length -= 2;
    }
    if (krx_streq(value, "host-gateway")) {
        if (!names->gateway)
            return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                            "extra host '%.200s': nothing on this network leads to this machine",
                            text);
        value = names->gateway;
        length = strlen(value);
    }
    if (length >= sizeof address)
        return fail_host(call, text);
    memcpy(address, value, length);
    address[length] = '\0';
    if (!is_address(address))
        return fail_host(call, text);
    krx_str_addf(out, "%s\t%.*s\n", address, (int)(colon - text), text);
    return 0;
}

int32_t krx_oci_hosts_text(krx_call *call, const krx_oci_names *names, krx_str *out)
{
    if (names->host_hosts) {
        krx_str_add(out, names->host_hosts);
        if (out->length && out->data[out->length - 1] != '\n')
            krx_str_addc(out, '\n');
    } else {
        krx_str_add(out, "127.0.0.1\tlocalhost\n"
                         "::1\tlocalhost ip6-localhost ip6-loopback\n"
                         "fe00::\tip6-localnet\n"
                         "ff02::1\tip6-allnodes\n"
                         "ff02::2\tip6-allrouters\n");
        if (!krx_blank(names->hostname))
            krx_str_addf(out, "%s\t%s\n", names->ip ? names->ip : "127.0.1.1", names->hostname);
    }
    for (const char *const *h = names->extra_hosts; h && *h; h++) {
        int32_t code = add_extra(call, names, *h, out);
        if (code < 0)
            return code;
    }
    return krx_str_failed(out) ? no_memory(call) : 0;
}

/* --------------------------------------------------------------------------------- resolv.conf */

static bool is_loopback(const char *address)
{
    return krx_has_prefix(address, "127.") || krx_streq(address, "::1") ||
           krx_streq(address, "0.0.0.0") || krx_streq(address, "::");
}

/* The value of a line "keyword value", NULL when it is another one. */
static const char *value_of(const char *line, const char *keyword)
{
    size_t length = strlen(keyword);
    line += strspn(line, " \t");
    if (strncmp(line, keyword, length) != 0 || !strchr(" \t", line[length]) || !line[length])
        return NULL;
    line += length;
    return line + strspn(line, " \t");
}

typedef struct lines {
    size_t servers; /* kept */
    size_t dropped;
} lines;

/* Name servers of `text` that can be reached from inside; the rest of the file where asked for. */
static lines copy_lines(const char *text, bool servers, bool rest, bool loopback_works,
                        krx_str *out)
{
    lines got = {0};
    char line[1024], address[64];
    while (*text) {
        size_t length = strcspn(text, "\n");
        (void)snprintf(line, sizeof line, "%.*s", (int)(length < 1023 ? length : 1023), text);
        text += length + (text[length] == '\n');
        const char *server = value_of(line, "nameserver");
        if (server && servers) {
            (void)snprintf(address, sizeof address, "%.*s", (int)strcspn(server, " \t\r#;"),
                           server);
            if (is_loopback(address) && !loopback_works)
                got.dropped++;
            else if (got.servers++ < NAME_SERVERS_MAX)
                krx_str_addf(out, "nameserver %s\n", address);
        } else if (rest && (value_of(line, "search") || value_of(line, "domain") ||
                            value_of(line, "options"))) {
            krx_str_addf(out, "%s\n", line + strspn(line, " \t"));
        }
    }
    return got;
}

static bool only_loopback(const char *text)
{
    krx_auto_str krx_str none = {0};
    lines got = copy_lines(text, true, false, false, &none);
    return !got.servers && got.dropped;
}

int32_t krx_oci_resolv_text(krx_call *call, const krx_oci_resolvers *r, krx_str *out,
                            size_t *dropped)
{
    const char *text = r->text;
    *dropped = 0;
    if (!r->loopback_works && r->real && only_loopback(text))
        text = r->real;
    (void)copy_lines(text, false, true, r->loopback_works, out);
    if (r->dns && *r->dns) {
        for (const char *const *d = r->dns; *d; d++) {
            if (!is_address(*d))
                return krx_fail(call, KRX_E_INVALID_ARGUMENT, "dns: '%.100s' is no address", *d);
            krx_str_addf(out, "nameserver %s\n", *d);
        }
    } else {
        lines got = copy_lines(text, true, false, r->loopback_works, out);
        if (!got.servers && r->instead)
            krx_str_addf(out, "nameserver %s\n", r->instead);
        else
            *dropped = got.dropped;
    }
    return krx_str_failed(out) ? no_memory(call) : 0;
}

/* ------------------------------------------------------------------------------------- writing */

/* The text of a file of the machine, "" when it is not there. */
static void read_machine(krx_call *call, const char *path, krx_str *out)
{
    krx_side_call side;
    if (krx_read_file(krx_side_call_init(&side, call), path, FILE_MAX, out) < 0) {
        krx_log(call, KRX_LOG_DEBUG, "%s", side.error.message);
        krx_str_reset(out);
    }
}

/* In place: the file may be mounted into a container that runs. */
static int32_t put(krx_call *call, krx_arena *arena, const krx_oci_store *store, const char *id,
                   const char *file, const krx_str *text)
{
    const char *path = krx_oci_path(arena, store, "containers", id, file);
    if (!path)
        return no_memory(call);
    krx_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0 || fchmod(fd, 0644) < 0 || ftruncate(fd, 0) < 0 ||
        krx_write_all(fd, krx_str_get(text), text->length) < 0)
        return krx_fail(call,
                        errno == ENOSPC ? KRX_E_RESOURCE_EXHAUSTED : KRX_E_FAILED_PRECONDITION,
                        "writing %s: %s", path, strerror(errno));
    return 0;
}

static int32_t put_resolv(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                          const krx_oci_launch *launch, const krx_oci_container *container,
                          const char *instead)
{
    krx_auto_str krx_str machine = {0}, real = {0}, text = {0};
    size_t dropped = 0;
    read_machine(call, "/etc/resolv.conf", &machine);
    read_machine(call, "/run/systemd/resolve/resolv.conf", &real);
    krx_oci_resolvers resolvers = {
        .text = krx_str_get(&machine),
        .real = real.length ? krx_str_get(&real) : NULL,
        .dns = launch->dns,
        .instead = instead,
        .loopback_works = krx_streq(launch->network, "host"),
    };
    int32_t code = krx_oci_resolv_text(call, &resolvers, &text, &dropped);
    if (code < 0)
        return code;
    if (dropped)
        krx_log(call, KRX_LOG_WARN,
                "%zu name server(s) of this machine listen on its loopback only and can't be used "
                "by container '%s': name others in dns",
                dropped, container->id);
    return put(call, arena, store, container->id, "resolv.conf", &text);
}

int32_t krx_oci_files_write(krx_call *call, krx_arena *arena, const krx_oci_store *store,
                            const krx_oci_launch *launch, const krx_oci_container *container,
                            const char *gateway, const char *instead)
{
    krx_auto_str krx_str machine = {0}, hosts = {0}, hostname = {0};
    bool host = krx_streq(launch->network, "host");
    if (host)
        read_machine(call, "/etc/hosts", &machine);
    krx_oci_names names = {
        .hostname = launch->hostname,
        .ip = container->ip,
        .gateway = host ? "127.0.0.1" : gateway,
        .extra_hosts = launch->extra_hosts,
        .host_hosts = machine.length ? krx_str_get(&machine) : NULL,
    };
    int32_t code = krx_oci_hosts_text(call, &names, &hosts);
    if (code >= 0)
        code = put(call, arena, store, container->id, "hosts", &hosts);
    krx_str_addf(&hostname, "%s\n", launch->hostname ? launch->hostname : "");
    if (code >= 0)
        code = put(call, arena, store, container->id, "hostname", &hostname);
    return code < 0 ? code : put_resolv(call, arena, store, launch, container, instead);
}
