#!/usr/bin/env bash
# Makes local stand-ins for the images that Dockerfile and docker-compose.yml start from, with no container registry in
# reach, and installs docker-compose. Needs root, Debian bookworm, npm and a Docker daemon.
#
#   node:24-bookworm-slim   Debian, Node.js and npm from their npm packages, the user node
#   postgres:16             Debian's PostgreSQL 15 behind the variables of the real image's entry point
#
# Images of these names that something else made stay as they are. To try the two files with them:
#
#   DOCKER_BUILDKIT=0 docker build --network host --tag kindgate .
#   docker-compose up --no-build --detach
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$here/../..
label=io.kindgate.stand-in
recipe=$(sha256sum "${BASH_SOURCE[0]}" | cut -c1-16)
node_version=$(jq -r '.dependencies.node' "$project/package.json")
say() { echo "[base-images] $*" >&2; }

# Succeeds where an image has to be made: there is none, or an older stand-in.
wanted() {
  local present
  docker image inspect "$1" >/dev/null 2>&1 || return 0
  present=$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1")
  if [ -z "$present" ]; then
    say "$1 is not of our making: left as it is"
  elif [ "$present" != "$recipe" ]; then
    return 0
  fi
  return 1
}

build() { DOCKER_BUILDKIT=0 docker build --quiet --network host --label "$label=$recipe" --tag "$1" "$2" >/dev/null; }

say "installing build packages"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap docker-compose jq >/dev/null

if ! wanted node:24-bookworm-slim && ! wanted postgres:16; then exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say "bootstrapping Debian"
mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources)
debootstrap --variant=minbase --include=ca-certificates bookworm "$work/debian" "$mirror" >/dev/null
rm -rf "$work"/debian/var/cache/apt/archives/*.deb "$work"/debian/var/lib/apt/lists/*
# What this machine trusts beyond Debian's choice, where its way to the registries needs that.
cp /etc/ssl/certs/ca-certificates.crt "$work/debian/etc/ssl/certs/"
tar -C "$work/debian" -c . | docker import - kindgate-stand-in-debian >/dev/null

if wanted node:24-bookworm-slim; then
  say "making node:24-bookworm-slim"
  case $(uname -m) in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
  mkdir "$work/node"
  npm install --prefix "$work/node" --no-audit --no-fund --loglevel=error "node-linux-$arch@$node_version" npm@11 >/dev/null
  mv "$work/node/node_modules/node-linux-$arch/bin/node" "$work/node/node"
  cat >"$work/node/Dockerfile" <<'DOCKERFILE'
FROM kindgate-stand-in-debian
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY node /usr/local/bin/node
COPY node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
CMD ["node"]
DOCKERFILE
  build node:24-bookworm-slim "$work/node"
fi

if wanted postgres:16; then
  say "making postgres:16"
  mkdir "$work/postgres"
  cat >"$work/postgres/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/bash
# Makes the database on first start, then runs the server as the user postgres.
set -euo pipefail
: "${POSTGRES_PASSWORD:?has to be set}" "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres: "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s' "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=scram-sha-256 >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  if [ "$POSTGRES_DB" != postgres ]; then
    pg_ctl --options='-c listen_addresses=' --wait --silent start
    createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
    pg_ctl --wait --silent stop
  fi
fi
exec "$@"
ENTRYPOINT
  chmod 755 "$work/postgres/docker-entrypoint.sh"
  cat >"$work/postgres/Dockerfile" <<'DOCKERFILE'
FROM kindgate-stand-in-debian
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data
RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf && \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15 >/dev/null && \
  rm -rf /var/lib/apt/lists/* && install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data
COPY docker-entrypoint.sh /usr/local/bin/
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres", "-c", "listen_addresses=*"]
DOCKERFILE
  build postgres:16 "$work/postgres"
fi
docker rmi kindgate-stand-in-debian >/dev/null
