import { startEmbeddedPostgres } from '../../../src/store/embedded.ts'
import { silent } from '../../support/log.ts'

// A gateway in a process of its own: starts the server in the folder it is given, says where, stops it when its input ends.

const [dataDir = ''] = process.argv.slice(2)
try {
  const server = await startEmbeddedPostgres({ dataDir, log: silent })
  console.log(JSON.stringify({ url: server.url, uid: process.getuid?.() }))
  process.stdin.on('end', () => server.stop()).resume()
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
}
