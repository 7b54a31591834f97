import { setTimeout as pause } from 'node:timers/promises'
import { docker, leftovers } from '../../test/e2e/tools.ts'

/** Looks without a find before a cluster counts as gone: a daemon may still be making what a killed program asked for. */
const calm = 3
const pauseMs = 1000

/** Removes what Docker holds of clusters, ours or kind's, whoever failed to. */
export async function sweep(clusters: string[]): Promise<void> {
  for (let quiet = 0; quiet < calm; quiet++) {
    if (quiet > 0) await pause(pauseMs)
    for (const cluster of clusters) {
      const found = (await leftovers(cluster)).map(line => line.split(' '))
      for (const [kind, name] of found.toSorted()) {
        quiet = 0
        if (name === undefined) continue
        const remove = kind === 'container' ? ['rm', '-f', '-v', name] : ['network', 'rm', name]
        await docker(...remove).catch((error: unknown) => console.error(`[bench] ${error}`))
      }
    }
  }
}

export async function hasNetwork(name: string): Promise<boolean> {
  const networks = await docker('network', 'ls', '--format', '{{.Name}}')
  return networks.split('\n').includes(name)
}

/** Removes a network that nobody uses; kind leaves its own behind, for the next cluster. */
export async function removeNetwork(name: string): Promise<void> {
  await docker('network', 'rm', name).catch((error: unknown) => console.error(`[bench] ${error}`))
}
