#!/bin/sh
# Starts the gateway in its container image, without root where the Docker socket's group may write to the socket.
set -eu
[ "$(id -u)" = 0 ] || exec "$@"

socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
socket=${socket#unix://}
groups=$(id -g node)
if [ -S "$socket" ]; then
  case $(stat -c %A "$socket") in
    ????rw*) groups=$groups,$(stat -c %g "$socket") ;;
    *)
      echo "kindgate: runs as root, since only root may use $socket" >&2
      exec "$@"
      ;;
  esac
fi
chown -R node:node "$DATA_DIR"
export HOME=/home/node
exec setpriv --reuid="$(id -u node)" --regid="$(id -g node)" --groups="$groups" "$@"
