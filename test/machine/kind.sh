#!/usr/bin/env bash
# Installs the kind CLI where it is missing, and prints its path. Needs Go 1.24 or later.
#
#   PATH=$(dirname "$(test/machine/kind.sh)"):$PATH
set -euo pipefail
version=v0.33.0
folder=${XDG_CACHE_HOME:-$HOME/.cache}/kindgate/kind-$version

if [ ! -x "$folder/kind" ]; then
  if ! command -v go >/dev/null; then
    echo "[kind] Go is needed to install kind $version" >&2
    exit 1
  fi
  echo "[kind] installing kind $version" >&2
  mkdir -p "$folder"
  build=$(mktemp -d "$folder/build.XXXXXX")
  trap 'rm -rf "$build"' EXIT
  GOBIN=$build CGO_ENABLED=0 GOFLAGS=-trimpath go install "sigs.k8s.io/kind@$version" >&2
  mv "$build/kind" "$folder/kind"
fi
echo "$folder/kind"
