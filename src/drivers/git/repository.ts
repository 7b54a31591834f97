/** A repository's tree at a commit. */
export interface Tree {
  /** 40 hexadecimal digits. */
  commit: string
  /** What it was reached by: `branch/main`, `tag/v1`, or `commit/…`. */
  ref: string
  /** Paths of files, sorted. */
  files: string[]
  /** A file's text. Rejects with GitError when it is too large. */
  read(path: string): Promise<string>
  /** The last commit that changed something at a path; undefined when there is nothing. */
  lastChange(path: string): Promise<string | undefined>
}

export interface GitReader {
  /**
   * Fetches one ref into a folder of its own, hands its tree to `work`, and leaves nothing behind. `ref` is a branch, a
   * tag, `branch/…`, `tag/…`, or a whole commit hash. Rejects with GitError.
   */
  withTree<T>(of: { url: string; ref: string }, signal: AbortSignal, work: (tree: Tree) => Promise<T>): Promise<T>
}

/** Why a repository cannot be read; holds no credential and no path of this machine. */
export class GitError extends Error {
  override readonly name = 'GitError'
}
