import type { Log } from '../../src/log.ts'

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** A log that keeps its entries, for tests of what an operator reads, and tells of each. */
export function recordingLog(
  onEntry: (text: string) => void = () => {},
): Log & { entries: { level: string; text: string }[] } {
  const entries: { level: string; text: string }[] = []
  const at =
    (level: string) =>
    (...parts: unknown[]) => {
      const text = parts.map(part => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ')
      entries.push({ level, text })
      onEntry(text)
    }
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
