-- Who somebody is at an identity provider. A subject never becomes another person, as an address of e-mail may.
create table identities (
  issuer text collate "C" not null check (char_length(issuer) between 1 and 2048),
  subject text collate "C" not null check (char_length(subject) between 1 and 255),
  user_name text collate "C" not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (issuer, subject)
);
create unique index identities_user on identities (user_name, issuer);

-- Logins of browsers. Only a hash of what the browser holds is kept. `expires_at` moves on with use, up to `ends_at`.
create table sessions (
  id uuid primary key,
  user_name text collate "C" not null references users on delete cascade,
  hash bytea not null unique check (octet_length(hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ends_at timestamptz not null check (ends_at >= expires_at)
);
create index sessions_user on sessions (user_name);
create index sessions_expires_at on sessions (expires_at);

create trigger notify_change after insert or update or delete on sessions
  for each row execute function notify_change('id');
