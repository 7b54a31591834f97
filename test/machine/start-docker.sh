#!/usr/bin/env bash
# Starts Docker Engine, installing Debian's where there is none. Needs root.
#
#   start-docker.sh             a daemon that answers stays as it is
#   start-docker.sh --restart   the daemon is stopped first, as an upgrade of Docker does it; containers come back by
#                               their restart policy
#
# Meant for machines that exist for tests: the guard below also cuts containers off from private networks around them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pid_file=/var/run/docker.pid
log=/var/log/dockerd.log
wrapper=/usr/local/sbin/runc-restricted

answers() { docker info >/dev/null 2>&1; }

daemon() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] && echo "$pid"
}

# Until kube-proxy has written its rules, a node sends service addresses (10.96.0.0/12) out by its default
# route. None of that may leave the machine.
keep_private_addresses_in() {
  local out range
  out=$(ip route show default | awk '{print $5; exit}')
  [ -n "$out" ] || return 0
  if ! iptables -n -L DOCKER-USER >/dev/null 2>&1; then
    echo "[docker] no chain DOCKER-USER: private addresses may leave this machine" >&2
    return 0
  fi
  for range in 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16; do
    iptables -C DOCKER-USER -o "$out" -d "$range" -j REJECT 2>/dev/null || iptables -I DOCKER-USER -o "$out" -d "$range" -j REJECT
  done
}

# A daemon that was started from a checkout that is gone still runs every container through that checkout's wrapper.
mend_wrapper() {
  local path
  for path in $(docker info --format '{{range .Runtimes}}{{.Path}} {{end}}'); do
    case $path in
      /*/runc-restricted) [ -x "$path" ] || install -D -m 755 "$here/runc-restricted" "$path" ;;
    esac
  done
}

wait_for_answer() {
  local try
  for ((try = 0; try < 120; try++)); do
    answers && return 0
    sleep 0.5
  done
  echo "[docker] the daemon did not answer within 60 s:" >&2
  tail -5 "$log" >&2 || true
  return 1
}

stop() {
  local pid
  pid=$(daemon) || return 0
  kill "$pid"
  while [ -e "/proc/$pid" ]; do sleep 0.2; done
}

install_docker() {
  local tool
  for tool in dockerd docker iptables jq; do
    command -v "$tool" >/dev/null && continue
    echo "[docker] installing Debian's packages" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables jq >/dev/null
    return
  done
}

start() {
  local runtime=() bounding cap_sys_resource=24
  bounding=$(awk '/^CapBnd/ {print $2}' /proc/self/status)
  # Plain runc cannot start a privileged container there: "unable to apply caps".
  if (((0x$bounding >> cap_sys_resource & 1) == 0)); then
    install -m 755 "$here/runc-restricted" "$wrapper"
    runtime=(--add-runtime "restricted=$wrapper" --default-runtime restricted)
  fi
  rm -f "$pid_file"
  setsid dockerd --log-level warn "${runtime[@]}" >>"$log" 2>&1 </dev/null &
}

if [ "${1:-}" = --restart ] && [ -d /run/systemd/system ] && systemctl is-active -q docker; then
  systemctl restart docker
else
  [ "${1:-}" != --restart ] || stop
  if ! answers && ! daemon >/dev/null; then
    install_docker
    start
  fi
fi
wait_for_answer
mend_wrapper
keep_private_addresses_in
