import { type TProperties, Type } from '@sinclair/typebox'
import { closed } from '../../../engine/schema.ts'

const text = (description: string, ...examples: string[]) => Type.String({ description, examples })
const count = (description: string, ...examples: number[]) => Type.Integer({ description, examples })

const user = text('Whose it is; empty for what nobody here made', 'alex@qbo.io')
const cluster = text("The cluster's name", 'alex')
const clusterId = text("The cluster's id", '718bef86-7dfe-46c0-bf4e-3dfea83c6c28')
const element = <T extends TProperties>(properties: T, description: string) => closed(properties, { description })

export const clusterElement = element(
  {
    name: cluster,
    id: clusterId,
    address: text('Where the Docker host reaches the API server; empty where that is not known', '127.0.0.1:20517'),
    control_plane: text('The control plane node', 'control-f5047fd5.localhost'),
    state: text('`creating`, `ready`, `degraded`, `stopping`, `stopped`, `deleting`, `failed`, `deleted`', 'ready'),
    user,
  },
  'A cluster',
)

export const nodeElement = element(
  {
    name: text('The node', 'control-f5047fd5.localhost'),
    id: text(
      "The container's id; while there is none yet, an id of the gateway's",
      '98650026d1dff267006d4ae520ff096ec4ac4a051de33abc5f805674337e22db',
    ),
    image: text('Node image', 'kindest/node:v1.27.2'),
    cluster,
    state: text('`created`, `running`, `ready`, `exited`, `deleted`', 'ready'),
    address: text("Its address in the cluster's network", '172.18.0.3'),
    os: text('Empty until the kubelet has reported it', 'Debian GNU/Linux 11 (bullseye)'),
    kernel: text('Empty until the kubelet has reported it', '6.3.5-200.fc38.x86_64'),
    user,
    cluster_id: clusterId,
  },
  'A node: a container',
)

export const podElement = element(
  {
    name: text('The pod', 'cuda-vectoradd'),
    id: text('Its uid', 'ccd97ea6-aa48-46ea-a36b-8589dd680ad9'),
    namespace: text('Its namespace', 'default'),
    address: text('Its IP address', '10.244.1.9'),
    status: text('As kubectl shows it; `deleted` on a pod that is gone', 'Running'),
    ready: count('1 when all its containers are ready, else 0', 1),
    started: count('1 when all its containers run, else 0', 1),
    node: text('The node it is on', 'node-ac6f438e.cloud.qbo.io'),
    node_status: text("The node's state", 'ready'),
    cluster,
    user,
    cluster_id: clusterId,
  },
  'A pod',
)

export const serviceElement = element(
  {
    name: text('The service', 'istio-ingressgateway'),
    id: text('Its uid, the same on all its ports', '0e945c5e-647a-4b12-9621-aa6731ff6a63'),
    namespace: text('Its namespace', 'istio-system'),
    address: text('Its cluster IP', '10.96.73.154'),
    external_address: text('Empty where it has none', '50.118.174.4'),
    type: text('Its type', 'LoadBalancer'),
    port_name: text("The port's name", 'status-port'),
    port_number: count('The port', 15021),
    target_port: count("The containers' port; 0 for one that has a name", 15021),
    node_port: count('0 where it has none', 30217),
    protocol: text("The port's protocol", 'TCP'),
    cluster,
    user,
    status: Type.Optional(Type.Literal('deleted', { description: 'On a service that is gone' })),
  },
  'A port of a service',
)

export const networkElement = element(
  {
    name: text("The cluster's name, or the pool's", 'alex'),
    id: text("The cluster's id, or the pool's", '718bef86-7dfe-46c0-bf4e-3dfea83c6c28'),
    subnet: text('CIDR; empty while there is none. A pool has an element for each of its ranges', '172.18.0.0/24'),
    state: text('`created`, `ready`, `deleted`', 'ready'),
    user,
  },
  "A cluster's network, or external addresses for load balancers",
)

export const ipvsElement = element(
  {
    id: text(
      "The node's container id; empty while there is no real server",
      '98650026d1dff267006d4ae520ff096ec4ac4a051de33abc5f805674337e22db',
    ),
    vip: text('The virtual address; empty while it has none', '50.118.174.4'),
    vip_port: text('The virtual port', '6443'),
    rip: text('The real address: a node’s; empty while there is none', '172.18.1.3'),
    rip_port: text('The real port', '6443'),
    aux: text('Nothing yet', ''),
    protocol: text('`t` for TCP, `u` for UDP', 't'),
    scheduler: text('As ipvsadm calls it', 'rr'),
    forward: text('`m` for masquerading', 'm'),
    weight: count('The weight', 1),
    state: text('`ready`, `pending`, `failed`, `deleted`', 'ready'),
    node: text('The node; empty while there is none', 'control-4df5c34f.cloud.qbo.io'),
    cluster,
    user,
  },
  'A real server of a load balancer',
)

