#!/bin/sh
# The locked packages into the environment, by uv, which is fetched into .uv/ where there is none. Needs Python only.
# Two starts at once take turns.
set -eu
cd "$(dirname "$0")"

python=""
for name in ${CLEARSIGNAL_PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        python="$name"
        break
    fi
done
if [ -z "$python" ]; then
    found="$(python3 --version 2>/dev/null || echo 'no Python')"
    echo "✗ environment: $found was found, and Clearsignal runs on Python 3.11, 3.12 or 3.13." >&2
    echo "  Do: install one of them (for example apt install python3.12), or CLEARSIGNAL_PYTHON=/path/to/python make up." >&2
    exit 2
fi

exec "$python" bootstrap.py
