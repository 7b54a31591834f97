/** Without what could steer a terminal; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, ' ')
}

/** The same, in one line. */
export function plain(value: unknown): string {
  return String(value ?? '').replace(/\p{Cc}/gu, ' ')
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
