/* SPDX-License-Identifier: Apache-2.0 */
#include "modules/docker/mapping/mapping.h"

#include "lib/replicas/plan.h"

#define SHARES_PER_CORE 1024
#define SHARES_MIN 2
#define NANO_PER_MILLI 1000000

static int64_t given(int64_t value)
{
    return value > 0 ? value : 0;
}

int64_t krx_dk_cpu_shares(const krx_resources *resources)
{
    int64_t milli = resources ? given(resources->cpu_request_milli) : 0;
    int64_t shares = milli * SHARES_PER_CORE / 1000;
    return milli && shares < SHARES_MIN ? SHARES_MIN : shares;
}

int64_t krx_dk_nano_cpus(const krx_resources *resources)
{
    return resources ? given(resources->cpu_limit_milli) * NANO_PER_MILLI : 0;
}

int64_t krx_dk_memory(const krx_resources *resources)
{
    return resources ? given(resources->memory_limit_bytes) : 0;
}

int64_t krx_dk_memory_reservation(const krx_resources *resources)
{
    return resources ? given(resources->memory_request_bytes) : 0;
}

void krx_dk_put_restart_policy(krx_dk_json *json, const krx_workload *spec)
{
    krx_dk_json_open(json, "RestartPolicy", '{');
    krx_dk_json_text(json, "Name", krx_replica_restart_policy(spec));
    krx_dk_json_int(json, "MaximumRetryCount", krx_replica_restart_retries(spec));
    krx_dk_json_close(json, '}');
}

static void put_if(krx_dk_json *json, const char *key, int64_t value)
{
    if (value)
        krx_dk_json_int(json, key, value);
}

/* Swap goes with memory as `docker run --memory` does it: said here, so that an update can raise
 * both at once. */
void krx_dk_put_limits(krx_dk_json *json, const krx_resources *resources)
{
    int64_t memory = krx_dk_memory(resources);
    put_if(json, "NanoCpus", krx_dk_nano_cpus(resources));
    put_if(json, "CpuShares", krx_dk_cpu_shares(resources));
    put_if(json, "Memory", memory);
    put_if(json, "MemorySwap", memory > INT64_MAX / 2 ? -1 : memory * 2);
    put_if(json, "MemoryReservation", krx_dk_memory_reservation(resources));
}

void krx_dk_put_devices(krx_dk_json *json, const krx_resources *resources)
{
    const krx_gpu *gpu = resources ? resources->gpu : NULL;
    if (!gpu)
        return;
    krx_dk_json_open(json, "DeviceRequests", '[');
    krx_dk_json_open(json, NULL, '{');
    krx_dk_json_text(json, "Driver", krx_strcaseeq(gpu->vendor, "amd") ? "amdgpu" : "nvidia");
    krx_dk_json_int(json, "Count", gpu->count > 0 ? gpu->count : 1);
    krx_dk_json_open(json, "Capabilities", '[');
    krx_dk_json_texts(json, NULL, (const char *const[]){"gpu", NULL});
    krx_dk_json_close(json, ']');
    krx_dk_json_close(json, '}');
    krx_dk_json_close(json, ']');
}
