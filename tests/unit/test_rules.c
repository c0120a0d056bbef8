/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/model/rules.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/model/model.h"
#include "tests/unit/unit.h"

typedef struct row {
    const char *text;
    const char *stored; /* NULL: refused */
} row;

static void check(const char *rule, const row *rows, size_t count)
{
    krx_auto_arena krx_arena *arena = krx_arena_new();
    for (size_t i = 0; i < count; i++) {
        const char *canonical = NULL;
        const char *wrong = krx_rule_check(arena, rule, rows[i].text, &canonical);
        if ((wrong == NULL) != (rows[i].stored != NULL))
            print_error("%s '%s': %s\n", rule, rows[i].text, wrong ? wrong : "accepted");
        assert_int_equal(wrong == NULL, rows[i].stored != NULL);
        if (!wrong)
            assert_string_equal(canonical ? canonical : rows[i].text, rows[i].stored);
    }
}

#define SAME(text)                                                                                 \
    {                                                                                              \
        text, text                                                                                 \
    }
#define BAD(text)                                                                                  \
    {                                                                                              \
        text, NULL                                                                                 \
    }
#define D64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static void names(void **state)
{
    (void)state;
    static const row rows[] = {SAME("web"), SAME("a"),  SAME("0-a"),     SAME(L63),  BAD(L63 "x"),
                               BAD(""),     BAD("-a"),  BAD("a-"),       BAD("Web"), BAD("a.b"),
                               BAD("a_b"),  BAD("a b"), BAD("\xc3\xa9"), BAD("a/b")};
    static const row ports[] = {SAME("http"), SAME("a-1"), BAD("123"),
                                BAD("a--b"),  BAD("HTTP"), BAD("abcdefghijklmnop")};
    check("@name", rows, KRX_COUNT(rows));
    check("@portname", ports, KRX_COUNT(ports));
}

static void addresses(void **state)
{
    (void)state;
    static const row rows[] = {SAME("127.0.0.1"), SAME("::1"),     SAME("2001:db8::1"),
                               BAD("256.0.0.1"),  BAD("1.2.3"),    BAD("localhost"),
                               BAD("[::1]"),      BAD("1.2.3.4 "), BAD("")};
    static const row hosts[] = {
        SAME("db:10.0.0.1"),
        {"db=10.0.0.1", "db:10.0.0.1"},
        {"six:[::1]", "six:::1"},
        {"six=2001:db8::1", "six:2001:db8::1"},
        SAME("up:host-gateway"),
        SAME("a.b_c:1.1.1.1"),
        BAD("db"),
        BAD("db:"),
        BAD(":1.1.1.1"),
        BAD("db:nope"),
        BAD("d b:1.1.1.1"),
        BAD("db:[1.1.1.1"),
    };
    check("@ip", rows, KRX_COUNT(rows));
    check("@hostentry", hosts, KRX_COUNT(hosts));
}

