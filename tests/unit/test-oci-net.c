/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/net: what plugins answer and are told, the files inside, names and figures. */
#include <limits.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/json/json.h"
#include "modules/oci/net/cni.h"
#include "modules/oci/net/files.h"
#include "modules/oci/net/names.h"
#include "modules/oci/net/process.h"
#include "modules/oci/net/shaper.h"
#include "modules/oci/net/subnet.h"
#include "tests/unit/unit.h"

typedef struct fixture {
    krx_error error;
    krx_call call;
    krx_arena *arena;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    krx_call_init(&f->call, &f->error);
    f->arena = krx_arena_new();
    *state = f;
    return f->arena ? 0 : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;
    krx_arena_free(f->arena);
    free(f);
    return 0;
}

/* ------------------------------------------------------------------------------------- results */

static int32_t read_result(fixture *f, const char *text, krx_oci_cni_result *out)
{
    krx_auto_json cJSON *json = cJSON_Parse(text);
    return krx_oci_cni_result_read(&f->call, f->arena, json, "kranix0", out);
}

static void a_result_tells_address_gateway_and_wire(void **state)
{
    krx_oci_cni_result r;
    static const char text[] =
        "{\"cniVersion\": \"0.4.0\", \"interfaces\": [{\"name\": \"kranix0\"},"
        " {\"name\": \"veth12\"}, {\"name\": \"eth0\", \"sandbox\": \"/run/ns/a\"}],"
        " \"ips\": [{\"version\": \"6\", \"address\": \"fd00::2/64\", \"gateway\": \"fd00::1\"},"
        " {\"version\": \"4\", \"address\": \"10.89.0.2/16\", \"gateway\": \"10.89.0.1\"}]}";
    assert_int_equal(read_result(*state, text, &r), 0);
    assert_string_equal(r.ip, "10.89.0.2");
    assert_string_equal(r.gateway, "10.89.0.1");
    assert_string_equal(r.host_interface, "veth12");
    assert_int_equal(read_result(*state, "{\"ips\": [{\"address\": \"fd00::2/64\"}]}", &r), 0);
    assert_string_equal(r.ip, "fd00::2");
    assert_null(r.gateway);
    assert_null(r.host_interface);
}

static void a_result_that_makes_no_sense_is_refused(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "null",
        "{\"ips\": \"10.0.0.1\"}",
        "{\"ips\": [{\"address\": 7}]}",
        "{\"ips\": [{\"address\": \"10.89.0.2.1/16\"}]}",
        "{\"ips\": [{\"address\": \"10.89.0.2\\n1.2.3.4 evil/16\"}]}",
        "{\"ips\": [{\"address\": \"/16\"}]}",
        "{\"ips\": [{\"address\": \"10.89.0.2/16\", \"gateway\": \"fd00::1\"}]}",
        "{\"ips\": [{\"address\": \"10.89.0.2/16\", \"gateway\": \"gate way\"}]}",
        "{\"interfaces\": [{\"name\": \"../../etc\"}], \"ips\": [{\"address\": \"10.0.0.2/8\"}]}",
        ("{\"interfaces\": [{\"name\": \"veth0123456789012\"}],"
         " \"ips\": [{\"address\": \"10.0.0.2/8\"}]}"),
        "{\"interfaces\": [7], \"ips\": [{\"address\": \"10.0.0.2/8\"}]}",
    };
    krx_oci_cni_result r;
    for (size_t i = 0; i < KRX_COUNT(texts); i++)
        assert_int_equal(read_result(*state, texts[i], &r), KRX_E_DATA_LOSS);
}

