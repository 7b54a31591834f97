-- Configs, environments and systems by name. One namespace of names a kind: whoever makes a name first has it.
create table kubefox_resources (
  id uuid primary key,
  kind text not null check (kind in ('config', 'environment', 'system')),
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9-]{0,28}[a-z0-9]$'),
  owner text collate "C" not null references users (name),
  title text check (char_length(title) <= 1024),
  description text check (char_length(description) <= 8192),
  -- The latest instance; null while there is only metadata.
  head text collate "C",
  generation bigint not null default 0 check (generation >= 0),
  created_at timestamptz not null default now(),
  unique (kind, name)
);
create index kubefox_resources_owner on kubefox_resources (owner);

-- Instances never change. `short` is what an id is told by: the UUID, of a Git hash its first 7 digits.
create table kubefox_instances (
  kind text not null,
  name text collate "C" not null,
  id text collate "C" not null check (id ~ '^[0-9a-f-]{7,40}$'),
  short text collate "C" not null,
  -- The object as it is shown, without metadata; secrets only by name.
  body json not null,
  -- A config's secrets, a compact JWE.
  secrets text,
  created_at timestamptz not null default now(),
  primary key (kind, name, id),
  unique (kind, name, short),
  foreign key (kind, name) references kubefox_resources (kind, name) on delete cascade,
  check (secrets is null or kind = 'config')
);
alter table kubefox_resources add foreign key (kind, name, head) references kubefox_instances (kind, name, id)
  deferrable initially deferred;

-- Tags stay where they are, branches move.
create table kubefox_refs (
  kind text not null,
  name text collate "C" not null,
  type text not null check (type = 'tag' or (type = 'branch' and kind = 'system')),
  ref text collate "C" not null check (ref ~ '^[a-z0-9][a-z0-9.-]{0,28}[a-z0-9]$'),
  instance text collate "C" not null,
  primary key (kind, name, type, ref),
  foreign key (kind, name, instance) references kubefox_instances (kind, name, id) on delete cascade
);
create index kubefox_refs_instance on kubefox_refs (kind, name, instance);

create trigger notify_change after insert or update or delete on kubefox_resources
  for each row execute function notify_change('id');
