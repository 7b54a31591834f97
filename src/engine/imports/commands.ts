import type { ClusterImporter } from '../../drivers/kubernetes/importer.ts'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import { claimName } from '../clusters/claim.ts'
import { type CommandDependencies, issue } from '../clusters/command.ts'
import { requireVersion } from '../clusters/guard.ts'
import type { Cluster, ClusterCreate } from '../clusters/schema.ts'
import type { CommandOptions } from '../command-options.ts'
import type { Table } from '../mirror/mirror.ts'
import { requireClusterName } from '../names.ts'
import type { Operation } from '../operations/schema.ts'
import { requireRoom } from '../quotas/room.ts'
import type { QuotaName } from '../quotas/schema.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { kubeconfigContext } from './identity.ts'
import { deleteImport, insertImport } from './queries.ts'
import type { ImportState } from './state.ts'

export interface ImportDependencies extends CommandDependencies {
  keyring: Keyring
  importer: ClusterImporter
  imports: ImportState
  settings: { quotas: Record<QuotaName, number> }
  tables: CommandDependencies['tables'] & { clusters: Table<Cluster> }
}

/** What only a cluster that is made here has. */
const ofOurs = ['image', 'nodes', 'domain', 'region', 'retain'] as const

/** Takes in a cluster that somebody else runs. It is there when this resolves; whether it answers shows afterwards. */
export async function importCluster(
  principal: Principal,
  body: ClusterCreate & { kubeconfig: string },
  options: CommandOptions,
  dependencies: ImportDependencies,
): Promise<Operation> {
  const { runtime, tables, ids, keyring, importer, imports, settings } = dependencies
  const { name, kubeconfig, labels = {} } = body
  requireClusterName(name)
  const besides = ofOurs.filter(key => body[key] !== undefined)
  if (besides.length > 0)
    throw refusal(
      '/body',
      besides.map(key => ({ pointer: `/${key}`, what: 'is not for an import' })),
    )
  // Whoever is no admin has no business in the networks that the gateway is in.
  const reach = principal.admin ? 'private' : 'public'
  const way = importer.read(kubeconfig, reach)
  if (way.faults) throw refusal('/body/kubeconfig', way.faults)
  const id = ids()
  const sealed = await keyring.seal(way.kept, kubeconfigContext(id))
  return issue(
    {
      principal,
      options,
      action: 'createCluster',
      target: { kind: 'cluster', name },
      cluster: { id, name },
      body,
      message: 'imported',
      done: imports.load,
      async write(sql) {
        await claimName(sql, { runtime, name, tables })
        await requireRoom(sql, { owner: principal.name, runtime, clusters: 1, nodes: 0 }, settings.quotas)
        await insertImport(sql, { id, runtime, name, owner: principal.name, labels, server: way.server, sealed, reach })
      },
    },
    dependencies,
  )
}

/** Forgets an imported cluster: nothing in it changes. */
export function forgetCluster(
  principal: Principal,
  { id, name }: Readonly<Cluster>,
  options: CommandOptions,
  dependencies: ImportDependencies,
): Promise<Operation> {
  const { tables, imports } = dependencies
  return issue(
    {
      principal,
      options,
      action: 'deleteCluster',
      target: { kind: 'cluster', name },
      cluster: { id, name },
      body: null,
      message: 'forgotten',
      done: imports.load,
      async write(sql) {
        const now = tables.clusters.get(id)
        if (now) requireVersion(now, options)
        if (!now || !(await deleteImport(sql, id)))
          throw new GatewayError('NotFound', `there is no cluster ${JSON.stringify(name)}`)
      },
    },
    dependencies,
  )
}

function refusal(within: string, faults: { pointer: string; what: string }[]): GatewayError {
  return new GatewayError('Unprocessable', 'this kubeconfig cannot be imported', {
    faults: faults.map(({ pointer, what }) => ({ where: `${within}${pointer}`, what })),
  })
}
