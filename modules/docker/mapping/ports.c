/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "modules/docker/mapping/mapping.h"

#define PORT_KEY_MAX 32

static const char *port_key(const krx_port *port, char out[PORT_KEY_MAX])
{
    (void)snprintf(out, PORT_KEY_MAX, "%" PRId64 "/%s", port->container_port,
                   krx_blank(port->protocol) ? "tcp" : port->protocol);
    return out;
}

static bool same_port(const krx_port *a, const krx_port *b)
{
    char first[PORT_KEY_MAX], second[PORT_KEY_MAX];
    return krx_streq(port_key(a, first), port_key(b, second));
}

/* The same container port may be published twice, at two places of the host. */
static bool seen_before(const krx_port *const *ports, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_port(ports[i], ports[index]))
            return true;
    return false;
}

void krx_dk_put_exposed_ports(krx_dk_json *json, const krx_workload *spec)
{
    char key[PORT_KEY_MAX];
    if (!spec->ports || !spec->ports[0])
        return;
    krx_dk_json_open(json, "ExposedPorts", '{');
    for (size_t i = 0; spec->ports[i]; i++) {
        if (seen_before(spec->ports, i))
            continue;
        krx_dk_json_open(json, port_key(spec->ports[i], key), '{');
        krx_dk_json_close(json, '}');
    }
    krx_dk_json_close(json, '}');
}

static void put_binding(krx_dk_json *json, const krx_port *port)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRId64, port->host_port);
    krx_dk_json_open(json, NULL, '{');
    krx_dk_json_text(json, "HostIp", port->host_ip);
    krx_dk_json_text(json, "HostPort", port->host_port > 0 ? number : "");
    krx_dk_json_close(json, '}');
}

void krx_dk_put_port_bindings(krx_dk_json *json, const krx_workload *spec)
{
    char key[PORT_KEY_MAX];
    krx_dk_json_open(json, "PortBindings", '{');
    for (size_t i = 0; spec->ports && spec->ports[i]; i++) {
        bool open = false;
        if (seen_before(spec->ports, i))
            continue;
        for (size_t k = i; spec->ports[k]; k++) {
            const krx_port *port = spec->ports[k];
            if (port->host_port == KRX_UNSET || !same_port(port, spec->ports[i]))
                continue;
            if (!open)
                krx_dk_json_open(json, port_key(port, key), '[');
            open = true;
            put_binding(json, port);
        }
        if (open)
            krx_dk_json_close(json, ']');
    }
    krx_dk_json_close(json, '}');
}
