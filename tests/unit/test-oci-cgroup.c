/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of control groups: version 1, 2 and both, from trees like those of the kernel. */
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include "lib/base/fd.h"
#include "lib/base/local_host.h"
#include "modules/oci/containers/cgroup.h"

static char root[] = "krx-test-cgroup-XXXXXX";

static void put(const char *path, const char *text)
{
    char whole[512];
    krx_error error;
    krx_call call;
    krx_call_init(&call, &error);
    (void)snprintf(whole, sizeof whole, "%s/%s", root, path);
    char *slash = strrchr(whole, '/');
    *slash = '\0';
    assert_int_equal(krx_make_dirs(&call, whole, 0700), 0);
    *slash = '/';
    assert_int_equal(krx_replace_file(&call, whole, text, strlen(text), 0600), 0);
}

static int make_root(void **state)
{
    (void)state;
    (void)strcpy(root + sizeof root - 7, "XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int drop_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int drop_root(void **state)
{
    (void)state;
    return nftw(root, drop_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char v1_groups[] = "9:name=systemd:/\n8:pids:/kranix/a\n7:blkio:/kranix/a\n"
                                "4:memory:/outer/kranix/a\n2:cpuacct:/kranix/a\n1:cpu:/kranix/a\n"
                                "0::/\n";

static void fill_v1(void)
{
    put("pids/kranix/a/pids.current", "7\n");
    put("cpuacct/kranix/a/cpuacct.usage", "123456789\n");
    put("cpu/kranix/a/cpu.cfs_quota_us", "50000\n");
    put("cpu/kranix/a/cpu.cfs_period_us", "100000\n");
    put("memory/outer/kranix/a/memory.usage_in_bytes", "1000000\n");
    put("memory/outer/kranix/a/memory.limit_in_bytes", "2000000\n");
    put("memory/outer/kranix/a/memory.stat",
        "cache 9\ninactive_file 1\ntotal_inactive_file 400000\n");
    put("blkio/kranix/a/blkio.throttle.io_service_bytes_recursive",
        "8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 1\n8:16 Read 4\n8:16 Write 0\nTotal 12292\n");
}

static void test_version_1(void **state)
{
    krx_oci_figures f;
    (void)state;
    fill_v1();
    assert_true(krx_oci_figures_read(v1_groups, NULL, root, &f));
    assert_int_equal(f.pids, 7);
    assert_int_equal(f.cpu_total_ns, 123456789);
    assert_int_equal(f.cpu_quota_milli, 500);
    assert_int_equal(f.memory_bytes, 600000);
    assert_int_equal(f.memory_cache_bytes, 400000);
    assert_int_equal(f.memory_limit_bytes, 2000000);
    assert_int_equal(f.block_read_bytes, 4100);
    assert_int_equal(f.block_write_bytes, 8192);
}

static void test_no_limits(void **state)
{
    krx_oci_figures f;
    (void)state;
    fill_v1();
    put("cpu/kranix/a/cpu.cfs_quota_us", "-1\n");
    put("memory/outer/kranix/a/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(krx_oci_figures_read(v1_groups, NULL, root, &f));
    assert_true(f.cpu_quota_milli == KRX_UNSET);
    assert_true(f.memory_limit_bytes == KRX_UNSET);
}

static void fill_v2(const char *at)
{
    char path[256];
    const struct {
        const char *file, *text;
    } files[] = {
        {"cpu.stat", "usage_usec 2500\nuser_usec 1500\nsystem_usec 1000\n"},
        {"cpu.max", "150000 100000\n"},
        {"memory.current", "5000\n"},
        {"memory.max", "max\n"},
        {"memory.stat", "anon 1\nfile 3000\ninactive_file 2000\nactive_file 1000\n"},
        {"io.stat", "8:0 rbytes=10 wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n"
                    "8:16 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n"},
        {"pids.current", "3\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", at, files[i].file);
        put(path, files[i].text);
    }
}

static void check_v2(const krx_oci_figures *f)
{
    assert_int_equal(f->cpu_total_ns, 2500000);
    assert_int_equal(f->cpu_quota_milli, 1500);
    assert_int_equal(f->memory_bytes, 3000);
    assert_int_equal(f->memory_cache_bytes, 2000);
    assert_true(f->memory_limit_bytes == KRX_UNSET);
    assert_int_equal(f->block_read_bytes, 11);
    assert_int_equal(f->block_write_bytes, 22);
    assert_int_equal(f->pids, 3);
}

static void test_version_2(void **state)
{
    krx_oci_figures f;
    (void)state;
    fill_v2("kranix/a");
    assert_true(krx_oci_figures_read("0::/kranix/a\n", NULL, root, &f));
    check_v2(&f);
    put("kranix/a/cpu.max", "max 100000\n");
    assert_true(krx_oci_figures_read("0::/kranix/a\n", NULL, root, &f));
    assert_true(f.cpu_quota_milli == KRX_UNSET);
}

/* Both: a controller of version 1 has the say, what it lacks is read in version 2. */
static void test_hybrid(void **state)
{
    krx_oci_figures f;
    (void)state;
    fill_v2("unified/kranix/a");
    put("memory/kranix/a/memory.usage_in_bytes", "77\n");
    put("memory/kranix/a/memory.limit_in_bytes", "100\n");
    assert_true(krx_oci_figures_read("4:memory:/kranix/a\n0::/kranix/a\n", NULL, root, &f));
    assert_int_equal(f.memory_bytes, 77);
    assert_int_equal(f.memory_limit_bytes, 100);
    assert_int_equal(f.cpu_total_ns, 2500000);
    assert_int_equal(f.pids, 3);
}

/* Neither the root nor a group that it shares with us says anything of a container. */
static void test_not_its_own(void **state)
{
    krx_oci_figures f;
    (void)state;
    fill_v2("kranix/a");
    fill_v2(".");
    assert_false(krx_oci_figures_read("0::/\n", NULL, root, &f));
    assert_true(f.memory_bytes == KRX_UNSET && f.pids == KRX_UNSET);
    assert_false(krx_oci_figures_read("0::/kranix/a\n", "0::/kranix/a\n", root, &f));
    assert_true(krx_oci_figures_read("0::/kranix/a\n", "0::/kranix\n", root, &f));
    check_v2(&f);
    assert_false(krx_oci_figures_read("", NULL, root, &f));
    assert_false(krx_oci_figures_read("nonsense\n:::\n", NULL, root, &f));
    assert_false(krx_oci_figures_read("0::/gone\n", NULL, root, &f));
}

static void test_network(void **state)
{
    int64_t received = -1, sent = -1;
    (void)state;
    krx_oci_network_read(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
        "    lo: 500 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n"
        "  eth0: 1000 5 0 0 0 0 0 0 2000 5 0 0 0 0 0 0\n"
        "eth1:1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n",
        &received, &sent);
    assert_int_equal(received, 1001);
    assert_int_equal(sent, 2002);
    krx_oci_network_read("", &received, &sent);
    assert_int_equal(received, 0);
    assert_int_equal(sent, 0);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)
    const struct CMUnitTest tests[] = {
        IN_TREE(test_version_1), IN_TREE(test_no_limits),   IN_TREE(test_version_2),
        IN_TREE(test_hybrid),    IN_TREE(test_not_its_own), cmocka_unit_test(test_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