static void an_error_of_a_plugin_becomes_ours(void **state)
{
    fixture *f = *state;
    assert_int_equal(krx_oci_cni_fail(&f->call, "bridge", "ADD", 1,
                                      "{\"code\": 11, \"msg\": \"busy\", \"details\": \"lock\"}",
                                      ""),
                     KRX_E_UNAVAILABLE);
    assert_non_null(strstr(f->error.message, "bridge, ADD"));
    assert_non_null(strstr(f->error.message, "busy: lock"));
    assert_int_equal(krx_oci_cni_fail(&f->call, "host-local", "ADD", 1,
                                      "{\"code\": 999, \"msg\": \"no IP addresses available in "
                                      "range set: 10.89.0.1-10.89.0.6\"}",
                                      ""),
                     KRX_E_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(f->error.hint, "subnet"));
    assert_int_equal(krx_oci_cni_fail(&f->call, "portmap", "ADD", 1, "not json", "said on stderr"),
                     KRX_E_UNKNOWN);
    assert_non_null(strstr(f->error.message, "said on stderr"));
    assert_int_equal(krx_oci_cni_fail(&f->call, "portmap", "DEL", 137, "", ""), KRX_E_UNKNOWN);
    assert_non_null(strstr(f->error.message, "status 137"));
}

/* --------------------------------------------------------------------------------- configuration
 */

static const krx_oci_port *const *two_ports(void)
{
    static const krx_oci_port web = {8080, 80, "tcp", "127.0.0.1"};
    static const krx_oci_port dns = {5353, 53, "udp", NULL};
    static const krx_oci_port *const list[] = {&web, &dns, NULL};
    return list;
}

static void the_network_list_is_as_plugins_want_it(void **state)
{
    (void)state;
    krx_oci_cni_network network = {.bridge = "kranix0", .subnet = "10.89.0.0/16", .data = "/run/n"};
    krx_auto_json cJSON *plain = krx_oci_cni_list(&network);
    assert_string_equal(krx_json_text(plain, "cniVersion"), "1.0.0");
    assert_string_equal(krx_json_text(plain, "name"), "kranix0");
    assert_int_equal(cJSON_GetArraySize(krx_json_array(plain, "plugins")), 1);
    const cJSON *bridge = cJSON_GetArrayItem(krx_json_array(plain, "plugins"), 0);
    assert_string_equal(krx_json_text(bridge, "type"), "bridge");
    assert_true(krx_json_bool(bridge, "isGateway", false));
    assert_true(krx_json_bool(bridge, "hairpinMode", false));
    const cJSON *ipam = krx_json_object(bridge, "ipam");
    assert_string_equal(krx_json_text(ipam, "dataDir"), "/run/n");
    const cJSON *set = cJSON_GetArrayItem(krx_json_array(ipam, "ranges"), 0);
    assert_string_equal(krx_json_text(cJSON_GetArrayItem(set, 0), "subnet"), "10.89.0.0/16");
    network.portmap = true;
    krx_auto_json cJSON *mapped = krx_oci_cni_list(&network);
    const cJSON *portmap = cJSON_GetArrayItem(krx_json_array(mapped, "plugins"), 1);
    assert_string_equal(krx_json_text(portmap, "type"), "portmap");
    assert_true(krx_json_bool(krx_json_object(portmap, "capabilities"), "portMappings", false));
}

static void ports_are_told_to_portmap_and_pasta(void **state)
{
    fixture *f = *state;
    krx_auto_json cJSON *mapped = krx_oci_cni_ports(two_ports());
    krx_autofree char *text = cJSON_PrintUnformatted(mapped);
    assert_string_equal(text, "[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\","
                              "\"hostIP\":\"127.0.0.1\"},{\"hostPort\":5353,\"containerPort\":53,"
                              "\"protocol\":\"udp\"}]");
    assert_null(krx_oci_cni_ports(NULL));
    krx_auto_str krx_str all = {0};
    const char *const *argv = krx_oci_pasta_argv(f->arena, "/r/p", "/r/ns", two_ports());
    for (; *argv; argv++)
        krx_str_addf(&all, "%s ", *argv);
    assert_non_null(strstr(krx_str_get(&all), "--netns /r/ns -t 127.0.0.1/8080:80 -u 5353:53 "));
    krx_str_reset(&all);
    for (argv = krx_oci_pasta_argv(f->arena, "/r/p", "/r/ns", NULL); *argv; argv++)
        krx_str_addf(&all, "%s ", *argv);
    assert_non_null(strstr(krx_str_get(&all), "-t none -u none "));
}

