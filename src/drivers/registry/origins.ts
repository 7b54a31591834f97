/** Hosts that may be reached at any address, and those that are spoken to without TLS. */
export interface AllowedOrigins {
  /** `https://` or, where the operator lists it so, `http://` with a host. */
  originOf(host: string): string
  /** Whether the origin is listed: its addresses are not checked. */
  has(origin: string): boolean
}

/**
 * Reads the setting REGISTRY_HOSTS_ALLOWED: `host[:port]`, comma-separated; with `http://` before it, the host is spoken to
 * without TLS. Throws Error for what is neither.
 */
export function parseAllowedOrigins(setting: string): AllowedOrigins {
  const origins = new Set<string>()
  for (const entry of setting.split(',').map(each => each.trim())) {
    if (entry === '') continue
    const url = URL.parse(/^https?:\/\//.test(entry) ? entry : `https://${entry}`)
    if (!url || !/^https?:\/\/[a-z0-9.:[\]-]+\/$/.test(url.href))
      throw new Error(`${entry} is not host[:port] or http://host[:port]`)
    origins.add(url.origin)
  }
  return {
    originOf(host) {
      const plain = new URL(`http://${host}`).origin
      return origins.has(plain) ? plain : new URL(`https://${host}`).origin
    },
    has: origin => origins.has(origin),
  }
}
