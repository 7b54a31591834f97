-- Who did what, from where, and how it ended. Entries are added, never changed.
create table audit (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  at timestamptz not null,
  actor text collate "C",
  credential text,
  action text collate "C" not null check (char_length(action) between 1 and 128),
  resource text collate "C" not null check (char_length(resource) <= 512),
  result text collate "C" not null check (char_length(result) between 1 and 64),
  surface text collate "C" not null,
  source text,
  request_id text,
  detail text check (char_length(detail) <= 1024)
);
create index audit_at on audit (at);
create index audit_actor on audit (actor, seq);

-- Refuses every change but the deletion of what `expire_audit` names.
create function keep_audit() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.at < nullif(current_setting('kindgate.audit_expires', true), '')::timestamptz then
    return old;
  end if;
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger keep_audit before update or delete on audit for each row execute function keep_audit();
create trigger keep_audit_whole before truncate on audit for each statement execute function keep_audit();

-- The one way by which entries go: those that are older than a time which is at least a day ago.
create function expire_audit(before timestamptz) returns bigint language plpgsql as $$
declare
  gone bigint;
begin
  if before > now() - interval '1 day' then
    raise exception 'the audit log keeps at least a day';
  end if;
  perform set_config('kindgate.audit_expires', before::text, true);
  delete from audit where at < before;
  get diagnostics gone = row_count;
  perform set_config('kindgate.audit_expires', '', true);
  return gone;
end
$$;
