#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pulling from a registry with basic auth: Docker's config.json, a credential helper, and without.
. "$(dirname "$0")/functions.sh"
requires docker registry
setup

image=$KRX_REGISTRY/$ns/app:1
printf '%s' "$KRX_REGISTRY_PASSWORD" |
    engine --config "$work/push" login -u "$KRX_REGISTRY_USER" --password-stdin "$KRX_REGISTRY"         >/dev/null 2>&1 || fail "docker login"
engine tag busybox:kranix "$image"
engine --config "$work/push" push "$image" >/dev/null || fail "docker push"
engine rmi "$image" >/dev/null

spec pulled 1 <<<"$sleeper
pullPolicy: Always" | sed "s|^image: .*|image: $image|" >"$work/spec.yaml"

rm -f "$DOCKER_CONFIG/config.json"
run kranix deploy -f "$work/spec.yaml" --wait=180s
[ "$status" = 6 ] || [ "$status" = 1 ] || fail "without credentials: status $status"
has "$err" "$KRX_REGISTRY"
same "containers without credentials" "$(replica_count pulled -a)" 0

auth=$(printf '%s:%s' "$KRX_REGISTRY_USER" "$KRX_REGISTRY_PASSWORD" | base64 -w 0)
printf '{"auths":{"%s":{"auth":"%s"}}}' "$KRX_REGISTRY" "$auth" >"$DOCKER_CONFIG/config.json"
ok kranix -v deploy -f "$work/spec.yaml" --wait=180s
has_not "$err" "$KRX_REGISTRY_PASSWORD"
has_not "$err" "$auth"
ok kranix destroy pulled -n "$ns"
engine rmi "$image" >/dev/null

# A helper gets the server on standard input and answers JSON.
mkdir "$work/bin"
cat >"$work/bin/docker-credential-test" <<HELPER
#!/bin/sh
[ "\$1" = get ] || exit 1
read -r server
echo "\$server" >>"$work/asked"
printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}'     "\$server" "$KRX_REGISTRY_USER" "$KRX_REGISTRY_PASSWORD"
HELPER
chmod 755 "$work/bin/docker-credential-test"
printf '{"credHelpers":{"%s":"test"}}' "$KRX_REGISTRY" >"$DOCKER_CONFIG/config.json"
PATH=$work/bin:$PATH
ok kranix deploy -f "$work/spec.yaml" --wait=180s
has "$work/asked" "$KRX_REGISTRY"
ok kranix destroy pulled -n "$ns"
engine rmi "$image" >/dev/null

# A wrong password is told as such, and the password is not.
printf '{"auths":{"%s":{"auth":"%s"}}}' "$KRX_REGISTRY" "$(printf 'tester:wrong-secret' | base64)"     >"$DOCKER_CONFIG/config.json"
run kranix deploy -f "$work/spec.yaml" --wait=180s
[ "$status" != 0 ] || fail "a wrong password should fail"
has_not "$err" wrong-secret
same "containers with a wrong password" "$(replica_count pulled -a)" 0
