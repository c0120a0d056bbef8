/* SPDX-License-Identifier: Apache-2.0 */
/* modules/oci/net: chains of CNI plugins, played by a script, and the booking of ports. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "lib/json/json.h"
#include "modules/oci/net/cni.h"
#include "modules/oci/net/ports.h"
#include "modules/oci/net/record.h"
#include "tests/unit/oci_folder.h"
#include "tests/unit/unit.h"

typedef struct chain {
    oci_folder *folder;
    krx_oci_cni cni;
    const char *folders[2];
    int notes;
} chain;

/* Notes what it was called with; `one` and `two` answer, `bad` fails. */
static const char script[] =
    "d=${0%/*}; n=${0##*/}\n"
    "echo \"$CNI_COMMAND $n $CNI_CONTAINERID $CNI_IFNAME $CNI_NETNS $CNI_PATH\" >>\"$d/log\"\n"
    "cat >\"$d/$n.$CNI_COMMAND\"\n"
    "[ \"$CNI_COMMAND\" = ADD ] || exit 0\n"
    "[ \"$n\" != bad ] || { echo '{\"code\": 100, \"msg\": \"will not\"}'; exit 1; }\n"
    "echo '{\"cniVersion\": \"1.0.0\", \"by\": \"'$n'\"}'\n";

static void begin(void **state, chain *c)
{
    static const char *const plugins[] = {"plugins/one", "plugins/two", "plugins/bad"};
    oci_folder *f = *state;
    for (size_t i = 0; i < KRX_COUNT(plugins); i++)
        (void)oci_script(f, plugins[i], script);
    *c = (chain){.folder = f, .folders = {oci_path(f, "plugins"), NULL}};
    c->cni = (krx_oci_cni){.arena = f->arena,
                           .id = "web-1-abc",
                           .netns = "/run/netns/x",
                           .folders = c->folders,
                           .input_fd = memfd_create("input", MFD_CLOEXEC)};
}

static char *told(chain *c, const char *file)
{
    return oci_read(c->folder, krx_arena_printf(c->folder->arena, "plugins/%s", file));
}

static cJSON *list_of(const char *first, const char *second)
{
    krx_json_maker maker = {0};
    cJSON *list = cJSON_CreateObject();
    krx_json_add_text(&maker, list, "cniVersion", "1.0.0");
    krx_json_add_text(&maker, list, "name", "net");
    cJSON *plugins = krx_json_add_array(&maker, list, "plugins");
    krx_json_add_text(&maker, krx_json_add_object(&maker, plugins, NULL), "type", first);
    cJSON *last = krx_json_add_object(&maker, plugins, NULL);
    krx_json_add_text(&maker, last, "type", second);
    cJSON *can = krx_json_add_object(&maker, last, "capabilities");
    krx_json_add_bool(&maker, can, "portMappings", true);
    return list;
}

static int32_t count_note(krx_call *call, void *ctx, const cJSON *result)
{
    chain *c = ctx;
    (void)call;
    assert_non_null(krx_json_get(result, "by"));
    c->notes++;
    return 0;
}

static void a_chain_hands_results_on_and_ends_in_reverse(void **state)
{
    chain c;
    oci_folder *f = *state;
    static const krx_oci_port web = {8080, 80, "tcp", NULL};
    const krx_oci_port *const ports[] = {&web, NULL};
    krx_auto_json cJSON *list = list_of("one", "two");
    krx_auto_json cJSON *result = NULL;
    begin(state, &c);
    c.cni.note = count_note;
    c.cni.ctx = &c;
    assert_int_equal(krx_oci_cni_add(&f->call, &c.cni, list, ports, &result), 0);
    assert_string_equal(krx_json_text(result, "by"), "two");
    assert_int_equal(c.notes, 2);
    assert_string_equal(told(&c, "one.ADD"),
                        "{\"type\":\"one\",\"cniVersion\":\"1.0.0\",\"name\":\"net\"}");
    assert_in(told(&c, "two.ADD"), "\"prevResult\":{\"cniVersion\":\"1.0.0\",\"by\":\"one\"}");
    assert_in(told(&c, "two.ADD"), "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080,");
    assert_int_equal(krx_oci_cni_del(&f->call, &c.cni, list, ports, result), 0);
    assert_in(told(&c, "one.DEL"), "\"by\":\"two\"");
    const char *log = krx_arena_printf(f->arena,
                                       "ADD one web-1-abc eth0 /run/netns/x %1$s\n"
                                       "ADD two web-1-abc eth0 /run/netns/x %1$s\n"
                                       "DEL two web-1-abc eth0 /run/netns/x %1$s\n"
                                       "DEL one web-1-abc eth0 /run/netns/x %1$s\n",
                                       c.folders[0]);
    assert_string_equal(told(&c, "log"), log);
    close(c.cni.input_fd);
}

static void a_chain_that_fails_is_taken_back(void **state)
{
    chain c;
    oci_folder *f = *state;
    krx_auto_json cJSON *list = list_of("one", "bad");
    krx_auto_json cJSON *result = NULL;
    begin(state, &c);
    assert_int_equal(krx_oci_cni_add(&f->call, &c.cni, list, NULL, &result), KRX_E_UNKNOWN);
    assert_in(f->error.message, "CNI plugin bad, ADD, status 1: will not");
    assert_null(result);
    assert_in(told(&c, "log"), "\nDEL bad ");
    assert_in(told(&c, "log"), "\nDEL one ");
    assert_in(told(&c, "one.DEL"), "\"prevResult\":{");
    close(c.cni.input_fd);
}

