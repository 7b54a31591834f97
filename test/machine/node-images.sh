#!/usr/bin/env bash
# Builds the node images that the e2e tests use, where they are missing or out of date.
#
#   node-images.sh [VERSION...]   by default the three of which the tests need every kubeadm configuration version and
#                                 both cgroup drivers
#
# One run at a time; what a killed one left half made is cleared before the next begins.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kind-node-image
[ $# -gt 0 ] || set -- v1.34.4 v1.20.2 v1.36.3

mkdir -p "$cache"
exec {lock}>"$cache/.lock"
if ! flock -n "$lock"; then
  echo "[node-image] waiting for another build" >&2
  flock "$lock"
fi

export TMPDIR=$cache/tmp
rm -rf "$TMPDIR"
mkdir -p "$TMPDIR"
for tag in $(docker images --format '{{.Repository}}:{{.Tag}}' | grep -E '^(kindest/node:.*-base|kind-node-image/plane:.*)$' || true); do
  docker ps -a --format '{{.Image}} {{.ID}}' | awk -v tag="$tag" '$1 == tag {print $2}' | xargs -r docker rm -f -v >/dev/null
  docker rmi "$tag" >/dev/null
done

for version in "$@"; do "$here/node-image/build.sh" "$version" {lock}>&-; done
