-- Clusters that somebody else runs. `sealed` holds the way to their API server, encrypted with SECRET_KEY; `reach` says
-- at which addresses it may be. No name is here and in `clusters`: both are taken under one lock.
create table imported_clusters (
  id uuid primary key,
  runtime text not null check (runtime in ('docker', 'simulated')),
  name text collate "C" not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  owner text collate "C" not null references users (name),
  labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object'),
  server text not null,
  sealed text not null,
  reach text not null check (reach in ('public', 'private')),
  created_at timestamptz not null default now(),
  unique (runtime, name)
);
create index imported_clusters_owner on imported_clusters (owner);

create trigger notify_change after insert or update or delete on imported_clusters
  for each row execute function notify_change('id');
