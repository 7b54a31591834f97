import { isIP, isIPv4 } from 'node:net'

/** The elements of a comma-separated setting, without those that are empty. */
export function listOf(setting: string): string[] {
  return setting
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

/** Forms that settings have beside those of JSON Schema, each with what it is in words. Empty texts are left out. */
export const formats: Record<string, { holds(text: string): boolean; words: string }> = {
  ipv4: { holds: isIPv4, words: 'an IPv4 address' },
  addresses: {
    holds: text => listOf(text).every(isAddressOrRange),
    words: 'addresses and ranges, comma-separated, such as 10.0.0.7, 192.168.1.0/24, fd00::/64',
  },
  origin: { holds: text => text === '' || isOrigin(text), words: 'a URL without a path, such as https://example.com' },
  origins: {
    holds: text => listOf(text).every(isOrigin),
    words: 'URLs without a path, comma-separated, such as https://example.com',
  },
  issuer: {
    holds: text => text === '' || isIssuer(text),
    words: 'a URL that begins with https://; http:// is for a loopback address',
  },
  emails: {
    holds: text => listOf(text).every(part => /^([^\s@]+@)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(part)),
    words: 'e-mail addresses or domains, comma-separated',
  },
}

/** Not a range of everything: that would believe anybody. */
function isAddressOrRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128)
}

function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && [url.origin, url.href].includes(text.toLowerCase())
}

function isIssuer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.search !== '' || url.hash !== '' || url.username !== '') return false
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname))
  )
}
