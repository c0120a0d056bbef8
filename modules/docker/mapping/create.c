/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/model/wanted.h"
#include "modules/docker/mapping/mapping.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static void put_given(krx_dk_json *json, const char *key, const char *value)
{
    if (!krx_blank(value))
        krx_dk_json_text(json, key, value);
}

/* As Kubernetes: a command replaces the image's entrypoint and its default arguments. */
static void put_command(krx_dk_json *json, const krx_workload *spec)
{
    bool command = spec->command && spec->command[0];
    if (command)
        krx_dk_json_texts(json, "Entrypoint", spec->command);
    if (command || (spec->args && spec->args[0]))
        krx_dk_json_texts(json, "Cmd", spec->args);
}

/* Only what differs from the engine's own: a hash of it tells containers apart. */
static void put_streams(krx_dk_json *json, const krx_workload *spec)
{
    if (spec->stdin_open == 1)
        krx_dk_json_bool(json, "OpenStdin", true);
    if (spec->tty == 1)
        krx_dk_json_bool(json, "Tty", true);
}

static void put_stop(krx_dk_json *json, const krx_workload *spec)
{
    put_given(json, "StopSignal", spec->stop_signal);
    if (spec->stop_grace_period_ns != KRX_UNSET)
        krx_dk_json_int(json, "StopTimeout",
                        (spec->stop_grace_period_ns + KRX_NS_PER_S - 1) / KRX_NS_PER_S);
}

static void put_texts(krx_dk_json *json, const char *key, const char *const *values)
{
    if (values && values[0])
        krx_dk_json_texts(json, key, values);
}

/* Without `who` it is the part that a change of can't be done in place. */
static void put_host_config(krx_dk_json *json, const krx_workload *spec, bool whole)
{
    krx_dk_json_open(json, "HostConfig", '{');
    put_given(json, "NetworkMode", spec->network);
    put_given(json, "Runtime", spec->runtime);
    krx_dk_put_port_bindings(json, spec);
    krx_dk_put_mounts(json, spec);
    if (whole) {
        krx_dk_put_restart_policy(json, spec);
        krx_dk_put_limits(json, spec->resources);
    }
    krx_dk_put_devices(json, spec->resources);
    put_texts(json, "ExtraHosts", spec->extra_hosts);
    if (spec->read_only_root_filesystem == 1)
        krx_dk_json_bool(json, "ReadonlyRootfs", true);
    if (spec->capabilities) {
        put_texts(json, "CapAdd", spec->capabilities->add);
        put_texts(json, "CapDrop", spec->capabilities->drop);
    }
    krx_dk_json_close(json, '}');
}

static void put_body(krx_dk_json *json, const krx_workload *spec, const krx_dk_identity *who)
{
    krx_dk_json_open(json, NULL, '{');
    krx_dk_json_text(json, "Image", spec->image);
    put_given(json, "Hostname", spec->hostname);
    put_given(json, "User", spec->user);
    put_given(json, "WorkingDir", spec->working_dir);
    krx_dk_json_env(json, "Env", spec->env);
    put_streams(json, spec);
    put_command(json, spec);
    put_stop(json, spec);
    krx_dk_put_exposed_ports(json, spec);
    krx_dk_put_healthcheck(json, spec->probes);
    krx_dk_put_labels(json, spec, who);
    put_host_config(json, spec, who != NULL);
    if (!who)
        put_given(json, "Platform", spec->platform);
    krx_dk_json_close(json, '}');
}

/* Not against forgery: who may deploy may change the container anyway. */
void krx_dk_spec_hash(const krx_workload *spec, char out[KRX_DK_HASH_MAX])
{
    krx_auto_dk_json krx_dk_json json = {0};
    uint64_t hash = FNV_OFFSET;
    put_body(&json, spec, NULL);
    out[0] = '\0';
    if (krx_str_failed(&json.text))
        return;
    for (const char *c = krx_str_get(&json.text); *c; c++)
        hash = (hash ^ (unsigned char)*c) * FNV_PRIME;
    (void)snprintf(out, KRX_DK_HASH_MAX, "%016" PRIx64, hash);
}

char *krx_dk_create_body(krx_arena *arena, const krx_workload *spec, const krx_dk_identity *who)
{
    krx_auto_dk_json krx_dk_json json = {0};
    put_body(&json, spec, who);
    if (krx_str_failed(&json.text))
        return NULL;
    return krx_arena_strdup(arena, krx_str_get(&json.text));
}

char *krx_dk_update_body(krx_arena *arena, const krx_workload *spec)
{
    krx_auto_dk_json krx_dk_json json = {0};
    krx_dk_json_open(&json, NULL, '{');
    krx_dk_put_limits(&json, spec->resources);
    krx_dk_put_restart_policy(&json, spec);
    krx_dk_json_close(&json, '}');
    if (krx_str_failed(&json.text))
        return NULL;
    return krx_arena_strdup(arena, krx_str_get(&json.text));
}

const char *krx_dk_platform(krx_arena *arena, const krx_workload *spec, bool for_pull)
{
    if (!krx_blank(spec->platform))
        return spec->platform;
    const char *arch = krx_architecture_wanted(arena, spec);
    if (!arch && for_pull)
        arch = krx_architecture_in(spec->image);
    return arch ? krx_arena_printf(arena, "linux/%s", arch) : NULL;
}
