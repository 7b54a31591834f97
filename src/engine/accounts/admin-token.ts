import { chmod, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { writePrivately } from '../../private-file.ts'
import type { Accounts } from './accounts.ts'
import { newToken } from './tokens.ts'

const adminUser = 'admin'
const wellFormed = /^kg_[A-Za-z0-9_-]{43}$/

/**
 * The first credential: a token of the user `admin`, kept in `<dataDir>/admin.token`, which only its owner can read.
 * Made when it is missing; a file that is there is what counts, also with another database.
 */
export async function ensureAdminToken(options: { dataDir: string; accounts: Accounts; id: string }): Promise<string> {
  const { dataDir, accounts, id } = options
  const file = path.join(dataDir, 'admin.token')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  let token = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (!wellFormed.test(token)) {
    token = newToken()
    await writePrivately(file, `${token}\n`)
  }
  await chmod(file, 0o600)
  await accounts.grantAdmin({ user: adminUser, tokenName: 'admin.token', token, id })
  return file
}