export const imageElement = element(
  {
    name: text('The reference', 'hub.docker.com/kindest/node:v1.27.2'),
    registry: text('The registry', 'hub.docker.com'),
    user: text('The first part of the repository', 'kindest'),
    repository: text('Its middle part, if any', ''),
    image: text('Its last part', 'node'),
    tag: text('The tag', 'v1.27.2'),
    local: Type.Optional(count('1 when it is here, else 0', 1)),
    size: Type.Optional(count('Bytes, of one that is here', 987654321)),
    digest: Type.Optional(text('Of one that is here', 'sha256:3eea0d32f3e7…')),
  },
  'A node image',
)

const configuration = {
  qbo_uid: closed(
    {
      crv: text('The curve', 'P-521'),
      kty: text('The kind of key', 'EC'),
      x: text('', 'AMu-cWn4gmkQiCAJMeW4BfZUAhPwAA3rROnw6nGUk8hl3bvV7gKKng2Eov6oxTvg70kulH6Nbq2wvJbAzyAjnPlT'),
      y: text('', 'Ab7VgSfOzG-7IgRF6ffUn5E0J43eDL8_vFtFtP7RihVgNBMUeZzo0yaskfx59SdqnL8q24wEHSTp4dDUxNal3kQ1'),
    },
    { description: "The service account's public key (RFC 7517)" },
  ),
  qbo_aux: text('What the key encrypts', '66fac858-a271-49cf-bad0-fdd9ff0b4787'),
  qbo_port: count("The gateway's port", 443),
  qbo_host: text("The gateway's name", 'localhost'),
  qbo_user: text('The user', 'alex@qbo.io'),
}

export const userElement = element(
  {
    name: text('The user', 'alex'),
    uuid: text("The user's id", '33820cc1-d513-4fa8-88ac-1adb008c3864'),
    self: count('1 for oneself, else 0', 1),
    picture: text('Nothing yet', ''),
    email: text('The address, or the name where there is none', 'alex@qbo.io'),
    type: count('1 for an admin, else 0', 0),
    status: count('1 for a user who may use the gateway, else 0', 1),
    id: text("The user's id", '33820cc1-d513-4fa8-88ac-1adb008c3864'),
    shell: text('Nothing yet', ''),
    state: Type.Optional(Type.Literal('deleted', { description: 'On a user who is gone' })),
    cli: Type.Optional(
      closed(
        {
          exp: count('When the configuration ends, seconds since the epoch; 0: never', 0),
          conf: closed(configuration),
        },
        { description: 'The configuration of a client, where one user was asked for by name' },
      ),
    ),
  },
  'A user',
)

export const clientElement = element(
  {
    timestamp: count('When it connected, microseconds since the epoch', 1686713251461070),
    user,
    mirror: text('Its mirror', '33820cc1-d513-4fa8-88ac-1adb008c3864'),
    control: count('0', 0),
    address: text('Where it comes from', '127.0.0.1'),
    agent: text('What it calls itself', 'kindgate-cli/0.1.0'),
    command: text('Its last command; empty before the first', 'get nodes -A'),
    command_id: text('Of its last command; empty before the first', '1ed73c50-26ee-47e1-ae3e-3cfad50d4c06'),
    process_id: count('0', 0),
    thread_id: count('Of its last command', 140279387227904),
    wsi: text('The connection', '0x55f86dc40840'),
    wss_over_h2: count('0: HTTP/1.1', 0),
    host: text('The name by which it reached the gateway', 'localhost'),
    state: Type.Optional(Type.Literal('deleted', { description: 'On a client that is gone' })),
  },
  'A connection',
)

export const versionElement = element(
  {
    docker: text('The version of Docker; empty where there is none', '24.0.5'),
    qbo: text('The gateway', 'api:kindgate-0.1.0'),
    host: text('The name by which it was reached', 'localhost'),
    arch: text('The processors', '__x86_64__'),
  },
  'A version',
)

export const cliElement = element(
  {
    qbo_port: configuration.qbo_port,
    qbo_host: configuration.qbo_host,
    qbo_uid: text('A temporary web token', '33820cc1-d513-4fa8-88ac-1adb008c3864'),
  },
  'The configuration of a command line client',
)

export const addressElement = element(
  {
    address: text('The address', '50.118.174.3'),
    aux: text('Nothing yet', ''),
    ifname: text('The network interface', 'enp1s0f1'),
    operstate: text('Its state', 'UP'),
    prefixlen: count('Length of the prefix', 32),
    status: count('0', 0),
    type: count('0', 0),
  },
  "An address of the host's",
)

export const inputElement = element({ message: text('What became of the command', 'command accepted') }, 'A log line')

export const outputElement = element(
  {
    message: Type.Optional(text('A log line', "thread '140279387227904' started")),
    step: Type.Optional(count('Steps of long work that have begun or are done', 3)),
    steps: Type.Optional(count('Its steps', 7)),
    kubeconfig: Type.Optional(text('A kubeconfig, YAML', 'apiVersion: v1\n…')),
  },
  'A log line, or what was asked for',
)
