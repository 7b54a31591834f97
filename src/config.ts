import { type Static, Type } from '@sinclair/typebox'

/**
 * Every setting of the gateway: environment variables, each with its default, unit and meaning. `npm start -- --help`
 * prints this table, the README's is made from it.
 */
export const settingsSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'Address to listen on' }),
  PORT: Type.Integer({
    default: 9601,
    minimum: 0,
    maximum: 65535,
    description: 'Port to listen on; 0 takes a free one',
  }),
  TLS_CERT: Type.String({
    default: '',
    description:
      'File with the certificate and its chain, PEM: the gateway speaks HTTPS, HTTP/2 and HTTP/1.1. Read again when it changes',
  }),
  TLS_KEY: Type.String({ default: '', description: 'File with the private key for that, PEM' }),
  TRUST_PROXY: Type.String({
    default: '',
    format: 'addresses',
    description:
      'Addresses and ranges of reverse proxies, comma-separated, whose X-Forwarded-For, -Proto and -Host are believed',
  }),
  PUBLIC_URL: Type.String({
    default: '',
    format: 'origin',
    description: 'Where browsers reach the gateway, such as https://kindgate.example.com; needed for login',
  }),
  ALLOWED_ORIGINS: Type.String({
    default: '',
    format: 'origins',
    description:
      "Origins of other web pages, comma-separated, that may change things with a browser's cookies; the gateway's own always may",
  }),
  CREDENTIAL_FAILURES: Type.Integer({
    default: 30,
    minimum: 1,
    description:
      'Credentials that are not valid, of one address within a minute, after which it is refused for the rest of it',
  }),
  OIDC_ISSUER: Type.String({
    default: '',
    format: 'issuer',
    description:
      'OpenID Connect issuer to log in with, such as https://accounts.google.com; empty: no login. See docs/login.md',
  }),
  OIDC_CLIENT_ID: Type.String({ default: '', description: "The gateway's client id there" }),
  OIDC_CLIENT_SECRET: Type.String({ default: '', description: 'Its secret' }),
  OIDC_ALLOWED: Type.String({
    default: '',
    format: 'emails',
    description:
      'Who may log in, comma-separated: e-mail addresses, or domains such as example.com for all addresses there. Empty: nobody',
  }),
  OIDC_ADMINS: Type.String({
    default: '',
    format: 'emails',
    description: 'Of those, the e-mail addresses whose users are made as admins on their first login',
  }),
  SESSION_TTL: Type.Integer({
    default: 43200,
    minimum: 60,
    maximum: 2592000,
    description: 'Longest a login lasts, in seconds',
  }),
  SESSION_IDLE: Type.Integer({
    default: 3600,
    minimum: 300,
    maximum: 2592000,
    description: 'How long a login lasts without being used, in seconds',
  }),
  DATA_DIR: Type.String({
    default: './data',
    minLength: 1,
    description: 'Folder of the embedded Postgres, admin.token and secret.key',
  }),
  DATABASE_URL: Type.String({
    default: '',
    pattern: '^$|^postgres(ql)?://',
    description: 'A Postgres 14 or later, postgres://user:password@host:port/database; empty starts the embedded one',
  }),
  SECRET_KEY: Type.String({
    default: '',
    description:
      'Keys that encrypt secrets in the database, 32 bytes in base64 each, comma-separated: the first encrypts, all decrypt. Empty: data/secret.key, made when missing',
  }),
  RUNTIME: Type.Union([Type.Literal('auto'), Type.Literal('docker'), Type.Literal('simulated')], {
    default: 'auto',
    description:
      'docker refuses to start without a daemon; simulated needs none and invents clusters; auto takes docker where a daemon answers or has clusters in the database',
  }),
  DOCKER_HOST: Type.String({
    default: 'unix:///var/run/docker.sock',
    pattern: '^(unix:///|tcp://|ssh://)',
    description: 'The Docker daemon: unix://, tcp:// or ssh://',
  }),
  DOCKER_TLS_VERIFY: Type.Union([Type.Literal(''), Type.Literal('0'), Type.Literal('1')], {
    default: '',
    description: '1 speaks TLS to a tcp:// daemon',
  }),
  DOCKER_CERT_PATH: Type.String({ default: '', description: 'Folder with ca.pem, cert.pem and key.pem for that' }),
  NODE_IMAGE: Type.String({
    default: 'kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5',
    minLength: 1,
    description: 'Node image of clusters that name none',
  }),
  NODE_IMAGES: Type.String({
    default: 'kindest/node:*',
    minLength: 1,
    description:
      'Node images that may be run, comma-separated; * stands for any characters. Nodes are privileged: who chooses the image owns the host',
  }),
  MAX_NODES: Type.Integer({ default: 32, minimum: 1, maximum: 250, description: 'Most nodes a cluster may have' }),
  DOMAIN: Type.String({
    default: 'localhost',
    pattern: '^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$',
    description: 'Domain of node names in clusters that name none',
  }),
  NETWORK_POOL: Type.String({
    default: '172.28.0.0/14',
    pattern: '^\\d+\\.\\d+\\.\\d+\\.\\d+/([89]|1\\d|2[0-4])$',
    description: 'Range that cluster networks take their /24 from',
  }),
  BALANCER: Type.Union(
    (['auto', 'ipvs', 'userspace', 'none'] as const).map(name => Type.Literal(name)),
    {
      default: 'auto',
      description:
        "Load balancers: in the kernel's IPVS, in the gateway's own process, or not at all; auto takes ipvs where the kernel, ipvsadm, the rights for it and IP forwarding are there",
    },
  ),
  BALANCER_INTERFACE: Type.String({
    default: '',
    pattern: '^([A-Za-z0-9_.-]{1,15})?$',
    description:
      'Interface of its own that addresses of load balancers are added to, made when missing. Empty: kindgate0 with ipvs; with userspace the host must have them',
  }),
  API_SERVER_HOST: Type.String({
    default: '127.0.0.1',
    format: 'ipv4',
    description: "Address of the Docker host on which clusters' API servers are published",
  }),
  STEP_TIMEOUT: Type.Integer({
    default: 300,
    minimum: 10,
    maximum: 3600,
    description: 'Longest a step of bringing up a cluster may take, in seconds; pulls are not bounded',
  }),
  STOP_GRACE: Type.Integer({
    default: 20,
    minimum: 0,
    maximum: 300,
    description: 'How long a node may take to shut down before it is killed, in seconds',
  }),
  DRAIN_TIMEOUT: Type.Integer({
    default: 60,
    minimum: 0,
    maximum: 3600,
    description: 'How long pods may take to leave a node that is removed, in seconds',
  }),
  CLUSTER_OBJECTS: Type.Integer({
    default: 20_000,
    minimum: 100,
    maximum: 1_000_000,
    description:
      'Most objects of a kind (nodes, pods, services, endpoint slices) that are followed in a cluster; with more, its lists are stale and say so',
  }),
  CLUSTER_BYTES: Type.Integer({
    default: 67_108_864,
    minimum: 1_048_576,
    maximum: 1_073_741_824,
    description: 'Most bytes that those of a kind may take, for each cluster; as before with more',
  }),
  KUBEFOX_CLUSTER: Type.String({
    default: '',
    pattern: '^$|^[a-z0-9][a-z0-9._-]{0,62}$',
    description: 'Cluster of KubeFox platforms that name none; empty: such platforms deploy nowhere',
  }),
  KUBEFOX_GIT_ALLOWED: Type.String({
    default: '',
    description:
      'Git repositories that KubeFox systems may be read from: https:// and file:// URLs, comma-separated, each with all that is below it; empty: none',
  }),
  OPERATION_TTL: Type.Integer({
    default: 604800,
    minimum: 60,
    description: 'How long a finished operation is kept, in seconds',
  }),
  AUDIT_RETENTION: Type.Integer({
    default: 7776000,
    minimum: 86400,
    description: 'How long entries of the audit log are kept, in seconds',
  }),
  QUOTA_CLUSTERS: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: 1_000_000,
    description: 'Most clusters of a user. Of all quotas: admins have none, and set others for a user',
  }),
  QUOTA_NODES: Type.Integer({
    default: 50,
    minimum: 0,
    maximum: 1_000_000,
    description: 'Most nodes of all clusters of a user',
  }),
  QUOTA_CONNECTIONS: Type.Integer({
    default: 200,
    minimum: 0,
    maximum: 1_000_000,
    description: 'Most watches and WebSockets that a user may have open at a time',
  }),
  QUOTA_REQUESTS: Type.Integer({
    default: 6000,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Most requests of a user in a minute',
  }),
  WS_DEFLATE: Type.Union([Type.Literal('off'), Type.Literal('on')], {
    default: 'off',
    description:
      'Whether messages of the QBO WebSocket are compressed where the client offers it; costs processor time',
  }),
  REGISTRY_HOSTS_ALLOWED: Type.String({
    default: '',
    pattern: '^(((https?://)?([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:\\d{1,5})?)(, *|$))*$',
    description:
      'Container registries that may be asked at private addresses, host[:port], comma-separated; http:// before one for no TLS. Public ones need not be listed',
  }),
  REGISTRY_CREDENTIALS: Type.String({
    default: '',
    description:
      'Who lists of node images are asked for as, at each registry: JSON, {"registry.example.com":{"username":"…","password":"…"}}',
  }),
  VKUBE_PUBLIC: Type.Union([Type.Literal('true'), Type.Literal('false')], {
    default: 'true',
    description: 'Whether V-Kube regions, image checks and port checks need no secret, as its guide says',
  }),
  VKUBE_RATE: Type.Integer({
    default: 120,
    minimum: 1,
    description: 'Requests of that kind that an address may make in a minute',
  }),
  VKUBE_UNIT_MEMORY: Type.String({
    default: '1Gi',
    pattern: '^[1-9]\\d{0,6}(Mi|Gi)$',
    description: 'Memory that one unit of a V-Kube order is worth',
  }),
  VKUBE_UNIT_CPU: Type.String({
    default: '250m',
    pattern: '^[1-9]\\d{0,5}m?$',
    description: 'CPU that one unit of a V-Kube order is worth',
  }),
  VKUBE_GRACE: Type.Integer({
    default: 3600,
    minimum: 0,
    maximum: 31_536_000,
    description: 'How long the pods of a V-Kube order outlive its end, in seconds',
  }),
  VKUBE_BANDWIDTH: Type.String({
    default: '1024M',
    pattern: '^[1-9]\\d{0,5}[kMG]$',
    description: 'Bits a second that the pod of a V-Kube order may receive and send, where the network plugin heeds it',
  }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map(level => Type.Literal(level)),
    { default: 'info', description: 'Least severe level that is logged' },
  ),
})

export type Settings = Static<typeof settingsSchema>