static void images(void **state)
{
    (void)state;
    static const row rows[] = {
        SAME("nginx"),
        SAME("nginx:1.27"),
        SAME("library/nginx"),
        SAME("ghcr.io/a/b/c:v1.2_x-Y"),
        SAME("localhost/x"),
        SAME("localhost:5000/x:1"),
        SAME("127.0.0.1:5000/team/app"),
        SAME("[::1]:5000/x"),
        SAME("Registry.Example/x"),
        SAME("a__b/c--d.e_f"),
        SAME("x@sha256:" D64),
        SAME("r.io/x:1@sha256:" D64),
        SAME(D64),
        SAME("sha256:" D64),
        BAD("Nginx"),
        BAD("nginx:"),
        BAD("nginx:-a"),
        BAD("nginx:a b"),
        BAD("a..b"),
        BAD("a___b"),
        BAD("-a"),
        BAD("a-"),
        BAD("/a"),
        BAD("a/"),
        BAD("a//b"),
        BAD("x@sha256:1234"),
        BAD("x@" D64),
        BAD("host.io:port/x"),
        BAD("https://r.io/x"),
        BAD("a b"),
        BAD("x:1:2"),
        BAD("host.io:99/"),
        BAD("$(reboot)"),
        BAD("a;b"),
        SAME("oci:/srv/images/app"),
        SAME("oci:/srv/images/app:v1"),
        SAME("oci:/srv/app:docker.io/library/busybox:1.36"),
        SAME("docker-archive:/srv/app.tar"),
        SAME("docker-archive:/srv/app.tar:app:v1"),
        SAME("oci-archive:/srv/app.tar:v1"),
        SAME("rootfs:/srv/root"),
        SAME("rootfs:/srv/a..b"),
        SAME("rootfs:1.0"),
        SAME("oci:latest"),
        BAD("oci:images/app"),
        BAD("oci:./app"),
        BAD("oci:/srv/app:"),
        BAD("oci:"),
        BAD("oci:/"),
        BAD("oci-archive:app.tar"),
        BAD("docker-archive:"),
        BAD("rootfs:~/root"),
        BAD("rootfs:../root"),
        BAD("rootfs:/srv/../etc"),
        BAD("rootfs:/srv/.."),
        BAD("rootfs:/srv/a\nb"),
    };
    check("@image", rows, KRX_COUNT(rows));
}

static void images_in_files(void **state)
{
    (void)state;
    static const row rows[] = {
        SAME("rootfs:/srv/root"),
        SAME("oci:/srv/images"),
        SAME("oci:/srv/images:web-1.0"),
        SAME("oci-archive:/srv/Web App.tar"),
        SAME("docker-archive:/srv/web.tar"),
        SAME("rootfs:/srv/..data"),
        BAD("rootfs:"),
        BAD("rootfs:srv/root"),
        BAD("rootfs:/srv/../etc"),
        BAD("rootfs:/.."),
        BAD("oci:/srv/a\nb"),
        BAD("tar:/srv/web.tar"),
    };
    check("@image", rows, KRX_COUNT(rows));
}

static void networks(void **state)
{
    (void)state;
    static const row rows[] = {SAME("bridge"),
                               SAME("host"),
                               SAME("none"),
                               SAME("ns:/run/netns/a"),
                               BAD(""),
                               BAD("Bridge"),
                               BAD("ns:"),
                               BAD("ns:a"),
                               BAD("ns:/run/../etc"),
                               BAD("container:web"),
                               BAD("/run/netns/a")};
    static const row runtimes[] = {SAME("crun"),    SAME("io.containerd.runsc.v1"),
                                   SAME("a"),       BAD(""),
                                   BAD("--root=/"), BAD("a b"),
                                   BAD("/bin/sh"),  BAD(L63 L63 "xyz")};
    check("@network", rows, KRX_COUNT(rows));
    check("@runtime", runtimes, KRX_COUNT(runtimes));
}

static void cron(void **state)
{
    (void)state;
    static const row rows[] = {
        SAME("* * * * *"),    SAME("*/5 0-6 1,15 jan-MAR mon"),
        SAME("0 0 31 12 7"),  SAME("0-59/2 * * * *"),
        SAME("5/10 * * * *"), SAME("  0  3 * *\tSun "),
        SAME("0 22 * * 1-5"), BAD("* * * *"),
        BAD("* * * * * *"),   BAD("60 * * * *"),
        BAD("* 24 * * *"),    BAD("* * 0 * *"),
        BAD("* * 32 * *"),    BAD("* * * 13 *"),
        BAD("* * * * 8"),     BAD("*/0 * * * *"),
        BAD("5-1 * * * *"),   BAD("1, * * * *"),
        BAD("1- * * * *"),    BAD("a * * * *"),
        BAD("* * * foo *"),   BAD("99999999999999999999 * * * *"),
        BAD("@daily"),        BAD("-1 * * * *"),
        BAD("* * mon * *"),   BAD("*5 * * * *"),
    };
    check("@cron", rows, KRX_COUNT(rows));
}

