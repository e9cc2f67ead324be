"""The database's roles: what each of them may not do is refused by PostgreSQL, whatever our code does."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from integrations_pipelines.registry.migrate import SCRIPTS
from integrations_pipelines.registry.statements import statements

READER, RECEIVER, APP = "integrations_reader", "integrations_receiver", "integrations_app"


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (READER, "select * from integrations.secret_version"),
        (READER, "select * from integrations.api_token"),
        (READER, "select * from integrations.quarantined_record"),
        (READER, "select * from staging.source_record"),
        (READER, "update entities.entity set values = '{}'"),
        (RECEIVER, "update integrations.secret_version set state = 'revoked'"),
        (RECEIVER, "select * from entities.entity"),
        (RECEIVER, "select * from integrations.record_map"),
        (READER, "select * from integrations.oauth_consent"),
        (READER, "select * from integrations.lock_expected_secret('crm', 'webhook_secret')"),
        (RECEIVER, "insert into integrations.secret_version (secret_id, version) values (1, 1)"),
        (RECEIVER, "update integrations.source_system set config_payload = '{}'"),
        (RECEIVER, "insert into integrations.key_check (kek_id) values ('mine')"),
        (RECEIVER, "select * from integrations.oauth_consent"),
        (RECEIVER, "select * from integrations.api_token"),
        (RECEIVER, "select * from staging.source_record"),
        (RECEIVER, "delete from integrations.webhook_event"),
        (RECEIVER, "delete from integrations.audit_event"),
        (RECEIVER, "create schema mine"),
        (APP, "update integrations.audit_event set actor = ''"),
        (APP, "delete from integrations.audit_event"),
        (APP, "truncate integrations.audit_event"),
        (APP, "delete from integrations.audit_head"),
        (APP, "drop table integrations.secret"),
        (APP, "update integrations.alembic_version set version_num = ''"),
    ],
)
def test_a_role_is_refused_what_it_has_no_need_of(engine: Engine, role: str, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(f"set local role {role}"))
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (READER, "select * from entities.entity"),
        (READER, "select * from integrations.record_map"),
        (RECEIVER, "select * from integrations.secret_version"),
        (RECEIVER, "select * from integrations.lock_expected_secret('crm', 'webhook_secret')"),
        (APP, "create schema staging_new"),
        (APP, "select integrations.ensure_sync_log_partitions()"),
        (APP, "update integrations.secret_version set state = 'revoked'"),
    ],
)
def test_a_role_may_do_its_work(engine: Engine, role: str, statement: str) -> None:
    with engine.connect() as connection:
        # A copy of a database comes without the rights on the database itself.
        connection.execute(text(statements(SCRIPTS / "roles.sql").literal("grants")))
        connection.execute(text(f"set local role {role}"))
        connection.execute(text(statement))
