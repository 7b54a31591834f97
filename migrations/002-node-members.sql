-- Whether a node has ever joined its cluster: one that has to join anew is missed meanwhile, one that is new is not.
alter table nodes add column member boolean not null default false;
update nodes set member = true where bootstrapped_at is not null;
