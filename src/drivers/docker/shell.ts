import { act, type DockerClient } from './client.ts'
import { type ExecResult, execInContainer, waitForLog } from './exec.ts'
import { type NodeFile, readNodeFile, writeFiles } from './files.ts'

/** What `kind/` needs of a node container; Docker's part of bringing one up. */
export interface NodeShell {
  exec(node: string, command: string[], signal: AbortSignal): Promise<ExecResult>
  read(node: string, path: string): Promise<string | undefined>
  /** Whether the node was ever started; its files are in use since. */
  wasStarted(node: string): Promise<boolean>
  write(node: string, files: NodeFile[]): Promise<void>
  /** Resolves when the node's log since its last start matches. */
  logged(node: string, pattern: RegExp, signal: AbortSignal): Promise<void>
}

export function createNodeShell({ acts, streams }: DockerClient): NodeShell {
  return {
    exec: (node, command, signal) => execInContainer(streams, node, command, signal),
    read: (node, path) => readNodeFile(acts, node, path),
    wasStarted: async node => (await act(() => acts.getContainer(node).inspect()))?.State.Status !== 'created',
    write: (node, files) => writeFiles(acts, node, files),
    logged: (node, pattern, signal) => waitForLog(streams, node, pattern, signal),
  }
}
