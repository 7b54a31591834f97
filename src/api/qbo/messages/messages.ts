import type { TObject } from '@sinclair/typebox'
import * as elements from './elements.schema.ts'
import { messageSchema } from './envelope.schema.ts'

const kinds = {
  clusters: [elements.clusterElement, 'Clusters'],
  nodes: [elements.nodeElement, 'Nodes'],
  pods: [elements.podElement, 'Pods'],
  services: [elements.serviceElement, 'Services, an element for each port'],
  networks: [elements.networkElement, "The clusters' networks; for admins, external addresses too"],
  ipvs: [elements.ipvsElement, 'Load balancers, an element for each real server'],
  images: [elements.imageElement, 'Node images'],
  users: [elements.userElement, 'Users'],
  clients: [elements.clientElement, 'Connected clients'],
  version: [elements.versionElement, "The gateway's version"],
  cli: [elements.cliElement, 'A configuration for a command line client'],
  addresses: [elements.addressElement, "The host's addresses"],
  output: [elements.outputElement, 'What a command says'],
  input: [elements.inputElement, 'What became of the input'],
} as const

/** A message's data key. */
export type Kind = keyof typeof kinds

/** The schema of each message the gateway sends, by its data key. */
export const messages: Record<Kind, TObject> = Object.assign(
  {},
  ...Object.entries(kinds).map(([key, [item, description]]) => ({
    [key]: messageSchema(key, item, { $id: key, description }),
  })),
)
