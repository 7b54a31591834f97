import type { Sql, TransactionSql } from 'postgres'
import type { Principal } from '../accounts/principal.ts'
import { type Key, type Kind, type RefType, shortOf } from './names.ts'

export type Database = Sql | TransactionSql

/** The engine's own eyes. */
export const everyone: Principal = { name: '', admin: true }

export interface ResourceRow {
  id: string
  kind: Kind
  name: string
  owner: string
  title: string | null
  description: string | null
  head: string | null
  generation: number
  createdAt: Date
}

/** An instance as it is stored, with the metadata of its resource. */
export interface InstanceRow {
  id: string
  name: string
  /** JSON. */
  body: string
  /** Sealed. */
  secrets: string | null
  title: string | null
  description: string | null
}

/** Resources, those of some ids or all. */
export function selectResources(sql: Database, ids: string[] | undefined): Promise<ResourceRow[]> {
  return sql<ResourceRow[]>`
    select id, kind, name, owner, title, description, head, generation::int, created_at as "createdAt"
    from kubefox_resources ${ids === undefined ? sql`` : sql`where id in ${sql(ids)}`}`
}

/** The resource of a name, where the principal may see it. */
export async function selectResource(
  sql: Database,
  { name: owner, admin }: Principal,
  kind: Kind,
  name: string,
): Promise<ResourceRow | undefined> {
  const [found] = await sql<ResourceRow[]>`
    select id, kind, name, owner, title, description, head, generation::int, created_at as "createdAt"
    from kubefox_resources where kind = ${kind} and name = ${name} and (owner = ${owner} or ${admin})`
  return found
}

