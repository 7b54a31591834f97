import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { givenAddresses } from '../../../src/drivers/ipvs/addresses.ts'
import { createKernelDriver } from '../../../src/drivers/ipvs/kernel.ts'
import { createUserspaceDriver } from '../../../src/drivers/ipvs/userspace.ts'
import { createSimulatedBalancer } from '../../../src/drivers/simulated/balancer.ts'
import { balancerContract } from './contract.ts'
import { createFakeKernel } from './fake-kernel.ts'
import { createRealHost } from './real-host.ts'
import { traffic } from './traffic.ts'

const addresses = ['127.77.200.1', '127.77.200.2'] as const
const host = await createRealHost(`kgtest-lb-${process.pid}`)

balancerContract('simulated', createSimulatedBalancer, { addresses })
balancerContract('userspace', () => createUserspaceDriver({ clock: systemClock, addresses: givenAddresses }), {
  addresses,
})
balancerContract('ipvs on a fake kernel', () => createKernelDriver({ clock: systemClock, ...createFakeKernel() }), {
  addresses,
})
if (typeof host === 'string')
  test(`ipvs on the kernel of this machine is left out: ${host}`, () => {
    assert.notEqual(process.env.KGTEST_IPVS, 'required')
  })
else {
  after(host.remove)
  balancerContract(`ipvs on ${host.kernel}`, host.create, { addresses: ['203.0.113.20', '203.0.113.21'] })
  traffic(host)
}
