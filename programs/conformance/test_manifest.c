/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, and connections to ports inside. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <cjson/cJSON.h>

#include "lib/base/fd.h"
#include "programs/conformance/kit.h"

/* ------------------------------------------------------------------------------------- manifests
 */

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* One JSON List, each of whose items is an object that kubectl would know what to do with. */
static void check_manifest(krx_kit *kit, const krx_kit_got *got, const char *name)
{
    REQUIRE(kit, got->items.count == 1, "export_manifest emits %zu texts", got->items.count);
    cJSON *list = cJSON_Parse(((krx_text *)got->items.items[0])->text);
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(list, "items"), *item;
    bool named = false;
    CHECK(kit, krx_streq(text_of(list, "kind"), "List"), "the manifest is no List in JSON: %.200s",
          ((krx_text *)got->items.items[0])->text);
    cJSON_ArrayForEach (item, items) {
        const cJSON *meta = cJSON_GetObjectItemCaseSensitive(item, "metadata");
        CHECK(kit, *text_of(item, "apiVersion") && *text_of(item, "kind") && *text_of(meta, "name"),
              "an object of the manifest lacks apiVersion, kind or metadata.name");
        CHECK(kit,
              !cJSON_GetObjectItemCaseSensitive(item, "status") &&
                  !*text_of(meta, "resourceVersion") && !*text_of(meta, "uid"),
              "%s %s has what only the server adds", text_of(item, "kind"), text_of(meta, "name"));
        named = named || krx_streq(text_of(meta, "name"), name);
    }
    CHECK(kit, named, "no object of the manifest is called %s", name);
    cJSON_Delete(list);
}

static void of_deployed(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name};
    (void)arg;
    krx_kit_expect(kit, OP(container, export_manifest), 0, &ask, &got);
    check_manifest(kit, &got, spec->name);
    krx_kit_destroy(kit, spec);
}

/* Nothing is deployed, and nothing is afterwards. */
static void of_spec(krx_kit *kit, int arg)
{
    krx_auto_got krx_kit_got got = {0};
    krx_workload *spec = krx_kit_spec(kit);
    krx_kit_ask ask = {.spec = spec}, named = {.workload = spec->name};
    (void)arg;
    krx_kit_expect(kit, OP(container, export_manifest), 0, &ask, &got);
    check_manifest(kit, &got, spec->name);
    krx_kit_expect(kit, OP(driver, get_status), KRX_E_NOT_FOUND, &named, &got);
}

/* --------------------------------------------------------------------------------------- forward
 */

#define SERVER                                                                                     \
    "echo kit-ready; trap 'exit 0' TERM; "                                                         \
    "while :; do nc -l -p 8080 -e /bin/sh -c 'read line; echo answer-$line' & wait $!; done"

/* A question through the port and its answer. 0, or the op's code. */
static int32_t ask_port(krx_kit *kit, const krx_workload *spec, int64_t port, char *answer,
                        size_t size)
{
    krx_auto_got krx_kit_got got = {0};
    int pair[2];
    REQUIRE(kit, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair: %s",
            strerror(errno));
    krx_autoclose int mine = pair[0], theirs = pair[1];
    krx_kit_ask ask = {
        .workload = spec->name, .port = port, .fds = {theirs}, .deadline_in = 30 * KRX_NS_PER_S};
    REQUIRE(kit, krx_write_all(mine, "question\n", 9) == 0 && shutdown(mine, SHUT_WR) == 0,
            "writing: %s", strerror(errno));
    int32_t code = krx_kit_op(kit, OP(container, forward), &ask, &got);
    ssize_t n = recv(mine, answer, size - 1, MSG_DONTWAIT);
    answer[n > 0 ? n : 0] = '\0';
    return code;
}

static void refused_forward(krx_kit *kit)
{
    krx_auto_got krx_kit_got got = {0};
    const krx_workload *spec = krx_kit_deployed(kit, NULL);
    krx_kit_ask ask = {.workload = spec->name, .port = 8080};
    krx_kit_expect(kit, OP(container, forward), KRX_E_UNSUPPORTED, &ask, &got);
    krx_kit_destroy(kit, spec);
}

static void forward(krx_kit *kit, int arg)
{
    if (krx_kit_level(kit, "container.forward") == KRX_CAP_UNSUPPORTED) {
        refused_forward(kit);
        return;
    }
    const krx_workload *spec = krx_kit_deployed(kit, SERVER);
    int64_t end = krx_now_monotonic() + kit->options->wait_ns;
    char answer[64] = "";
    int32_t code;
    (void)arg;
    krx_kit_wait_log(kit, spec, "kit-ready");
    do {
        code = ask_port(kit, spec, 8080, answer, sizeof answer);
    } while (!*answer && krx_now_monotonic() < end && (krx_kit_pause_ms(200), true));
    CHECK(kit, krx_streq(answer, "answer-question\n"),
          "through the port comes '%s' (%s); the image needs nc with -e", answer,
          krx_error_name(code));
    code = ask_port(kit, spec, 8081, answer, sizeof answer);
    CHECK(kit, code < 0 && code != KRX_E_DEADLINE_EXCEEDED && !*answer,
          "a port on which nobody listens answers %s and '%s'", krx_error_name(code), answer);
    krx_kit_destroy(kit, spec);
}

const krx_kit_test krx_kit_manifest_tests[] = {
    {"manifest/deployed", of_deployed, OP(container, export_manifest), -1, 0},
    {"manifest/spec", of_spec, OP(container, export_manifest), -1, 0},
    {"forward", forward, OP(container, forward), -1, 0},
    {NULL, NULL, -1, -1, 0},
};
