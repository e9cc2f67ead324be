-- lock_expected --
-- The one way in which the receiver may write a secret: where an operator expects a third party to hand one over, just
-- now. It owns neither the accounts nor the secrets, so both halves run as who migrates.
create function integrations.lock_expected_secret(wanted_key text, wanted_name text)
returns table (secret_id bigint, system_uuid uuid, version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  account record;
begin
  select s.id, s.uuid into account from integrations.source_system s
  where s.system_key = wanted_key
    and (s.config_payload #>> '{webhook,expects_secret_until}')::timestamptz > clock_timestamp()
  for update;
  if not found then
    return;
  end if;
  insert into integrations.secret (source_system_id, name) values (account.id, wanted_name) on conflict do nothing;
  return query
    select s.id, account.uuid,
      (select coalesce(max(v.version), 0)::integer + 1 from integrations.secret_version v where v.secret_id = s.id)
    from integrations.secret s where s.source_system_id = account.id and s.name = wanted_name;
end $$

-- hand_over --
-- Stores what was handed over as the active version, lets the former retire, and expects no other. The key is held, so
-- that it cannot be retired meanwhile.
create function integrations.hand_over_secret(
  wanted_secret bigint, wanted_version integer, overlap interval,
  sealed_under text, sealed_wrapped_key bytea, sealed_nonce bytea, sealed_ciphertext bytea)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  account bigint;
begin
  select s.id into account from integrations.source_system s
  join integrations.secret o on o.source_system_id = s.id and o.id = wanted_secret
  where (s.config_payload #>> '{webhook,expects_secret_until}')::timestamptz > clock_timestamp()
  for update of s;
  perform from integrations.key_check k where k.kek_id = sealed_under and k.retired_at is null for key share;
  if account is null or not found then
    return false;
  end if;
  update integrations.secret_version v set state = 'retiring', valid_until = now() + overlap
  where v.secret_id = wanted_secret and v.state = 'active';
  insert into integrations.secret_version (secret_id, version, state, kek_id, wrapped_key, nonce, ciphertext)
  values (wanted_secret, wanted_version, 'active', sealed_under, sealed_wrapped_key, sealed_nonce, sealed_ciphertext);
  update integrations.source_system s set config_payload = s.config_payload #- '{webhook,expects_secret_until}'
  where s.id = account;
  return true;
end $$

-- closed --
-- Not for everybody, as functions are by themselves.
revoke execute on function integrations.lock_expected_secret(text, text) from public;
revoke execute on function integrations.hand_over_secret(bigint, integer, interval, text, bytea, bytea, bytea) from public;
