import traceback

import pytest

from integrations_pipelines.errors import RateLimited, TellDeveloper
from integrations_pipelines.vault import SecretValue, no_secrets_in_errors, scrubbed, without_secrets

CANARY = "canary-ee41d09c55"


@pytest.fixture(autouse=True)
def known() -> SecretValue:
    return SecretValue(CANARY)


def failure(message: str, cause: str | None = None, error: type[Exception] = ValueError) -> Exception:
    try:
        try:
            raise OSError(cause or "clean")
        except OSError as inner:
            raise error(message) from inner
    except Exception as outer:  # noqa: BLE001 - whatever was asked for
        return outer


def test_a_chain_is_told_in_one_clean_line() -> None:
    told = scrubbed(failure(f"with {CANARY}", f"from {CANARY}"))
    assert told == "ValueError: with [redacted] <- OSError: from [redacted]"


def test_an_error_without_a_secret_is_left_alone() -> None:
    error = failure("clean")
    assert without_secrets(error) is error
    assert error.__cause__ is not None


def test_an_error_of_ours_keeps_its_recovery() -> None:
    error = RateLimited(f"wait {CANARY}", retry_after=7.0)
    clean = without_secrets(error)
    assert isinstance(clean, RateLimited)
    assert (clean.retry_after, str(clean)) == (7.0, "wait [redacted]")


def test_a_secret_in_the_cause_alone_is_found() -> None:
    clean = without_secrets(failure("clean", f"from {CANARY}", RateLimited))
    shown = "".join(traceback.format_exception(clean))
    assert isinstance(clean, RateLimited)
    assert CANARY not in shown
    assert "OSError: from [redacted]" in shown


def test_a_foreign_error_with_a_secret_becomes_one_for_developers() -> None:
    with (
        pytest.raises(TellDeveloper, match=r"ValueError: with \[redacted\]") as caught,
        no_secrets_in_errors(),
    ):
        raise failure(f"with {CANARY}")
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_secret_in_a_note_is_found() -> None:
    error = ValueError("clean")
    error.add_note(f"tried with {CANARY}")
    assert CANARY not in "".join(traceback.format_exception(without_secrets(error)))


def test_a_clean_error_passes_with_its_cause() -> None:
    with pytest.raises(ValueError, match="clean") as caught, no_secrets_in_errors():
        raise failure("clean")
    assert isinstance(caught.value.__cause__, OSError)


def test_a_group_of_errors_is_scrubbed_whole() -> None:
    group = ExceptionGroup("several", [ValueError(f"one {CANARY}"), OSError("two")])
    clean = without_secrets(group)
    assert CANARY not in "".join(traceback.format_exception(clean))
