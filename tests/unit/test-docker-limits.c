/* SPDX-License-Identifier: Apache-2.0 */
/* What of a container's limits can be changed in place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/local_host.h"
#include "lib/base/str.h"
#include "lib/json/json.h"
#include "lib/model/model.h"
#include "modules/docker/mapping/limits.h"

static int compare(const char *resources, const char *host_config)
{
    krx_error error;
    krx_call call;
    krx_specs specs = {0};
    krx_diags diags;
    krx_auto_json cJSON *json = cJSON_Parse(host_config);
    krx_autofree char *yaml = krx_format("name: w\nimage: i\n%s", resources);
    assert_non_null(json);
    krx_call_init(&call, &error);
    krx_diags_init(&diags);
    assert_int_equal(
        krx_specs_parse(&call, "t", yaml, strlen(yaml), KRX_SPEC_NO_FILES, &specs, &diags), 0);
    int found = krx_dk_compare_limits(specs.items[0]->workload, json);
    krx_specs_free(&specs);
    krx_diags_free(&diags);
    return found;
}

#define KEPT "\"RestartPolicy\":{\"Name\":\"unless-stopped\",\"MaximumRetryCount\":0}"

static void test_limits(void **state)
{
    (void)state;
    assert_int_equal(compare("", "{" KEPT "}"), KRX_REPLICA_SAME);
    assert_int_equal(compare("resources: {memoryLimit: 1Mi}\n", "{\"Memory\":1048576," KEPT "}"),
                     KRX_REPLICA_SAME);
    assert_int_equal(compare("resources: {memoryLimit: 2Mi}\n", "{\"Memory\":1048576," KEPT "}"),
                     KRX_REPLICA_IN_PLACE);
    assert_int_equal(compare("", "{\"Memory\":1048576," KEPT "}"), KRX_REPLICA_ANEW);
    assert_int_equal(compare("restartPolicy: always\n", "{" KEPT "}"), KRX_REPLICA_IN_PLACE);
    assert_int_equal(compare("restartPolicy: 'no'\n", "{\"RestartPolicy\":{\"Name\":\"\"}}"),
                     KRX_REPLICA_SAME);
    assert_int_equal(compare("resources: {cpuLimit: 500m}\n", "{" KEPT "}"), KRX_REPLICA_IN_PLACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
