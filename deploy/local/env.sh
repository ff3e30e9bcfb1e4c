#!/bin/sh
# Makes .venv from requirements.lock. Arguments: the workspace members, installed editable.
# Each step tells its name and seconds; a failed one tells what to do.
set -eu

log=$(mktemp)
trap 'rm -f "$log"' EXIT

step() { # step NAME ADVICE COMMAND…
    name=$1 advice=$2
    shift 2
    began=$(date +%s)
    if "$@" >"$log" 2>&1; then
        printf '%-44s %3s s\n' "$name" $(($(date +%s) - began))
    else
        cat "$log" >&2
        printf '\n%s: failed. %s\n' "$name" "$advice" >&2
        exit 1
    fi
}

suits() { # a Python of at least 3.11 that can make environments
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

choose() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if suits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    cat >&2 <<'TEXT'
No Python 3.11 or newer with its venv module was found.
Install one (Debian, Ubuntu: python3 and python3-venv; macOS: from python.org or Homebrew),
or name it: make env PYTHON=/path/to/python3.12
TEXT
    exit 1
}

environment() {
    if .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && [ -z "${PYTHON:-}" ]; then
        .venv/bin/python -m pip --version || .venv/bin/python -m ensurepip
    else
        "$python" -m venv --clear .venv
    fi
}

install_uv() { # the version and hashes that requirements.lock has
    sed -n '/^uv==/,/[^\\]$/p' requirements.lock >.venv/uv.txt
    .venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.txt
}

setting() { # what pip was told in its files: an index or mirror that uv should use too
    .venv/bin/python -m pip config get "global.$1" 2>/dev/null || true
}

python=$(choose)
step "environment in .venv by $python" "Remove .venv and try again." environment
network="Check the network, or the package index that pip is set up for, and try again."
step "uv" "$network" install_uv

index=${PIP_INDEX_URL:-$(setting index-url)}
if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
    export UV_DEFAULT_INDEX="$index"
fi
certificates=${PIP_CERT:-$(setting cert)}
if [ -n "$certificates" ] && [ -z "${SSL_CERT_FILE:-}" ]; then
    export SSL_CERT_FILE="$certificates"
fi
if ! mkdir -p "${HOME:-/nonexistent}/.cache" 2>/dev/null || [ ! -w "$HOME/.cache" ]; then
    export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.leadpact/cache/uv}"
fi

uv() { .venv/bin/uv --quiet pip install --python .venv/bin/python "$@"; }
# Compiled once: five processes start at the same time, and some machines forbid Python to keep what it compiled.
step "packages of requirements.lock" "$network" uv --compile-bytecode --require-hashes -r requirements.lock
editable=
for member in "$@"; do
    editable="$editable -e $member"
done
# shellcheck disable=SC2086 # members have no spaces
step "workspace members" "Look at the pyproject.toml named above." uv --no-deps --no-build-isolation $editable
step "our own code, compiled" "Look at the file named above." .venv/bin/python -m compileall -q -j 0 "$@"
