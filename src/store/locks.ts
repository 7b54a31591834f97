// The first key, 'kind' in ASCII, keeps clear of other programs' locks in the same database.
const space = 0x6b696e64

/** Keys of the advisory locks, each for `pg_advisory_lock(int, int)`. */
export const locks = {
  /** Held by the one gateway that uses a database. */
  gateway: [space, 1],
  /** Held while migrations are applied. */
  migrations: [space, 2],
  /** Held by the gateway that looks after the embedded server. */
  keeper: [space, 3],
  /** Held while something is taken that two clusters cannot share, such as a subnet. */
  allocation: [space, 4],
  /** Held while it is found out which user somebody is who logs in. */
  login: [space, 5],
  /** Held while an environment comes to inherit from another, so that no two do so in a circle. */
  environments: [space, 15],
} as const
