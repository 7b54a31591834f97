-- Who may use the gateway.
create table users (
  name text collate "C" primary key check (char_length(name) between 1 and 253),
  email text check (char_length(email) between 3 and 254),
  admin boolean not null default false,
  disabled boolean not null default false,
  created_at timestamptz not null default now()
);

-- Credentials of users; only a hash of each is kept.
create table tokens (
  id uuid primary key,
  user_name text collate "C" not null references users on delete cascade,
  name text collate "C" not null check (char_length(name) between 1 and 253),
  hash bytea not null unique check (octet_length(hash) >= 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  unique (user_name, name)
);

-- Clusters as they are wanted, and what was decided once for each: addresses, image, version.
create table clusters (
  id uuid primary key,
  runtime text not null check (runtime in ('docker', 'simulated')),
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  owner text collate "C" not null references users (name),
  image text not null check (char_length(image) between 1 and 255),
  image_id text,
  image_digest text,
  kubernetes_version text,
  domain text not null check (char_length(domain) between 1 and 253),
  labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object'),
  running boolean not null default true,
  deleting boolean not null default false,
  retain boolean not null default false,
  subnet cidr not null unique,
  api_host text not null,
  api_port int not null check (api_port between 1 and 65535),
  failure text,
  addons_at timestamptz,
  ready_at timestamptz,
  generation bigint not null default 1 check (generation >= 1),
  created_at timestamptz not null default now(),
  unique (runtime, name)
);
create index clusters_owner on clusters (owner);

-- Nodes as they are wanted, with the addresses that they keep.
create table nodes (
  id uuid primary key,
  cluster_id uuid not null references clusters on delete cascade,
  name text collate "C" not null unique check (char_length(name) between 1 and 253),
  role text not null check (role in ('control-plane', 'worker')),
  address inet not null,
  running boolean not null default true,
  removing boolean not null default false,
  bootstrapped_at timestamptz,
  created_at timestamptz not null default now(),
  unique (cluster_id, address)
);

-- Long work and how far it is; outlives the cluster that it worked on.
create table operations (
  id uuid primary key,
  runtime text not null check (runtime in ('docker', 'simulated')),
  action text not null,
  kind text not null check (kind in ('cluster', 'node')),
  name text collate "C" not null,
  cluster_id uuid,
  cluster_name text collate "C",
  owner text collate "C" not null,
  generation bigint not null default 0 check (generation >= 0),
  state text not null default 'pending' check (state in ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  steps jsonb not null default '[]' check (jsonb_typeof(steps) = 'array'),
  message text not null default '',
  error jsonb,
  idempotency_key text,
  fingerprint text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (owner, idempotency_key),
  constraint operations_finished check ((finished_at is not null) = (state in ('succeeded', 'failed', 'cancelled')))
);
create index operations_unfinished on operations (cluster_id) where state in ('pending', 'running');
create index operations_created_at on operations (created_at);
create index operations_finished_at on operations (finished_at) where finished_at is not null;

-- Tells listeners which row changed. The trigger's argument is the column that identifies a row.
create function notify_change() returns trigger language plpgsql as $$
declare
  changed jsonb := to_jsonb(case tg_op when 'DELETE' then old else new end);
begin
  if tg_op = 'UPDATE' and old is not distinct from new then
    return null;
  end if;
  perform pg_notify('kindgate', json_strip_nulls(json_build_object(
    'table', tg_table_name,
    'id', changed ->> tg_argv[0],
    'cluster_id', case tg_table_name when 'nodes' then changed ->> 'cluster_id' end,
    'op', lower(tg_op)
  ))::text);
  return null;
end
$$;

create trigger notify_change after insert or update or delete on users
  for each row execute function notify_change('name');
create trigger notify_change after insert or update or delete on tokens
  for each row execute function notify_change('id');
create trigger notify_change after insert or update or delete on clusters
  for each row execute function notify_change('id');
create trigger notify_change after insert or update or delete on nodes
  for each row execute function notify_change('id');
create trigger notify_change after insert or update or delete on operations
  for each row execute function notify_change('id');

-- The one row says whose database this is: containers carry it as a label, so that no gateway clears away another's.
create table gateway (
  id uuid primary key default gen_random_uuid(),
  sole boolean not null default true unique check (sole)
);
insert into gateway default values;
