/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/replicas/replica.h"

#include "lib/base/str.h"

#define EXIT_ON_KILL 137
#define EXIT_ON_TERM 143

static bool stays_up(const char *policy)
{
    return krx_streq(policy, "always") || krx_streq(policy, "unless-stopped");
}

/*
 * The engine starts again what ends under `always` and `unless-stopped`, so one that stays ended
 * was stopped on purpose. Otherwise the code decides; the two signals of stop mean that it was
 * told.
 */
static const char *ended_state(const krx_replica *c, const char *policy)
{
    if (c->oom_killed && c->exit_code != 0)
        return "Failed";
    if (stays_up(policy))
        return "Stopped";
    if (c->exit_code == 0)
        return krx_streq(policy, "no") || krx_streq(policy, "on-failure") ? "Succeeded" : "Stopped";
    if (c->exit_code == EXIT_ON_TERM || c->exit_code == EXIT_ON_KILL)
        return "Stopped";
    return "Failed";
}

const char *krx_replica_state(const krx_replica *replica, const char *policy)
{
    switch (replica->phase) {
    case KRX_REPLICA_RUNNING:
        return "Running";
    case KRX_REPLICA_PAUSED:
        return "Paused";
    case KRX_REPLICA_CREATED:
        return "Pending";
    case KRX_REPLICA_RESTARTING:
        return replica->exit_code > 0 ? "Failed" : "Pending";
    case KRX_REPLICA_EXITED:
        return ended_state(replica, policy);
    case KRX_REPLICA_DEAD:
        return "Failed";
    default:
        return "Unknown";
    }
}

bool krx_replica_up(const krx_replica *replica)
{
    return replica->phase == KRX_REPLICA_RUNNING || replica->phase == KRX_REPLICA_RESTARTING ||
           replica->phase == KRX_REPLICA_PAUSED;
}

krx_instance *krx_replica_instance(krx_arena *arena, const krx_replica *replica, const char *policy)
{
    krx_instance *out = krx_arena_new_of(arena, krx_instance);
    static const char *const no_ports[] = {NULL};
    if (!out)
        return NULL;
    *out = (krx_instance){.struct_size = sizeof *out,
                          .managed = replica->ours,
                          .id = replica->id,
                          .name = replica->name,
                          .workload = replica->workload,
                          .namespace_ = replica->ours ? replica->namespace_ : NULL,
                          .image = replica->image,
                          .state = krx_replica_state(replica, policy),
                          .status = replica->status,
                          .health = replica->health,
                          .ip = replica->ip,
                          .message = replica->oom_killed ? "killed: out of memory" : NULL,
                          .replica = replica->ours ? replica->replica : 0,
                          .restarts = replica->restarts,
                          .exit_code = replica->exit_code,
                          .created_ns = replica->created_ns,
                          .started_ns = replica->started_ns,
                          .labels = replica->labels,
                          .ports = replica->ports ? replica->ports : no_ports};
    return out;
}
