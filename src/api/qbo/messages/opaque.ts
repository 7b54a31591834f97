// Where QBO publishes what is inside it, clients of this gateway get values of the same form that mean nothing.

/** One for each thread of a command, as long as it lasts; an integer that JSON keeps. */
export function threadIdOf(commandId: string, thread: number): number {
  return Number.parseInt(digitsOf(commandId), 16) + thread
}

/** One for each connection, of the form of a pointer. */
export function wsiOf(connectionId: string): string {
  return `0x${digitsOf(connectionId)}`
}

/** The first digits of a random uuid. */
function digitsOf(uuid: string): string {
  return uuid.replaceAll('-', '').slice(0, 12)
}
