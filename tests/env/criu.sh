# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A CRIU for this kernel, and a crun that knows CRIU, beside those of the machine: criu-build makes
# them. Where the machine's own do, none of this is needed.

# Where the programs are once criu-build has made them: bin/criu, bin/crun, lib/.
criu_home() {
    printf '%s' "${KRX_CRIU_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/kranix-test/criu}"
}

criu_built() {
    [ -e "$(criu_home)/verified" ] && [ -x "$(criu_home)/bin/criu" ] &&
        [ -x "$(criu_home)/bin/crun" ]
}

# Nothing when $1 works on this machine, else CRIU's own first words on why not.
criu_refusal() {
    local said
    said=$("$1" check 2>&1) && return 0
    said=$(printf '%s\n' "$said" | grep -vE '^(Warn|Looks|rlimit)' | head -n 1)
    printf '%s' "${said:-$1 check fails without a word}"
}

# Prints the path of a CRIU that works here: the machine's, else criu-build's. Without one it fails
# and prints why.
criu_find() {
    local own why=""
    own=$(PATH=$PATH:/usr/sbin:/sbin command -v criu) && {
        why=$(criu_refusal "$own")
        [ -n "$why" ] || {
            printf '%s' "$own"
            return 0
        }
        why="$own: $why; "
    }
    criu_built || {
        printf '%s' "${why}tests/env/criu-build has not been run"
        return 1
    }
    printf '%s' "$(criu_home)/bin/criu"
}

# Prints the path of a crun that was built with CRIU, or fails and prints why there is none.
criu_crun_find() {
    local own
    own=$(command -v crun) && case $("$own" --version 2>/dev/null) in
    *+CRIU*)
        printf '%s' "$own"
        return 0
        ;;
    esac
    criu_built || {
        printf '%s' "${own:-crun} was built without CRIU, and tests/env/criu-build has not been run"
        return 1
    }
    printf '%s' "$(criu_home)/bin/crun"
}
