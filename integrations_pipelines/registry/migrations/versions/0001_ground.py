"""Schemas, actors, uuids, JSON merging, and the append-only log. Before the deploy."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMAS = ("integrations", "staging", "resolution", "entities")

# Since PostgreSQL 18 uuidv7() is built in; older servers get the same layout (RFC 9562, section 5.7) in SQL.
NEW_UUID = """
do $outer$ begin
  if exists (select from pg_proc where proname = 'uuidv7' and pronamespace = 'pg_catalog'::regnamespace) then
    create function integrations.new_uuid() returns uuid language sql volatile parallel safe as 'select uuidv7()';
  else
    create function integrations.new_uuid() returns uuid language sql volatile parallel safe as $body$
      select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
        52, 1), 53, 1), 'hex')::uuid
    $body$;
  end if;
end $outer$
"""

ACTOR = """
create function integrations.actor() returns text language sql stable parallel safe as
$$ select coalesce(nullif(current_setting('integrations.actor', true), ''), current_user::text) $$
"""

TOUCH = """
create function integrations.touch() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  new.updated_by := integrations.actor();
  return new;
end $$
"""

# jsonb || jsonb over rows in order: with the least trusted record first, the last word wins attribute by attribute.
MERGE = """
create aggregate entities.jsonb_merge(jsonb) (sfunc = jsonb_concat, stype = jsonb, initcond = '{}', parallel = safe)
"""

REFUSE = """
create function integrations.refuse_change() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('integrations.retention', true), '') = 'on' and tg_op = 'DELETE' then
    return old;
  end if;
  raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end $$
"""

PARTITIONS = """
create function integrations.ensure_sync_log_partitions(months integer default 2) returns void language plpgsql as $$
declare
  first date;
begin
  first := ((now() at time zone 'utc') + make_interval(months => months))::date;
  if to_regclass(format('integrations.sync_log_%s', to_char(first, 'YYYYMM'))) is not null then
    return;
  end if;
  -- Many jobs may start with the month: one makes the partitions.
  perform pg_advisory_xact_lock(7224, 1);
  for ahead in 0..months loop
    first := (date_trunc('month', now() at time zone 'utc') + make_interval(months => ahead))::date;
    if to_regclass(format('integrations.sync_log_%s', to_char(first, 'YYYYMM'))) is null then
      begin
        execute format('create table if not exists integrations.sync_log_%s partition of integrations.sync_log
                        for values from (%L) to (%L)', to_char(first, 'YYYYMM'),
                       first::timestamp at time zone 'utc', (first + interval '1 month') at time zone 'utc');
      exception when check_violation then
        -- Lines of that month stand in the rest already; they stay there, and so do those that follow.
        null;
      end;
    end if;
  end loop;
end $$
"""


def upgrade() -> None:
    """Apply."""
    for schema in SCHEMAS:
        op.execute(f"create schema if not exists {schema}")
    for statement in (NEW_UUID, ACTOR, TOUCH, MERGE, REFUSE, PARTITIONS):
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("drop function integrations.ensure_sync_log_partitions(integer)")
    op.execute("drop aggregate entities.jsonb_merge(jsonb)")
    for function in ("refuse_change", "touch", "actor", "new_uuid"):
        op.execute(f"drop function integrations.{function}()")
    for schema in reversed(SCHEMAS[1:]):
        op.execute(f"drop schema {schema}")
