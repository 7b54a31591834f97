import type { Store } from '../../store/postgres.ts'
import { serviceKeyContext } from '../accounts/service-keys.ts'
import { kubeconfigContext } from '../imports/identity.ts'
import { sealedDeployments } from '../orders/sealing.ts'
import { sealedPullSecrets } from '../platforms/queries/platforms.ts'
import { sealedConfigs } from '../refs/secrets.ts'
import { sealedById } from './by-id.ts'
import type { SealedSource } from './reseal.ts'

/** Everything in the store that is sealed. Whoever keeps something sealed anew adds it here. */
export function sealedSources({ sql }: Store): SealedSource[] {
  return [
    sealedById(sql, 'service_accounts', serviceKeyContext),
    sealedById(sql, 'imported_clusters', kubeconfigContext),
    sealedConfigs(sql),
    sealedPullSecrets(sql),
    sealedDeployments(sql),
  ]
}
