-- Users: an id that is never used again, as a name may be; and what an admin allows instead of the settings' quotas.
alter table users
  add column id uuid not null default gen_random_uuid() unique,
  add column generation bigint not null default 1 check (generation >= 1),
  add column quotas jsonb not null default '{}' check (jsonb_typeof(quotas) = 'object');
create unique index users_email on users (lower(email));

-- Tokens that a program keeps, and those that stand for a person's session at a QBO client, which always expire.
alter table tokens
  add column kind text not null default 'token' check (kind in ('token', 'web')),
  add constraint tokens_web_expire check (kind <> 'web' or expires_at is not null);

-- Who authenticates by a JWE for a P-521 key. `sealed` holds the private key and the aux, encrypted with SECRET_KEY.
create table service_accounts (
  id uuid primary key,
  user_name text collate "C" not null references users on delete cascade,
  name text collate "C" not null check (char_length(name) between 1 and 253),
  aux_hash bytea not null unique check (octet_length(aux_hash) = 32),
  sealed text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  unique (user_name, name)
);

-- When a credential was last used is nothing that anybody has to be told of.
drop trigger notify_change on tokens;
create trigger notify_change
  after insert or delete or update of user_name, name, kind, hash, expires_at on tokens
  for each row execute function notify_change('id');
create trigger notify_change
  after insert or delete or update of user_name, name, aux_hash, sealed, expires_at on service_accounts
  for each row execute function notify_change('id');
