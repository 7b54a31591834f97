-- The region that a cluster's Kubernetes nodes are labelled with; empty: the label was taken away again.
alter table clusters add column region text check (region ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$');

-- Orders of V-Kube: what a secret stands for, and what its buyer wants to run. Of the secret only a hash is kept.
create table orders (
  id uuid primary key,
  runtime text not null check (runtime in ('docker', 'simulated')),
  owner text collate "C" not null,
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  units int not null check (units in (1, 2, 4, 8, 16)),
  port_policy text not null check (port_policy in ('user', 'random')),
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
  labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object'),
  duration int not null check (duration >= 0),
  expires_at timestamptz,
  aborted boolean not null default false,
  deleting boolean not null default false,
  deployment jsonb check (jsonb_typeof(deployment) = 'object'),
  generation bigint not null default 1 check (generation >= 1),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create trigger notify_change after insert or update or delete on orders
  for each row execute function notify_change('id');

-- Clusters that may hold something of an order: written before anything is made there, removed when nothing is left.
create table order_places (
  order_id uuid not null references orders on delete cascade,
  cluster_id uuid not null references clusters on delete cascade,
  primary key (order_id, cluster_id)
);
