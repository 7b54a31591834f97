import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Compiling the modules takes a third of a start; where the folder cannot be written, they are compiled each time.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/kindgate', import.meta.url)))

// Not before the cache is on.
const { runProcess } = await import('./process.ts')
await runProcess()
