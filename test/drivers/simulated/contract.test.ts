import { systemClock } from '../../../src/clock.ts'
import { createSimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { runtimeContract } from '../contract.ts'

runtimeContract('simulated', () => createSimulatedRuntime({ clock: systemClock, pace: 0 }), {
  image: 'kindest/node:v1.34.4',
  patienceMs: 5000,
  bootstrap: true,
})
