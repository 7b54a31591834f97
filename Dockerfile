# The gateway without its embedded Postgres: DATABASE_URL has to name a server. docker-compose.yml brings one.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Install scripts would fetch a second Node.js.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${BASE}
WORKDIR /app
ENV NODE_ENV=production DATA_DIR=/data
# KubeFox systems may be read from Git.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*
RUN mkdir /data && chown node:node /data
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY scripts/container-entrypoint.sh scripts/
COPY openapi openapi
COPY migrations migrations
COPY src src
COPY bin bin
VOLUME /data
EXPOSE 9601
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 9601}/livez`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["scripts/container-entrypoint.sh"]
CMD ["node", "src/main.ts"]
