/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/oci/net/verbs.h"

#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/json/json.h"
#include "modules/oci/net/net.h"
#include "modules/oci/store/lock.h"

/* A container whose lock we hold. */
typedef struct held {
    krx_oci_store store;
    krx_oci_launch launch;
    krx_oci_container container;
    int32_t lock;
} held;

static int32_t hold(krx_call *call, krx_arena *arena, const char *folder, held *h)
{
    const char *id = NULL;
    h->lock = -1;
    int32_t code = krx_oci_store_of_folder(call, arena, folder, &h->store, &id);
    if (code >= 0)
        code = h->lock = krx_oci_lock_container(call, &h->store, id);
    if (code >= 0)
        code = krx_oci_launch_read(call, arena, &h->store, id, &h->launch);
    if (code >= 0)
        code = krx_oci_container_read(call, arena, &h->store, id, &h->container);
    return code < 0 ? code : 0;
}

int32_t krx_oci_verb_attach(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    held h;
    krx_json_maker maker = {0};
    (void)argc;
    int32_t code = hold(call, arena, argv[1], &h);
    krx_autoclose int lock = h.lock;
    if (code >= 0)
        code = krx_oci_net_attach(call, arena, &h.store, &h.launch, &h.container);
    if (code >= 0)
        code = krx_oci_container_write(call, &h.store, &h.container);
    if (code < 0)
        return code;
    krx_json_add_text(&maker, answer, "network", h.container.network);
    krx_json_add_text(&maker, answer, "ip", h.container.ip);
    cJSON *ports = krx_json_add_array(&maker, answer, "ports");
    for (const krx_oci_port *const *p = h.container.ports; p && *p; p++)
        krx_json_add_int(&maker, ports, NULL, (*p)->host_port);
    (void)lock;
    return 0;
}

int32_t krx_oci_verb_detach(krx_call *call, krx_arena *arena, int argc, char **argv, cJSON *answer)
{
    held h;
    (void)argc, (void)answer;
    int32_t code = hold(call, arena, argv[1], &h);
    krx_autoclose int lock = h.lock;
    if (code >= 0)
        code = krx_oci_net_detach(call, arena, &h.store, &h.launch, &h.container);
    if (code >= 0)
        code = krx_oci_container_write(call, &h.store, &h.container);
    (void)lock;
    return code;
}

static bool parse_rate(const char *text, int64_t *out)
{
    char *end = NULL;
    *out = KRX_UNSET;
    if (krx_streq(text, "-"))
        return true;
    *out = *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
    return end && !*end;
}

int32_t krx_oci_verb_bandwidth(krx_call *call, krx_arena *arena, int argc, char **argv,
                               cJSON *answer)
{
    held h;
    int64_t egress = KRX_UNSET, ingress = KRX_UNSET;
    (void)argc, (void)answer;
    if (!parse_rate(argv[2], &egress) || !parse_rate(argv[3], &ingress))
        return krx_fail(call, KRX_E_INVALID_ARGUMENT,
                        "bandwidth DIR EGRESS INGRESS: bits per "
                        "second, 0 or -");
    int32_t code = hold(call, arena, argv[1], &h);
    krx_autoclose int lock = h.lock;
    if (code >= 0)
        code = krx_oci_net_bandwidth(call, arena, &h.store, &h.container, egress, ingress);
    (void)lock;
    return code;
}
