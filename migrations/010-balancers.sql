-- Pools of external addresses for load balancers, as they were asked for: addresses and CIDR ranges.
create table address_pools (
  id uuid primary key,
  name text collate "C" not null unique check (char_length(name) between 1 and 63),
  addresses text[] not null check (cardinality(addresses) between 1 and 256),
  created_at timestamptz not null default now()
);

-- Which address belongs to which load balancer: a service of type LoadBalancer or, without namespace, a cluster's API server.
create table balancers (
  cluster_id uuid not null references clusters on delete cascade,
  namespace text collate "C" not null,
  name text collate "C" not null,
  address inet not null unique,
  pool_id uuid not null references address_pools,
  created_at timestamptz not null default now(),
  primary key (cluster_id, namespace, name)
);
create index balancers_pool_id on balancers (pool_id);

create trigger notify_change after insert or update or delete on address_pools
  for each row execute function notify_change('id');
