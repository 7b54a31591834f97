import { lchown, readdir, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { StoreError } from '../error.ts'
import { type Command, run } from './run.ts'

/** As whom Postgres' programs run; they refuse to run as root. */
export interface Identity {
  /** For the log. */
  description: string
  /** Owner of the data, as the host sees it. */
  uid: number
  gid: number
  command(file: string, args: string[]): Command
}

export interface IdentityOptions {
  /** A program that has to be reached. */
  program: string
  /** A folder that has to be reached. */
  folder: string
  /** Whether user namespaces may be used. */
  namespaces: boolean
}

/**
 * An ordinary user runs Postgres as that user. Root runs it in a user namespace (`unshare`), in which it is an
 * unprivileged user while it stays root outside: data in a folder that only root can enter works, and belongs to root.
 * Where namespaces are not allowed, the user `postgres`, `nobody` or the owner of the folder runs it, whichever first can
 * enter it. Rejects with StoreError, naming the path that cannot be entered, when none can.
 */
export async function chooseIdentity({ program, folder, namespaces }: IdentityOptions): Promise<Identity> {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  if (uid !== 0 && (await userOf(uid))) return asItself(uid, gid)

  let blocked: string | undefined
  for await (const candidate of candidates(uid, gid, { folder, namespaces })) {
    const reach = await reaches(candidate, [...ancestors(program), ...ancestors(folder)])
    if (reach.ok) return candidate
    if (reach.blocked) blocked ??= `${candidate.description} cannot enter ${reach.blocked}`
  }
  const place = blocked ?? 'user namespaces are not allowed here, and no unprivileged user can be used'
  throw new StoreError(
    `the embedded Postgres cannot run as ${uid === 0 ? 'root' : `a user without a name (uid ${uid})`}: ${place}. ` +
      `Run as an ordinary user, set DATA_DIR (now ${folder}) and install where others can enter, or set DATABASE_URL`,
  )
}

async function* candidates(
  uid: number,
  gid: number,
  { folder, namespaces }: Pick<IdentityOptions, 'folder' | 'namespaces'>,
): AsyncGenerator<Identity> {
  // initdb wants a user with a name, in the namespace too; nobody's is everywhere.
  const nobody = await userOf('nobody')
  if (namespaces && nobody && process.platform === 'linux') yield inNamespace(uid, gid, nobody)
  if (uid !== 0) return
  for (const user of [await userOf('postgres'), await userOf('_postgres'), nobody, await ownerOf(folder)])
    if (user && user.uid !== 0) yield asUser(user)
}

/** Makes a folder and all in it the identity's. Links are not followed; the folder comes last, so a rest is noticed. */
export async function own(folder: string, { uid, gid }: Identity): Promise<void> {
  const owner = await stat(folder)
  if (owner.uid === uid) return
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    await lchown(path.join(entry.parentPath, entry.name), uid, gid)
  await lchown(folder, uid, gid)
}

interface User {
  name: string
  uid: number
  gid: number
}

function asItself(uid: number, gid: number): Identity {
  return { description: `user ${uid}`, uid, gid, command: (file, args) => ({ file, args }) }
}

function asUser({ name, uid, gid }: User): Identity {
  return { description: `user ${name}`, uid, gid, command: (file, args) => ({ file, args, uid, gid }) }
}

/** `unshare` becomes the program without a fork, so the process id is the program's. */
function inNamespace(uid: number, gid: number, inside: User): Identity {
  const prefix = ['--user', `--map-user=${inside.uid}`, `--map-group=${inside.gid}`, '--']
  return {
    description: `user ${uid} in a user namespace`,
    uid,
    gid,
    command: (file, args) => ({ file: 'unshare', args: [...prefix, file, ...args] }),
  }
}

/** A user with a name, by that or by number, from wherever the system keeps them. */
async function userOf(user: string | number): Promise<User | undefined> {
  if (user === process.getuid?.()) {
    try {
      const { username, uid, gid } = os.userInfo()
      return { name: username, uid, gid }
    } catch {
      return undefined
    }
  }
  const { code, output } = await run({ file: 'id', args: [String(user)] })
  const [, id, name, gid] = /^uid=(\d+)\((.+?)\) gid=(\d+)/.exec(output) ?? []
  return code === 0 && name ? { name, uid: Number(id), gid: Number(gid) } : undefined
}

/** The owner of the nearest folder above that is not root's. */
async function ownerOf(folder: string): Promise<User | undefined> {
  for (const each of ancestors(folder).reverse()) {
    const { uid } = await stat(each)
    if (uid !== 0) return userOf(uid)
  }
  return undefined
}

/** A path and the folders above it, the root first. */
function ancestors(file: string): string[] {
  const parent = path.dirname(file)
  return parent === file ? [file] : [...ancestors(parent), file]
}

async function reaches(identity: Identity, paths: string[]): Promise<{ ok: boolean; blocked?: string }> {
  const script = 'for each do test -x "$each" || { printf %s "$each"; exit 9; }; done'
  const { code, output } = await run(identity.command('/bin/sh', ['-c', script, 'sh', ...paths]))
  return code === 9 ? { ok: false, blocked: output } : { ok: code === 0 }
}
