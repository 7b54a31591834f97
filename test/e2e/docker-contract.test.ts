import { systemClock } from '../../src/clock.ts'
import { createDockerRuntime } from '../../src/drivers/docker/runtime.ts'
import { runtimeContract } from '../drivers/contract.ts'
import { image } from './tools.ts'

const docker = { host: process.env.DOCKER_HOST || 'unix:///var/run/docker.sock', tlsVerify: false, certPath: null }

runtimeContract('docker', () => createDockerRuntime({ docker, clock: systemClock, random: Math.random, proxy: {} }), {
  image,
  patienceMs: 180_000,
  bootstrap: true,
})
