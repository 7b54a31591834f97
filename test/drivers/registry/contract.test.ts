import { registryContract } from './contract.ts'
import { startFakeRegistry } from './fake-registry.ts'

registryContract('a fake registry', () => startFakeRegistry())
registryContract('a fake registry with basic authentication', () => startFakeRegistry({ auth: 'basic' }))
registryContract('a fake registry with a token service', () => startFakeRegistry({ auth: 'bearer' }))