/** Names of resources of a kind that the principal may see, sorted. */
export async function selectNames(sql: Database, { name, admin }: Principal, kind: Kind): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from kubefox_resources where kind = ${kind} and (owner = ${name} or ${admin}) order by name`
  return rows.map(row => row.name)
}

/** The ids, tags or branches of a resource, sorted. */
export async function selectRefs(
  sql: Database,
  { name: owner, admin }: Principal,
  of: { kind: Kind; name: string; type: RefType },
): Promise<string[]> {
  const { kind, name, type } = of
  const visible = sql`exists (
    select from kubefox_resources where kind = ${kind} and name = ${name} and (owner = ${owner} or ${admin}))`
  const rows = await (type === 'id'
    ? sql<{ ref: string }[]>`
        select id as ref from kubefox_instances where kind = ${kind} and name = ${name} and ${visible} order by id`
    : sql<{ ref: string }[]>`
        select ref from kubefox_refs where kind = ${kind} and name = ${name} and type = ${type} and ${visible}
        order by ref`)
  return rows.map(row => row.ref)
}

/** The instance that a key leads to, where the principal may see it: one query, by unique indexes. */
export async function selectInstance(
  sql: Database,
  { name: owner, admin }: Principal,
  kind: Kind,
  { name, type, ref }: Key,
): Promise<InstanceRow | undefined> {
  const [found] =
    type === 'head'
      ? await sql<InstanceRow[]>`
          select i.id, i.name, i.body::text, i.secrets, r.title, r.description
          from kubefox_resources r join kubefox_instances i on i.kind = r.kind and i.name = r.name and i.id = r.head
          where r.kind = ${kind} and r.name = ${name} and (r.owner = ${owner} or ${admin})`
      : type === 'id'
        ? await sql<InstanceRow[]>`
            select i.id, i.name, i.body::text, i.secrets, r.title, r.description
            from kubefox_instances i join kubefox_resources r on r.kind = i.kind and r.name = i.name
            where i.kind = ${kind} and i.name = ${name} and i.short = ${shortOf(kind, ref)}
              and i.id ${isShort(kind, ref) ? sql`like ${`${ref}%`}` : sql`= ${ref}`}
              and (r.owner = ${owner} or ${admin})`
        : await sql<InstanceRow[]>`
            select i.id, i.name, i.body::text, i.secrets, r.title, r.description
            from kubefox_refs f
            join kubefox_instances i on i.kind = f.kind and i.name = f.name and i.id = f.instance
            join kubefox_resources r on r.kind = f.kind and r.name = f.name
            where f.kind = ${kind} and f.name = ${name} and f.type = ${type} and f.ref = ${ref}
              and (r.owner = ${owner} or ${admin})`
  return found
}

/** Whether an id is the short form of a Git hash, which stands for the whole one, too. */
function isShort(kind: Kind, id: string): boolean {
  return kind === 'system' && id.length === 7
}

/** Keeps what a key names from being deleted until the transaction ends. */
export async function hold(sql: TransactionSql, kind: Kind, { name, type, ref }: Key): Promise<void> {
  await sql`select from kubefox_resources where kind = ${kind} and name = ${name} for key share`
  if (type === 'tag' || type === 'branch')
    await sql`
      select from kubefox_refs where kind = ${kind} and name = ${name} and type = ${type} and ref = ${ref} for key share`
}

/**
 * Makes the resource where it is missing and locks it for this transaction; undefined when the name belongs to somebody
 * whose things the principal may not see.
 */
export async function claimResource(
  sql: Database,
  { name: owner, admin }: Principal,
  resource: { id: string; kind: Kind; name: string },
): Promise<string | undefined> {
  const [row] = await sql<{ id: string }[]>`
    insert into kubefox_resources ${sql({ ...resource, owner, generation: 1 })}
    on conflict (kind, name) do update set generation = kubefox_resources.generation + 1
      where kubefox_resources.owner = ${owner} or ${admin}
    returning id`
  return row?.id
}

export async function updateMetadata(
  sql: Database,
  id: string,
  metadata: { title?: string | null; description?: string | null },
): Promise<void> {
  if (Object.keys(metadata).length > 0) await sql`update kubefox_resources set ${sql(metadata)} where id = ${id}`
}

/** Adds an instance and makes it the head; false when there is one of that id. */
export async function insertInstance(
  sql: Database,
  instance: { kind: Kind; name: string; id: string; body: string; secrets: string | null },
): Promise<boolean> {
  const { kind, name, id, body, secrets } = instance
  const added = await sql`
    insert into kubefox_instances (kind, name, id, short, body, secrets)
    values (${kind}, ${name}, ${id}, ${shortOf(kind, id)}, ${body}::text::json, ${secrets})
    on conflict do nothing returning id`
  if (added.length === 0) return false
  await sql`update kubefox_resources set head = ${id} where kind = ${kind} and name = ${name}`
  return true
}

/** Adds a tag to an instance that the principal may see; false when there is no such instance or the tag is there. */
export async function insertTag(
  sql: Database,
  { name: owner, admin }: Principal,
  of: { kind: Kind; name: string; tag: string; id: string },
): Promise<boolean> {
  const { kind, name, tag, id } = of
  const added = await sql`
    insert into kubefox_refs (kind, name, type, ref, instance)
    select i.kind, i.name, 'tag', ${tag}, i.id
    from kubefox_instances i join kubefox_resources r on r.kind = i.kind and r.name = i.name
    where i.kind = ${kind} and i.name = ${name} and i.short = ${shortOf(kind, id)}
      and (i.id = ${id} or ${isShort(kind, id)}) and (r.owner = ${owner} or ${admin})
    on conflict do nothing returning ref`
  return added.length > 0
}

/** Makes or moves a branch of a system; false when there is no such instance. */
export async function upsertBranch(
  sql: Database,
  { name: owner, admin }: Principal,
  of: { name: string; branch: string; id: string },
): Promise<boolean> {
  const { name, branch, id } = of
  const moved = await sql`
    insert into kubefox_refs (kind, name, type, ref, instance)
    select i.kind, i.name, 'branch', ${branch}, i.id
    from kubefox_instances i join kubefox_resources r on r.kind = i.kind and r.name = i.name
    where i.kind = 'system' and i.name = ${name} and i.short = ${shortOf('system', id)}
      and (i.id = ${id} or ${isShort('system', id)}) and (r.owner = ${owner} or ${admin})
    on conflict (kind, name, type, ref) do update set instance = excluded.instance returning ref`
  return moved.length > 0
}

/** Removes a tag or branch, where it is there. Rejects with SQLSTATE 23503 when something uses it. */
export async function deleteRef(
  sql: Database,
  { name: owner, admin }: Principal,
  of: { kind: Kind; name: string; type: RefType; ref: string },
): Promise<void> {
  const { kind, name, type, ref } = of
  await sql`
    delete from kubefox_refs f using kubefox_resources r
    where f.kind = ${kind} and f.name = ${name} and f.type = ${type} and f.ref = ${ref}
      and r.kind = f.kind and r.name = f.name and (r.owner = ${owner} or ${admin})`
}

/** Removes a resource with all it has, and answers with its id. Rejects with SQLSTATE 23503 when something uses it. */
export async function deleteResource(
  sql: Database,
  { name: owner, admin }: Principal,
  kind: Kind,
  name: string,
): Promise<string | undefined> {
  const [gone] = await sql<{ id: string }[]>`
    delete from kubefox_resources where kind = ${kind} and name = ${name} and (owner = ${owner} or ${admin})
    returning id`
  return gone?.id
}

/** Who uses something: an instance, a deployment or a release. */
export type User = { instance: { kind: Kind; name: string; id: string } } | { deployment: string } | { release: string }

export async function insertUse(sql: Database, user: User, kind: Kind, { name, type, ref }: Key): Promise<void> {
  const by =
    'instance' in user
      ? { instance_kind: user.instance.kind, instance_name: user.instance.name, instance_id: user.instance.id }
      : user
  const named = type === 'tag' || type === 'branch' ? { type, ref } : { type: null, ref: null }
  await sql`insert into kubefox_uses ${sql({ ...by, kind, name, ...named })}`
}

/** The path of one that uses a resource, or one of its refs; undefined when there is none but the resource itself. */
export async function selectUser(
  sql: Database,
  of: { kind: Kind; name: string; type?: RefType; ref?: string },
): Promise<string | undefined> {
  const { kind, name, type, ref } = of
  const [found] = await sql<{ path: string }[]>`
    select coalesce(
      u.instance_kind || '/' || u.instance_name || '/id/' || u.instance_id,
      'platform/' || d.platform || '/deployment/' || d.system
        || case d.ref_type when 'head' then '' else '/' || d.ref_type || '/' || d.ref end,
      'platform/' || l.platform || '/release/' || l.system || '/' || l.environment
    ) as path
    from kubefox_uses u
    left join kubefox_deployments d on d.id = u.deployment
    left join kubefox_releases l on l.id = u.release
    where u.kind = ${kind} and u.name = ${name}
      ${type === undefined ? sql`and (u.instance_kind, u.instance_name) is distinct from (${kind}, ${name})` : sql`and u.type = ${type} and u.ref = ${ref ?? ''}`}
    order by path limit 1`
  return found?.path
}
