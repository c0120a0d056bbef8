/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/kubernetes/events/note.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/side_call.h"

static void fill(krx_json_maker *maker, cJSON *event, const char *version, krx_kube_kind kind,
                 const cJSON *object, const char *namespace_)
{
    const char *workload = krx_k8s_name(object);
    cJSON *meta = krx_json_add_object(maker, event, "metadata");
    krx_autofree char *name = krx_format("%.200s.%016" PRIx64, workload, (uint64_t)krx_now_unix());
    krx_json_add_text(maker, meta, "name", name);
    krx_json_add_text(maker, meta, "namespace", namespace_);
    cJSON *labels = krx_json_add_object(maker, meta, "labels");
    krx_json_add_text(maker, labels, KRX_K8S_MANAGED_BY, KRX_K8S_KRANIX);
    krx_json_add_text(maker, labels, KRX_K8S_WORKLOAD, workload);
    cJSON *about = krx_json_add_object(maker, event, "involvedObject");
    krx_json_add_text(maker, about, "apiVersion", version);
    krx_json_add_text(maker, about, "kind", krx_kube_kind_name(kind));
    krx_json_add_text(maker, about, "namespace", namespace_);
    krx_json_add_text(maker, about, "name", workload);
    krx_json_add_text(maker, about, "uid",
                      krx_json_text(krx_json_object(object, "metadata"), "uid"));
}

void krx_k8s_note(krx_call *call, krx_k8s_backend *backend, krx_kube_kind kind, const cJSON *object,
                  const char *namespace_, const char *reason, const char *message)
{
    krx_side_call side;
    krx_json_maker maker = {0};
    char now[KRX_TIME_TEXT_MAX];
    const char *version = "";
    krx_auto_json cJSON *event = cJSON_CreateObject();
    krx_side_call_init(&side, call);
    if (krx_kube_api_version(&side.call, backend->kube, kind, &version) < 0)
        return;
    fill(&maker, event, version, kind, object, namespace_);
    krx_time_text(krx_now_unix() / KRX_NS_PER_S * KRX_NS_PER_S, now);
    krx_json_add_text(&maker, event, "reason", reason);
    krx_json_add_text(&maker, event, "message", message);
    krx_json_add_text(&maker, event, "type", "Normal");
    krx_json_add_text(&maker, event, "firstTimestamp", now);
    krx_json_add_text(&maker, event, "lastTimestamp", now);
    krx_json_add_int(&maker, event, "count", 1);
    krx_json_add_text(&maker, krx_json_add_object(&maker, event, "source"), "component",
                      KRX_K8S_KRANIX);
    krx_kube_ref at = {.kind = KRX_KUBE_EVENT, .namespace_ = namespace_};
    if (event && !maker.failed && krx_kube_create(&side.call, backend->kube, &at, event, 0, NULL))
        krx_log(call, KRX_LOG_DEBUG, "no event is left about %s: %s", krx_k8s_name(object),
                side.error.message);
}
