#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Includes only point down (docs/architecture.md): programs -> core, modules -> lib -> sdk.
. "${srcdir:-.}/tests/lint/lib.sh"

# floor FOLDER REGEX-OF-ALLOWED-INCLUDES: quoted includes and <kranix/...> of a folder
floor() {
    find "$1" -type f \( -name '*.c' -o -name '*.h' -o -name '*.cc' \) -exec \
        grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*("|<kranix/)' {} + |
        grep -vE "include[[:space:]]*($2)" |
        sed "s|\$|   <- not allowed in $1/|"
}

# rooms MODULE: of each folder in it (a line of the input) the folders that lie below
rooms() {
    while read -r room below; do
        floor "$1/$room" "$down|\"(lib/|$1/($room${below:+|$below})/)"
    done
}

down='<kranix/|"config\.h"'
found=$(
    floor sdk/include '<kranix/'
    floor lib/base "$down|\"lib/base/"
    floor lib/model "$down|\"lib/(base|model)/"
    floor lib/http "$down|\"lib/(base|http)/"
    floor lib/json "$down|\"lib/(base|json)/"
    floor lib/logs "$down|\"lib/(base|logs)/"
    floor lib/replicas "$down|\"lib/(base|model|json|replicas)/"
    floor lib/engine "$down|\"lib/(base|model|http|json|logs|engine)/"
    floor lib/kube "$down|\"lib/(base|model|http|json|kube)/"
    floor lib/kube/config "$down|\"lib/(base|model|json|kube/config)/"
    floor lib/kube/auth "$down|\"lib/(base|json|kube/(config|auth))/"
    floor core "$down|\"(lib/(base|model)|core)/"
    floor programs "$down|\"(lib/(base|model)|core|programs)/"
    for module in modules/*/; do
        [ ! -d "$module" ] || floor "${module%/}" "$down|\"(lib/|${module%/}/)"
    done
    rooms modules/docker <<EOF
backend
mapping backend
images backend
containers backend
logs backend
deploy backend|mapping|images|containers
EOF
    rooms modules/oci <<EOF
store
runtime store
backend store|runtime
image store|runtime|backend
bundle store|runtime|backend|image
net store
keeper store|runtime|net
packer store|net|keeper
containers store|runtime|backend|bundle
deploy store|runtime|backend|bundle|image|net|containers
checkpoint store|runtime|backend|bundle|image|containers|deploy
EOF
    rooms modules/kubernetes <<EOF
backend
events backend
objects backend
pods backend
status backend|events|pods
nodes backend|pods
logs backend|pods
sessions backend|pods
lifecycle backend|pods
deploy backend|events|objects|pods|status
EOF
)
[ -z "$found" ] || complain "$found"

# Sessions stand on the rest of lib/kube, which does not know them.
found=$(grep -n '"lib/kube/session/' lib/kube/*.[ch])
[ -z "$found" ] || complain "lib/kube/session is above these: $found"

# Two ways around the rule.
found=$(grep -rnE '#[[:space:]]*include[[:space:]]*"(\.\./|\./)' sdk lib core modules programs \
    --include='*.[ch]')
[ -z "$found" ] || complain "includes are written from the top of the tree:
$found"
done_linting