static void a_plugin_that_is_missing_is_named(void **state)
{
    chain c;
    oci_folder *f = *state;
    krx_auto_json cJSON *list = list_of("nowhere", "two");
    krx_auto_json cJSON *result = NULL;
    begin(state, &c);
    assert_int_equal(krx_oci_cni_add(&f->call, &c.cni, list, NULL, &result), KRX_E_UNAVAILABLE);
    assert_in(f->error.message, "'nowhere'");
    assert_in(f->error.message, c.folders[0]);
    assert_in(f->error.hint, "containernetworking-plugins");
    close(c.cni.input_fd);
}

/* ---------------------------------------------------------------------------------------- ports */

static int32_t book(oci_folder *f, const char *id, const krx_oci_port *port,
                    const krx_oci_port *before, int64_t *given)
{
    const krx_oci_port *wanted[] = {port, NULL}, *earlier[] = {before, NULL};
    const krx_oci_port *const *booked = NULL;
    krx_oci_container container = {.id = id, .name = id};
    krx_oci_net net = {.mode = "bridge"};
    assert_int_equal(krx_make_dirs(&f->call,
                                   krx_oci_run_path(f->arena, &f->store, "networks", NULL, NULL),
                                   0700),
                     0);
    assert_int_equal(krx_oci_net_write(&f->call, f->arena, &f->store, id, &net), 0);
    int32_t code = krx_oci_ports_book(&f->call, f->arena, &f->store, &container, wanted,
                                      before ? earlier : NULL, &booked);
    if (code == 0 && given)
        *given = booked[0]->host_port;
    return code;
}

/* One that is free at this moment. */
static int64_t free_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t length = sizeof in;
    krx_autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &length), 0);
    return ntohs(in.sin_port);
}

static void a_port_is_booked_once_and_given_back(void **state)
{
    oci_folder *f = *state;
    krx_oci_port port = {free_port(), 80, "tcp", NULL};
    krx_oci_port local = {port.host_port, 80, "tcp", "127.0.0.1"};
    int64_t given = 0;
    assert_int_equal(book(f, "a-1", &port, NULL, &given), 0);
    assert_int_equal(given, port.host_port);
    assert_int_equal(book(f, "b-1", &port, NULL, NULL), KRX_E_ALREADY_EXISTS);
    assert_in(f->error.message, "container 'a-1'");
    assert_in(f->error.hint, "choose another hostPort");
    assert_int_equal(book(f, "b-1", &local, NULL, NULL), KRX_E_ALREADY_EXISTS);
    assert_int_equal(krx_oci_ports_release(&f->call, f->arena, &f->store, "a-1"), 0);
    assert_int_equal(book(f, "b-1", &local, NULL, NULL), 0);
    /* one that ended without giving it back */
    assert_int_equal(krx_oci_net_forget(&f->call, f->arena, &f->store, "b-1"), 0);
    assert_int_equal(book(f, "c-1", &port, NULL, NULL), 0);
}

static void addresses_that_do_not_meet_share_a_port(void **state)
{
    oci_folder *f = *state;
    int64_t number = free_port();
    krx_oci_port one = {number, 80, "tcp", "127.0.0.1"}, two = {number, 80, "tcp", "127.0.0.2"};
    krx_oci_port udp = {number, 80, "udp", "127.0.0.1"};
    assert_int_equal(book(f, "a-1", &one, NULL, NULL), 0);
    assert_int_equal(book(f, "b-1", &two, NULL, NULL), 0);
    assert_int_equal(book(f, "c-1", &udp, NULL, NULL), 0);
}

static void any_free_port_is_chosen_and_kept(void **state)
{
    oci_folder *f = *state;
    krx_oci_port any = {0, 80, "tcp", NULL};
    int64_t first = 0, second = 0, again = 0;
    assert_int_equal(book(f, "a-1", &any, NULL, &first), 0);
    assert_int_equal(book(f, "b-1", &any, NULL, &second), 0);
    assert_in_range(first, 1, 65535);
    assert_int_not_equal(first, second);
    assert_int_equal(krx_oci_ports_release(&f->call, f->arena, &f->store, "a-1"), 0);
    krx_oci_port before = {first, 80, "tcp", NULL};
    assert_int_equal(book(f, "a-1", &any, &before, &again), 0);
    assert_int_equal(again, first);
}

static void a_port_that_somebody_listens_on_is_refused(void **state)
{
    oci_folder *f = *state;
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t length = sizeof in;
    krx_autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &length), 0);
    krx_oci_port port = {ntohs(in.sin_port), 80, "tcp", NULL};
    assert_int_equal(book(f, "a-1", &port, NULL, NULL), KRX_E_ALREADY_EXISTS);
    const char *who = krx_arena_printf(f->arena, "process %d (", (int)getpid());
    assert_in(f->error.message, who);
}

static void addresses_that_are_not_here_are_refused(void **state)
{
    oci_folder *f = *state;
    static const char *const bad[] = {"203.0.113.7", "nowhere", "../../x", "1.2.3"};
    for (size_t i = 0; i < KRX_COUNT(bad); i++) {
        krx_oci_port port = {free_port(), 80, "tcp", bad[i]};
        assert_int_equal(book(f, "a-1", &port, NULL, NULL), KRX_E_INVALID_ARGUMENT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oci_folder_setup, oci_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_chain_hands_results_on_and_ends_in_reverse),
        TEST(a_chain_that_fails_is_taken_back),
        TEST(a_plugin_that_is_missing_is_named),
        TEST(a_port_is_booked_once_and_given_back),
        TEST(addresses_that_do_not_meet_share_a_port),
        TEST(any_free_port_is_chosen_and_kept),
        TEST(a_port_that_somebody_listens_on_is_refused),
        TEST(addresses_that_are_not_here_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