static void zones(void **state)
{
    (void)state;
    static const row rows[] = {
        SAME("UTC"),    BAD("../../etc/passwd"), BAD("/etc/localtime"), BAD(""),
        BAD("Europe/"), BAD("Europe//Berlin"),   BAD("Europe/B n"),     BAD("a.tab")};
    check("@timezone", rows, KRX_COUNT(rows));
    static const row known[] = {SAME("Europe/Berlin"), SAME("America/Argentina/Buenos_Aires"),
                                BAD("Europe/Atlantis"), BAD("Europe")};
    if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0)
        check("@timezone", known, KRX_COUNT(known));
}

static void paths(void **state)
{
    (void)state;
    static const row rows[] = {SAME("/"),  SAME("/a/b"), SAME("/a..b/..c"), SAME("/a/..."),
                               BAD(""),    BAD("a"),     BAD("./a"),        BAD("/a/../b"),
                               BAD("/.."), BAD("/a/.."), BAD("~/x")};
    check("@abspath", rows, KRX_COUNT(rows));
}

static void words(void **state)
{
    (void)state;
    static const row capabilities[] = {{"NET_ADMIN", "NET_ADMIN"},
                                       {"cap_net_admin", "NET_ADMIN"},
                                       {"all", "ALL"},
                                       BAD("NET_ADMN"),
                                       BAD(""),
                                       BAD("CAP_")};
    static const row signals[] = {{"SIGTERM", "SIGTERM"},
                                  {"term", "SIGTERM"},
                                  {"Quit", "SIGQUIT"},
                                  SAME("15"),
                                  {"rtmin+3", "SIGRTMIN+3"},
                                  {"SIGRTMAX-1", "SIGRTMAX-1"},
                                  BAD("0"),
                                  BAD("65"),
                                  BAD("SIGNOPE"),
                                  BAD("SIG"),
                                  BAD("SIG15"),
                                  BAD("RTMIN+99")};
    static const row platforms[] = {SAME("linux/amd64"), SAME("linux/arm/v7"), BAD("linux"),
                                    BAD("linux/"),       BAD("/amd64"),        BAD("a/b/c/d"),
                                    BAD("Linux/amd64"),  BAD("linux//v7")};
    check("@capability", capabilities, KRX_COUNT(capabilities));
    check("@signal", signals, KRX_COUNT(signals));
    check("@platform", platforms, KRX_COUNT(platforms));
}

/* Every rule that the table names exists, and its samples keep it. */
static int rule_exists(void *ctx, const char *path, const krx_field_info *field)
{
    krx_arena *arena = ctx;
    const char *canonical;
    if (!field->allowed || *field->allowed != '@')
        return 0;
    if (!krx_rule_help(field->allowed))
        print_error("%s has no rule %s\n", path, field->allowed);
    assert_non_null(krx_rule_help(field->allowed));
    for (unsigned i = 0; i < 2; i++)
        assert_null(
            krx_rule_check(arena, field->allowed, krx_rule_sample(field->allowed, i), &canonical));
    return 0;
}

static void every_rule_of_the_table_exists(void **state)
{
    (void)state;
    krx_auto_arena krx_arena *arena = krx_arena_new();
    const char *canonical;
    assert_int_equal(krx_schema_walk(rule_exists, arena), 0);
    assert_non_null(krx_rule_check(arena, "@nope", "x", &canonical));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),    cmocka_unit_test(addresses),
        cmocka_unit_test(images),   cmocka_unit_test(images_in_files),
        cmocka_unit_test(networks), cmocka_unit_test(cron),
        cmocka_unit_test(zones),    cmocka_unit_test(paths),
        cmocka_unit_test(words),    cmocka_unit_test(every_rule_of_the_table_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
