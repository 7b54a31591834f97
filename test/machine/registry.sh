#!/usr/bin/env bash
# Installs the registry that test/e2e/registry.test.ts runs: Debian's docker-registry (CNCF Distribution 2.8). Prints its path.
# Needs root and Debian.
set -euo pipefail
if ! command -v docker-registry; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-registry >/dev/null
  command -v docker-registry
fi
