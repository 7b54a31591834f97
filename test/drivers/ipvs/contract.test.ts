import { systemClock } from '../../../src/clock.ts'
import { givenAddresses } from '../../../src/drivers/ipvs/addresses.ts'
import { createKernelDriver } from '../../../src/drivers/ipvs/kernel.ts'
import { createUserspaceDriver } from '../../../src/drivers/ipvs/userspace.ts'
import { createSimulatedBalancer } from '../../../src/drivers/simulated/balancer.ts'
import { balancerContract } from './contract.ts'
import { createFakeKernel } from './fake-kernel.ts'

const addresses = ['127.77.200.1', '127.77.200.2'] as const

balancerContract('simulated', createSimulatedBalancer, { addresses })
balancerContract('userspace', () => createUserspaceDriver({ clock: systemClock, addresses: givenAddresses }), {
  addresses,
})
balancerContract('ipvs on a fake kernel', () => createKernelDriver({ clock: systemClock, ...createFakeKernel() }), {
  addresses,
})