static void names_fit_an_interface(void **state)
{
    (void)state;
    krx_oci_store usual = {.run_root = "/run/kranix/oci"}, other = {.run_root = "/tmp/x"};
    char a[KRX_OCI_IFNAME_MAX], b[KRX_OCI_IFNAME_MAX], id[129];
    krx_oci_bridge_name(&usual, a);
    krx_oci_bridge_name(&other, b);
    assert_string_equal(a, "kranix0");
    assert_string_not_equal(a, b);
    assert_true(krx_oci_ifname_valid(b));
    memset(id, 'x', 128);
    id[128] = '\0';
    krx_oci_ifb_name(&usual, id, a);
    krx_oci_ifb_name(&other, id, b);
    assert_true(krx_oci_ifname_valid(a));
    assert_string_not_equal(a, b);
    assert_false(krx_oci_ifname_valid(""));
    assert_false(krx_oci_ifname_valid(".."));
    assert_false(krx_oci_ifname_valid("a b"));
    assert_false(krx_oci_ifname_valid("a/b"));
    assert_false(krx_oci_ifname_valid("0123456789abcdef"));
}

static void subnets_are_checked(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {
        "",           "10.89.0.0",     "10.89.0.1/16", "10.89.0.0/31",
        "10.89.0/16", "10.89.0.0/16x", "fd00::/64",    "10.89.0.0/-1"};
    for (size_t i = 0; i < KRX_COUNT(bad); i++)
        assert_int_equal(krx_oci_subnet_check(&f->call, bad[i], "kranix0"), KRX_E_INVALID_ARGUMENT);
    assert_int_equal(krx_oci_subnet_check(&f->call, "127.0.0.0/24", "kranix0"),
                     KRX_E_FAILED_PRECONDITION);
    assert_non_null(strstr(f->error.message, "lo"));
    assert_int_equal(krx_oci_subnet_check(&f->call, "127.0.0.0/24", "lo"), 0);
}

static void buckets_hold_a_packet_and_little_more(void **state)
{
    (void)state;
    assert_int_equal(krx_oci_shape_burst(1250000, 1500), 16 * 1024);
    assert_true(krx_oci_shape_burst(1250000, 65520) > 65520);
    assert_int_equal(krx_oci_shape_burst(125000000, 1500), 1250000);
    assert_int_equal(krx_oci_shape_limit(125000000, 1500), 6250000 + 1250000);
    assert_true(krx_oci_shape_limit(INT_MAX, 65520) > 0);
}

/* ---------------------------------------------------------------------------------------- files */

static int32_t hosts(fixture *f, krx_oci_names names, krx_str *out)
{
    krx_str_free(out);
    *out = (krx_str){0};
    return krx_oci_hosts_text(&f->call, &names, out);
}

static void hosts_names_itself_and_what_it_was_told(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str out = {0};
    const char *extra[] = {"db:192.0.2.7", "six:fd00::7", "seven:[fd00::8]", "host:host-gateway",
                           NULL};
    krx_oci_names names = {
        .hostname = "web", .ip = "10.89.0.2", .gateway = "10.89.0.1", .extra_hosts = extra};
    assert_int_equal(hosts(f, names, &out), 0);
    assert_non_null(strstr(out.data, "127.0.0.1\tlocalhost\n"));
    assert_non_null(strstr(out.data, "\n10.89.0.2\tweb\n"));
    assert_non_null(strstr(out.data, "\n192.0.2.7\tdb\n"));
    assert_non_null(strstr(out.data, "\nfd00::7\tsix\n"));
    assert_non_null(strstr(out.data, "\nfd00::8\tseven\n"));
    assert_non_null(strstr(out.data, "\n10.89.0.1\thost\n"));
    assert_int_equal(hosts(f, (krx_oci_names){.hostname = "web"}, &out), 0);
    assert_non_null(strstr(out.data, "\n127.0.1.1\tweb\n"));
    names = (krx_oci_names){.hostname = "web", .host_hosts = "192.0.2.1\tmachine"};
    assert_int_equal(hosts(f, names, &out), 0);
    assert_string_equal(out.data, "192.0.2.1\tmachine\n");
}

