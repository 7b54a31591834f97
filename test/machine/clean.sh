#!/usr/bin/env bash
# Removes what a killed test run left on this machine.
#
#   clean.sh          gateways, database servers and folders of test runs that are over, and every cluster whose name
#                     begins with kgtest-; not to be called while e2e tests are running
#   clean.sh --all    the clusters of every other kindgate as well: for machines that exist for tests
#
# Test runs keep their data in the system's folder for temporary files, under names with the prefixes below.
set -euo pipefail
all=
case "${1:-}" in
  '') ;;
  --all) all=yes ;;
  *) echo "usage: clean.sh [--all]" >&2; exit 2 ;;
esac
temporary=$(dirname "$(mktemp -u)")
prefixes=(kgtest- 'kindgate tést-')
id_label=io.kindgate.cluster-id
name_label=io.x-k8s.kind.cluster
say() { echo "[clean] $*" >&2; }

program() { basename "$(readlink "/proc/$1/exe" 2>/dev/null)"; }

parent() {
  local id
  id=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || true
  echo "${id:-0}"
}

# Process ids whose command line or environment names a test run's folder, one a line.
in_test_folders() {
  local status
  for status in /proc/[0-9]*; do
    grep -qsF "${prefixes[@]/#/-e$temporary/}" "$status/cmdline" "$status/environ" || continue
    [ "${status#/proc/}" = "$$" ] || [ -z "$(readlink "$status/exe")" ] || echo "${status#/proc/}"
  done
}

# A test run goes on while Node.js is among the ancestors of its gateways and database servers.
orphans() {
  local pid ancestor
  while read -r pid; do
    ancestor=$(parent "$pid")
    while [ "$ancestor" -gt 1 ] && [ "$(program "$ancestor")" != node ]; do ancestor=$(parent "$ancestor"); done
    [ "$ancestor" -gt 1 ] || echo "$pid"
  done < <(in_test_folders)
}

# In rounds: what a gateway started is an orphan once the gateway is gone.
end_orphans() {
  local round pid found signal
  for ((round = 0; round < 50; round++)); do
    found=$(orphans)
    [ -n "$found" ] || return 0
    for pid in $found; do
      signal=KILL
      # Immediate shutdown, for five seconds: PostgreSQL frees its shared memory.
      if [ "$(program "$pid")" = postgres ] && ((round < 25)); then signal=QUIT; fi
      say "ending process $pid ($(program "$pid"), SIG$signal)"
      kill "-$signal" "$pid" 2>/dev/null || true
    done
    sleep 0.2
  done
  say "still running: $(orphans | paste -sd' ')"
  return 1
}

# Folders that a process names, or that were touched a short while ago, may belong to a run that goes on.
remove_folders() {
  local folder pid used prefix
  used=$(for pid in $(in_test_folders); do tr '\0' '\n' <"/proc/$pid/cmdline"; tr '\0' '\n' <"/proc/$pid/environ"; done 2>/dev/null || true)
  for prefix in "${prefixes[@]}"; do
    find "$temporary" -maxdepth 1 -name "$prefix*" -mmin +60 -print0
  done | while IFS= read -r -d '' folder; do
    case $used in *"$folder"*) continue ;; esac
    say "removing $folder"
    rm -rf "$folder"
  done
}

# By label; with a container go its anonymous volumes.
remove() {
  local kind=$1 id=$2 found
  shift 2
  found=$({
    docker "$kind" ls "$@" --filter "label=$name_label" --format "$id {{.Label \"$name_label\"}}" |
      awk 'index($2, "kgtest-") == 1 {print $1}'
    [ -z "$all" ] || docker "$kind" ls "$@" --filter "label=$id_label" --format "$id"
  } | sort -u)
  [ -n "$found" ] || return 0
  say "removing $kind $(paste -sd' ' <<<"$found")"
  case $kind in
    container) xargs docker rm -f -v <<<"$found" >/dev/null ;;
    *) xargs docker "$kind" rm <<<"$found" >/dev/null ;;
  esac
}

end_orphans
remove_folders
if docker info >/dev/null 2>&1; then
  remove container '{{.ID}}' --all
  remove network '{{.ID}}'
  remove volume '{{.Name}}'
fi
