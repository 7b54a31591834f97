const release = /^v?(\d+)\.(\d+)\.(\d+)$/

/** Of tags that are released versions, such as `v1.34.4`: the newest patch of each minor. Others are left out. */
export function newestPatches(tags: string[]): string[] {
  const newest = new Map<string, { patch: number; tag: string }>()
  for (const tag of tags) {
    const [, major, minor, patch] = release.exec(tag) ?? []
    if (patch === undefined) continue
    const key = `${major}.${minor}`
    if (Number(patch) > (newest.get(key)?.patch ?? -1)) newest.set(key, { patch: Number(patch), tag })
  }
  return [...newest.values()].map(({ tag }) => tag)
}
