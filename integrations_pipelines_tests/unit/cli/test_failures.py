import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from integrations_pipelines.cli.failures import exit_of
from integrations_pipelines.errors import (
    ConfigurationError,
    ContractError,
    CredentialError,
    IntegrationsError,
    NotFound,
    RateLimited,
    RecordRejected,
    UsageError,
)
from integrations_pipelines.settings import Settings


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 2),
        (CredentialError("x"), 2),
        (NotFound("x"), 2),
        (UsageError("x"), 2),
        (RecordRejected("x"), 2),
        (RateLimited("x", retry_after=30), 3),
        (ContractError("x"), 4),
        (RuntimeError("x"), 4),
        (PermissionError(13, "Permission denied", "rows.csv"), 2),
        (psycopg.OperationalError("gone"), 3),
        (OperationalError("select 1", {}, psycopg.OperationalError("gone")), 3),
        (psycopg.errors.InsufficientPrivilege("no"), 2),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_the_exit_code_says_what_to_do(error: Exception, code: int, settings_here: Settings) -> None:
    assert exit_of(error)[0] == code


def test_an_error_that_may_pass_says_when_to_come_back() -> None:
    assert exit_of(RateLimited("HubSpot (crm)", retry_after=30)) == (3, "HubSpot (crm); try again in 30 s")


def test_a_defect_leaves_its_traceback_in_the_log(settings_here: Settings) -> None:
    _, line = exit_of(RuntimeError("surprise"))
    log = settings_here.state_dir / "logs" / "cli.log"
    assert str(log) in line
    assert "RuntimeError: surprise" in log.read_text()


def test_every_error_of_the_tree_has_an_exit_code(settings_here: Settings) -> None:
    kinds = [IntegrationsError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {exit_of(kind())[0] for kind in kinds} == {2, 3, 4}
