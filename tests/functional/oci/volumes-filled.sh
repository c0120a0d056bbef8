#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A new volume begins with what the image has at its place, as it is there; once, whole, and never
# with anything from outside of the image.
. "$(dirname "$0")/../functions.sh"
requires oci
[ -z "${KRX_ROOTLESS:-}" ] || as_made_up_user
setup

files=$work/files
mkdir -p "$files/bin" "$files/srv/app/sub" "$files/srv/open" "$files/bound" "$files/usr" "$files/real" "$files/srv/nested"
cp "$(command -v busybox)" "$files/bin/busybox"
for name in sh sleep cat stat touch rm ls; do ln -s busybox "$files/bin/$name"; done
echo inside | tee "$files/bound/marker" >"$files/usr/marker"
echo hello >"$files/srv/app/file"
echo '#!/bin/sh' >"$files/srv/app/sub/run"
echo below >"$files/srv/nested/below"
ln -s sub/run "$files/srv/app/link"
ln -s /nowhere "$files/srv/app/dangling"
chmod 640 "$files/srv/app/file"
chmod 4755 "$files/srv/app/sub/run"
chmod 750 "$files/srv/app"
chmod 1777 "$files/srv/open"
chown -R 1000:1001 "$files/srv/app"
chmod 4755 "$files/srv/app/sub/run"
# links of the image that would lead out of it, and one that stays
ln -s /usr "$files/out"
ln -s ../../../../../../../../../../usr "$files/up"
ln -s /real "$files/alias"
echo real >"$files/real/file"
tar -C "$files" --format=posix --pax-option='SCHILY.xattr.user.kept:=yes' -cf "$work/files.tar" .
ok kranix images import "$work/files.tar" made/filled:1

# given PATH...: to whoever deploys
given() { [ -z "${oci_user:-}" ] || chown -R "$oci_user:$oci_user" "$@"; }
volume() { printf '%s/volumes/%s.%s' "$oci_root" "$ns" "$1"; }

# filled NAME RUNTIME <more YAML
filled() {
    {
        printf 'runtime: %s\nnetwork: none\ncommand: [sh, -c, "while :; do sleep 0.1; done"]\nstopSignal: SIGKILL\n' "$2"
        cat
    } | spec "$1" 2 | sed 's|^image: .*|image: made/filled:1|' >"$work/$1.yaml"
    ok kranix deploy -f "$work/$1.yaml" --wait=60s
}

for runtime in $(oci_runtimes_here); do
    mkdir -p "$work/bound"
    given "$work/bound"
    filled app "$runtime" <<YAML
volumes:
  - {name: data, mountPath: /srv/app}
  - {name: open, mountPath: /srv/open}
  - {name: out, mountPath: /out}
  - {name: up, mountPath: /up}
  - {name: alias, mountPath: /alias}
  - {name: none, mountPath: /not/there}
  - {name: all, mountPath: /srv}
mounts:
  - {type: bind, source: $work/bound, target: /bound}
YAML
    ok kranix exec app -n "$ns" -- sh -c 'cd /srv/app && stat -c "%n %u:%g %a %F" . file sub/run link dangling && cat file'
    same "$runtime: what the volume begins with" "$(cat "$out")" ". 1000:1001 750 directory
file 1000:1001 640 regular file
sub/run 1000:1001 4755 regular file
link 1000:1001 777 symbolic link
dangling 1000:1001 777 symbolic link
hello"
    tar -C "$(volume app-data)/data" --xattrs --format=posix -cf "$work/kept.tar" file
    grep -aq 'SCHILY.xattr.user.kept=yes' "$work/kept.tar" || fail "$runtime: the attribute is lost"
    same "$runtime: mode of an empty folder" "$(stat -c %a "$(volume app-open)/data")" 1777
    same "$runtime: what is below a nested volume" "$(ls "$(volume app-all)/data")" "app
nested
open"
    # nothing of the machine's
    same "$runtime: by a link that leads out" "$(ls "$(volume app-out)/data")" marker
    same "$runtime: by a link that leads up" "$(ls "$(volume app-up)/data")" marker
    same "$runtime: by a link that stays" "$(cat "$(volume app-alias)/data/file")" real
    same "$runtime: where the image has nothing" "$(ls "$(volume app-none)/data")" ""
    same "$runtime: a folder bound in" "$(ls "$work/bound")" ""
    same "$runtime: marks" "$(find "$oci_root/volumes" -name new -o -name half)" ""

    # once only: what was removed stays so, also when the volume is empty
    ok kranix exec app -n "$ns" -- sh -c 'rm /srv/app/file; rm -rf /srv/app/* /alias/*; echo own >/srv/app/own'
    ok kranix destroy app -n "$ns"
    ok kranix deploy -f "$work/app.yaml" --wait=60s
    ok kranix exec app -n "$ns" -- ls /srv/app /alias
    has "$out" '^own$'
    has_not "$out" 'file'
    ok kranix destroy app -n "$ns"

    # of one that was killed half the way is not a file left, and it is done again
    touch "$(volume app-alias)/new"
    mkdir "$(volume app-alias)/half"
    echo half >"$(volume app-alias)/half/part"
    given "$(volume app-alias)/half"
    ok kranix deploy -f "$work/app.yaml" --wait=60s
    same "$runtime: after a copy that was killed" "$(ls "$(volume app-alias)" "$(volume app-alias)/data")" \
        "$(volume app-alias):
data
lock
volume.json

$(volume app-alias)/data:
file"
    # what somebody has put in meanwhile stays alone
    ok kranix destroy app -n "$ns"
    touch "$(volume app-data)/new"
    ok kranix deploy -f "$work/app.yaml" --wait=60s
    same "$runtime: a volume that is not empty" "$(ls "$(volume app-data)/data")" own
    ok kranix destroy app -n "$ns" --volumes
done
nothing_left
