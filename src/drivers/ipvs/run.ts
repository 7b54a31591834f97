import { execFile } from 'node:child_process'

/** Runs a program with a text on its standard input; resolves with its output, rejects with what it complained of. */
export type Run = (program: string, args: string[], input?: string) => Promise<string>

const limitMs = 10_000

export const runProgram: Run = (program, args, input = '') =>
  new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: limitMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program}: ${stderr.trim() || error.message}`, { cause: error }))
      else resolve(stdout)
    })
    // A program that is missing or has ended takes no input; why is told above.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
