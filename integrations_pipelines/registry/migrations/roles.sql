-- roles --
-- Roles belong to the server, not to the database: another database's migration may make them at the same moment.
do $$
declare
  name text;
begin
  if not (select rolcreaterole or rolsuper from pg_roles where rolname = current_user) then
    raise notice 'integrations: no roles were made, % may not', current_user;
    return;
  end if;
  foreach name in array array['integrations_app', 'integrations_receiver', 'integrations_reader'] loop
    begin
      execute format('create role %I nologin', name);
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
end $$

-- grants --
-- What each role may: the app works, the receiver stores what comes in by webhook, the reader looks at what is mapped.
do $$
declare
  part text;
  found text;
begin
  if to_regrole('integrations_app') is null then
    return;
  end if;
  execute format('grant create, temporary on database %I to integrations_app', current_database());
  execute format('revoke create on database %I from integrations_receiver, integrations_reader', current_database());
  foreach part in array array['integrations', 'staging', 'resolution', 'entities'] loop
    execute format('grant usage on schema %I to integrations_app, integrations_reader', part);
    execute format('grant select, insert, update, delete on all tables in schema %I to integrations_app', part);
    execute format('grant usage, select, update on all sequences in schema %I to integrations_app', part);
    execute format('grant execute on all functions in schema %I to integrations_app', part);
    execute format('alter default privileges in schema %I grant select, insert, update, delete on tables '
                   'to integrations_app', part);
    execute format('alter default privileges in schema %I grant usage, select, update on sequences '
                   'to integrations_app', part);
  end loop;
  grant usage on schema integrations to integrations_receiver;
  grant execute on all functions in schema integrations to integrations_receiver;
  -- Nobody edits the past: the chain is only added to.
  revoke update, delete, truncate on integrations.audit_event from integrations_app;
  revoke delete, truncate on integrations.audit_head from integrations_app;
  revoke insert, update, delete on integrations.alembic_version from integrations_app;
  grant select on integrations.alembic_version, integrations.source_system to integrations_receiver;
  -- The receiver proves a signature, and so opens webhook secrets; it changes none, and writes one only where an operator
  -- expects it (hand_over_secret).
  grant select on integrations.secret, integrations.secret_version, integrations.key_check
    to integrations_receiver;
  grant select, insert on integrations.audit_event to integrations_receiver;
  grant select, update on integrations.audit_head to integrations_receiver;
  grant select, insert, update on integrations.webhook_event, integrations.webhook_refusal to integrations_receiver;
  -- The reader sees what is mapped and how syncs went; no secret, no token, no raw payload.
  for found in select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where n.nspname in ('integrations', 'entities') and c.relkind in ('r', 'p', 'v')
                 and c.relname not in ('secret', 'secret_version', 'key_check', 'api_token', 'oauth_grant',
                                       'oauth_consent',
                                       'audit_event', 'audit_head', 'quarantined_record')
                 and c.relname not like 'webhook%' and not c.relispartition loop
    execute format('grant select on %s to integrations_reader', found);
  end loop;
end $$

-- dagster_grants --
-- Runs, schedules and the UI work as the app; Dagster's tables are made by who migrates.
do $$
begin
  if to_regrole('integrations_app') is null or to_regnamespace('dagster') is null then
    return;
  end if;
  grant usage, create on schema dagster to integrations_app;
  grant select, insert, update, delete on all tables in schema dagster to integrations_app;
  grant usage, select, update on all sequences in schema dagster to integrations_app;
end $$

-- revokes --
-- Back to nothing; the roles themselves stay, other databases of the server may use them.
do $$
declare
  part text;
begin
  if to_regrole('integrations_app') is null then
    return;
  end if;
  foreach part in array array['integrations', 'staging', 'resolution', 'entities'] loop
    execute format('alter default privileges in schema %I revoke all on tables from integrations_app', part);
    execute format('alter default privileges in schema %I revoke all on sequences from integrations_app', part);
    execute format('revoke all on all tables in schema %I from integrations_app, integrations_receiver, '
                   'integrations_reader', part);
    execute format('revoke all on all sequences in schema %I from integrations_app', part);
    execute format('revoke all on all functions in schema %I from integrations_app, integrations_receiver', part);
    execute format('revoke all on schema %I from integrations_app, integrations_receiver, integrations_reader', part);
  end loop;
  execute format('revoke all on database %I from integrations_app, integrations_receiver, integrations_reader',
                 current_database());
end $$
