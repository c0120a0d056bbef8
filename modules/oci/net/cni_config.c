/* SPDX-License-Identifier: Apache-2.0 */
/* The network list that we make, in the form of a file of /etc/cni/net.d. */
#include "lib/json/json.h"
#include "modules/oci/net/cni.h"

static cJSON *plugin(krx_json_maker *maker, cJSON *plugins, const char *type)
{
    cJSON *item = krx_json_add_object(maker, plugins, NULL);
    krx_json_add_text(maker, item, "type", type);
    return item;
}

static void add_addresses(krx_json_maker *maker, cJSON *bridge, const krx_oci_cni_network *network)
{
    cJSON *ipam = krx_json_add_object(maker, bridge, "ipam");
    krx_json_add_text(maker, ipam, "type", "host-local");
    krx_json_add_text(maker, ipam, "dataDir", network->data);
    cJSON *ranges = krx_json_add_array(maker, ipam, "ranges");
    cJSON *set = krx_json_add_array(maker, ranges, NULL);
    cJSON *range = krx_json_add_object(maker, set, NULL);
    krx_json_add_text(maker, range, "subnet", network->subnet);
    cJSON *routes = krx_json_add_array(maker, ipam, "routes");
    cJSON *route = krx_json_add_object(maker, routes, NULL);
    krx_json_add_text(maker, route, "dst", "0.0.0.0/0");
}

cJSON *krx_oci_cni_list(const krx_oci_cni_network *network)
{
    krx_json_maker maker = {0};
    krx_auto_json cJSON *list = cJSON_CreateObject();
    krx_json_add_text(&maker, list, "cniVersion", KRX_OCI_CNI_VERSION);
    krx_json_add_text(&maker, list, "name", network->bridge);
    cJSON *plugins = krx_json_add_array(&maker, list, "plugins");
    cJSON *bridge = plugin(&maker, plugins, "bridge");
    krx_json_add_text(&maker, bridge, "bridge", network->bridge);
    krx_json_add_bool(&maker, bridge, "isGateway", true);
    krx_json_add_bool(&maker, bridge, "ipMasq", false);
    krx_json_add_bool(&maker, bridge, "hairpinMode", true);
    krx_json_add_bool(&maker, bridge, "promiscMode", false);
    add_addresses(&maker, bridge, network);
    if (network->portmap) {
        cJSON *portmap = plugin(&maker, plugins, "portmap");
        krx_json_add_bool(&maker, portmap, "snat", true);
        cJSON *can = krx_json_add_object(&maker, portmap, "capabilities");
        krx_json_add_bool(&maker, can, "portMappings", true);
    }
    return list && !maker.failed ? krx_move_ptr(list) : NULL;
}

cJSON *krx_oci_cni_ports(const krx_oci_port *const *ports)
{
    krx_json_maker maker = {0};
    if (!ports || !*ports)
        return NULL;
    krx_auto_json cJSON *array = cJSON_CreateArray();
    for (; *ports; ports++) {
        cJSON *item = krx_json_add_object(&maker, array, NULL);
        krx_json_add_int(&maker, item, "hostPort", (*ports)->host_port);
        krx_json_add_int(&maker, item, "containerPort", (*ports)->container_port);
        krx_json_add_text(&maker, item, "protocol", (*ports)->protocol);
        krx_json_add_text(&maker, item, "hostIP", (*ports)->host_ip);
    }
    return array && !maker.failed ? krx_move_ptr(array) : NULL;
}