static void extra_hosts_that_make_no_sense_are_refused(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str out = {0};
    static const char *const bad[] = {
        "db",      ":192.0.2.7",       "db:",           "db:nowhere",
        "a b:::1", "db:1.2.3",         "db:192.0.2.7 ", "db:192.0.2.7\nx",
        "db:[::1", "host:host-gateway"};
    for (size_t i = 0; i < KRX_COUNT(bad); i++) {
        const char *extra[] = {bad[i], NULL};
        assert_int_equal(hosts(f, (krx_oci_names){.hostname = "h", .extra_hosts = extra}, &out),
                         KRX_E_INVALID_ARGUMENT);
    }
}

static size_t resolv(fixture *f, krx_oci_resolvers resolvers, krx_str *out)
{
    size_t dropped = 99;
    krx_str_free(out);
    *out = (krx_str){0};
    assert_int_equal(krx_oci_resolv_text(&f->call, &resolvers, out, &dropped), 0);
    return dropped;
}

static void name_servers_that_cannot_be_reached_are_replaced(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str out = {0};
    static const char stub[] = "# systemd\nnameserver 127.0.0.53\noptions edns0\nsearch a b\n";
    static const char real[] = "nameserver 192.0.2.53\nnameserver 192.0.2.54 # two\nsearch lan\n";
    assert_int_equal(resolv(f, (krx_oci_resolvers){.text = stub, .real = real}, &out), 0);
    assert_string_equal(out.data, "search lan\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n");
    assert_int_equal(resolv(f, (krx_oci_resolvers){.text = stub}, &out), 1);
    assert_string_equal(out.data, "options edns0\nsearch a b\n");
    assert_int_equal(resolv(f, (krx_oci_resolvers){.text = stub, .instead = "10.0.2.3"}, &out), 0);
    assert_non_null(strstr(out.data, "nameserver 10.0.2.3\n"));
    assert_int_equal(resolv(f, (krx_oci_resolvers){.text = stub, .loopback_works = true}, &out), 0);
    assert_non_null(strstr(out.data, "nameserver 127.0.0.53\n"));
    const char *dns[] = {"192.0.2.1", "fd00::1", NULL};
    assert_int_equal(resolv(f, (krx_oci_resolvers){.text = stub, .dns = dns}, &out), 0);
    assert_string_equal(out.data,
                        "options edns0\nsearch a b\nnameserver 192.0.2.1\nnameserver fd00::1\n");
    assert_int_equal(
        resolv(f, (krx_oci_resolvers){.text = "nameserver ::1\nnameserver 9.9.9.9"}, &out), 1);
    assert_string_equal(out.data, "nameserver 9.9.9.9\n");
}

static void a_name_server_must_be_an_address(void **state)
{
    fixture *f = *state;
    krx_auto_str krx_str out = {0};
    size_t dropped;
    const char *dns[] = {"192.0.2.1\noptions x", NULL};
    krx_oci_resolvers resolvers = {.text = "", .dns = dns};
    assert_int_equal(krx_oci_resolv_text(&f->call, &resolvers, &out, &dropped),
                     KRX_E_INVALID_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_result_tells_address_gateway_and_wire),
        TEST(a_result_that_makes_no_sense_is_refused),
        TEST(an_error_of_a_plugin_becomes_ours),
        TEST(the_network_list_is_as_plugins_want_it),
        TEST(ports_are_told_to_portmap_and_pasta),
        TEST(names_fit_an_interface),
        TEST(subnets_are_checked),
        TEST(buckets_hold_a_packet_and_little_more),
        TEST(hosts_names_itself_and_what_it_was_told),
        TEST(extra_hosts_that_make_no_sense_are_refused),
        TEST(name_servers_that_cannot_be_reached_are_replaced),
        TEST(a_name_server_must_be_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
