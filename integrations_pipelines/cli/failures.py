"""What a failure looks like at the command line: one line on stderr that names the thing, and an exit code.

Exit codes: 0 done; 1 what was asked for failed (a red job); 2 words, settings or credentials are off; 3 try again
later; 4 a defect of ours, with its traceback in the log.
"""

import sys
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from integrations_pipelines.cli.words import on_one_line
from integrations_pipelines.errors import IntegrationsError, Later, TellDeveloper
from integrations_pipelines.start_up import collect_rarely

FAILED, WRONG, LATER, DEFECT, STOPPED = 1, 2, 3, 4, 130
_NOT_ALLOWED = "42501"  # insufficient_privilege


class OneLineGroup(TyperGroup):
    """A group of commands whose failures are one line, and which shows its help where no command is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read ``args``; none at all ask for help."""
        return super().parse_args(ctx, args or ["--help"])

    def main(self, args: Sequence[str] | None = None, *others: Any, **named: Any) -> Any:
        """Run the command and leave with its exit code. ``--debug`` may stand anywhere."""
        collect_rarely()
        words = list(sys.argv[1:] if args is None else args)
        with one_line_failures(debug=_taken_out(words, "--debug")):
            code = super().main(words, *others, **{**named, "standalone_mode": False})
            sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def one_line_failures(*, debug: bool) -> Iterator[None]:
    """End the process by ``SystemExit`` for whatever the block raises, having said what it was."""
    try:
        yield
    except TyperException as error:
        _leave(WRONG, error.format_message())
    except typer.Abort:
        _leave(STOPPED, "stopped")
    except Exception as error:  # noqa: BLE001 - the last one to see it; what is not ours goes to the log
        if debug:
            _show_traceback(error)
        _leave(*exit_of(error))


def exit_of(error: Exception) -> tuple[int, str]:
    """Return the exit code and the line for ``error``; an unexpected one is written to the log."""
    match error:
        case Later():
            return LATER, f"{error}; {_when(error.retry_after)}"
        case TellDeveloper():
            return DEFECT, f"{error}; {_logged(error)}"
        case IntegrationsError():
            return WRONG, str(error)
        case OSError(filename=str() | Path() as name, strerror=str() as why):
            return WRONG, f"{name}: {why}"
    return _exit_of_database(error) or (DEFECT, f"{type(error).__name__}: {error}; {_logged(error)}")


def _exit_of_database(error: Exception) -> tuple[int, str] | None:
    """Read a driver's error by its class's name: importing the driver here would slow every command."""
    cause = getattr(error, "orig", None) or error
    kinds = {kind.__name__ for kind in type(cause).__mro__ if kind.__module__.startswith("psycopg")}
    if getattr(cause, "sqlstate", None) == _NOT_ALLOWED:
        return WRONG, f"DATABASE_URL: {cause}"
    if "OperationalError" in kinds:
        return LATER, f"PostgreSQL: {cause}; {_when(None)}"
    return None


def _when(seconds: float | None) -> str:
    return f"try again in {seconds:.0f} s" if seconds else "try again later"


def _leave(code: int, line: str) -> None:
    from integrations_pipelines.vault import scrub

    text = on_one_line(scrub(line))
    if sys.stderr.isatty():
        typer.secho(f"Error: {text}", fg="red", err=True)
    else:
        typer.echo(f"Error: {text}", err=True)
    sys.exit(code)


def _show_traceback(error: Exception) -> None:
    from integrations_pipelines.vault.redaction import scrubbed_traceback

    typer.echo(scrubbed_traceback(error), err=True)


def _logged(error: Exception) -> str:
    """Write the traceback, scrubbed, to the log and return where that is."""
    from integrations_pipelines.settings import read_settings
    from integrations_pipelines.vault.redaction import scrubbed_traceback

    try:
        log = read_settings().state_dir / "logs" / "cli.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            file.write(scrubbed_traceback(error))
    except (OSError, IntegrationsError):
        return "--debug shows the traceback"
    return f"a defect of ours; the traceback is in {log}"


def _taken_out(words: MutableSequence[str], word: str) -> bool:
    """Take ``word`` out of ``words``, unless it stands after ``--``; say whether it was there."""
    options = words[: words.index("--")] if "--" in words else words
    if word not in options:
        return False
    words.remove(word)
    return True
