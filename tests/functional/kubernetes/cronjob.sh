#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A schedule becomes a CronJob that runs real jobs; its status, pods, restart, stop and removal.
. "$(dirname "$0")/../functions.sh"
requires kubernetes
setup

spec tick 1 <<'YAML' >"$work/tick.yaml"
command: [sh, -c, 'echo ticked']
cronSchedule: {schedule: "* * * * *", concurrencyPolicy: forbid}
YAML
ok kranix deploy -f "$work/tick.yaml" --wait=120s
has "$out" '^tick created'
has "$out" 'PendingSchedule'
ok kube get cronjob tick -o json
json .spec.schedule '* * * * *'
json .spec.concurrencyPolicy Forbid
ok kranix list -n "$ns" -o json
json '[.[] | [.name, .state] | join(" ")] | join(",")' 'tick PendingSchedule'
ok kranix deploy -f "$work/tick.yaml" -o json
json .action unchanged
ok kranix restart tick -n "$ns"

# it runs within the minute
wait_for 90 "a job" sh -c "$KRX_KUBECTL --kubeconfig $KRX_KUBECONFIG -n $ns get pods -l app=tick -o json | jq -e '[.items[] | select(.status.phase == \"Succeeded\")] | length > 0'"
ok kranix status tick -n "$ns" -o json
json .state Scheduled
json '.instances | length >= 1' true
json '.instances[0].state' Succeeded
json '.cron.lastScheduleTime // .lastSchedule // .lastScheduleTime | length > 10' true
ok kranix logs tick -n "$ns"
has "$out" ticked

# not again while it is stopped; a deploy starts it again
ok kranix stop tick -n "$ns"
same "suspended" "$(kube get cronjob tick -o 'jsonpath={.spec.suspend}')" true
ok kranix status tick -n "$ns" -o json
json .state Stopped
ok kranix deploy -f "$work/tick.yaml"
same "suspended" "$(kube get cronjob tick -o 'jsonpath={.spec.suspend}')" false

fails 1 kranix rollback tick -n "$ns"
has "$err" 'CronJob'
ok kranix history tick -n "$ns" -o json
json 'length' 1

ok kranix destroy tick -n "$ns"
same "what is left" "$(kube get cronjob,job,pod -l app=tick -o name | wc -l)" 0
