#!/usr/bin/env bash
# Installs Schemathesis where it is missing, and prints its path. Needs Python 3.10 or later; on Debian, root installs that.
#
#   "$(test/machine/schemathesis.sh)" run http://127.0.0.1:9601/openapi.json
set -euo pipefail
version=4.32.5
folder=${XDG_CACHE_HOME:-$HOME/.cache}/kindgate/schemathesis-$version

if [ ! -e "$folder/complete" ]; then
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo '[schemathesis] installing python3-venv' >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3 python3-venv >&2
  fi
  echo "[schemathesis] installing schemathesis $version" >&2
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  python3 -m venv "$folder" >&2
  "$folder/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >&2
  touch "$folder/complete"
fi
echo "$folder/bin/schemathesis"
