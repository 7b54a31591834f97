create table kubefox_platforms (
  id uuid primary key,
  name text collate "C" not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,28}[a-z0-9]$'),
  owner text collate "C" not null references users (name),
  title text check (char_length(title) <= 1024),
  description text check (char_length(description) <= 8192),
  -- Null: the cluster of the setting. By id, so that another cluster of the same name is not taken for it.
  cluster text,
  cluster_id uuid,
  -- Registered systems, each with its pull secret (a compact JWE) or null.
  systems jsonb not null default '{}' check (jsonb_typeof(systems) = 'object'),
  generation bigint not null default 1 check (generation >= 1),
  created_at timestamptz not null default now(),
  check ((cluster is null) = (cluster_id is null))
);
create index kubefox_platforms_owner on kubefox_platforms (owner);

create table kubefox_deployments (
  id uuid primary key,
  platform text collate "C" not null references kubefox_platforms (name),
  system text collate "C" not null,
  ref_type text not null check (ref_type in ('head', 'id', 'tag', 'branch')),
  ref text collate "C" not null,
  -- The instance that was deployed; its components are fixed with it.
  system_id text collate "C" not null,
  components jsonb not null check (jsonb_typeof(components) = 'array'),
  message text not null default '',
  generation bigint not null default 1 check (generation >= 1),
  created_at timestamptz not null default now(),
  unique (platform, system, ref_type, ref)
);

create table kubefox_releases (
  id uuid primary key,
  platform text collate "C" not null references kubefox_platforms (name),
  system text collate "C" not null,
  system_type text not null check (system_type in ('head', 'id', 'tag', 'branch')),
  system_ref text collate "C" not null,
  environment text collate "C" not null,
  environment_type text not null check (environment_type in ('head', 'id', 'tag')),
  environment_ref text collate "C" not null,
  -- The instances that the refs led to when they were looked at last.
  system_id text collate "C" not null,
  environment_id text collate "C" not null,
  -- Why it cannot follow its branch or head.
  failure text,
  message text not null default '',
  generation bigint not null default 1 check (generation >= 1),
  created_at timestamptz not null default now(),
  unique (platform, system, environment)
);
create index kubefox_releases_system on kubefox_releases (system);

-- Namespaces that have been made in clusters, until they are gone from there.
create table kubefox_namespaces (
  cluster_id uuid not null,
  name text collate "C" not null check (char_length(name) <= 63),
  platform text collate "C" not null,
  system text collate "C" not null,
  -- Null: the system's deployments; else its release there.
  environment text collate "C",
  primary key (cluster_id, name)
);

-- Who uses what. Foreign keys decide races: what is used cannot go, what is gone cannot be used. They are checked at
-- the commit, as a resource that is deleted takes the uses by its own instances with it.
create table kubefox_uses (
  instance_kind text,
  instance_name text collate "C",
  instance_id text collate "C",
  deployment uuid references kubefox_deployments on delete cascade,
  release uuid references kubefox_releases on delete cascade,
  kind text not null,
  name text collate "C" not null,
  type text,
  ref text collate "C",
  foreign key (instance_kind, instance_name, instance_id) references kubefox_instances (kind, name, id) on delete cascade,
  foreign key (kind, name) references kubefox_resources (kind, name) deferrable initially deferred,
  foreign key (kind, name, type, ref) references kubefox_refs (kind, name, type, ref) deferrable initially deferred,
  check (num_nonnulls(instance_id, deployment, release) = 1),
  check ((type is null) = (ref is null))
);
create index kubefox_uses_resource on kubefox_uses (kind, name);
create index kubefox_uses_ref on kubefox_uses (kind, name, type, ref) where type is not null;
create index kubefox_uses_instance on kubefox_uses (instance_kind, instance_name, instance_id);
create index kubefox_uses_deployment on kubefox_uses (deployment) where deployment is not null;
create index kubefox_uses_release on kubefox_uses (release) where release is not null;

create trigger notify_change after insert or update or delete on kubefox_platforms
  for each row execute function notify_change('id');
create trigger notify_change after insert or update or delete on kubefox_deployments
  for each row execute function notify_change('id');
create trigger notify_change after insert or update or delete on kubefox_releases
  for each row execute function notify_change('id');
-- Only branches move; thousands of tags need nobody's attention.
create trigger notify_change after insert or update on kubefox_refs
  for each row when (new.type = 'branch') execute function notify_change('name');
