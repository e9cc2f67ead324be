"""Secrets on their way in: from stdin or a hidden prompt, never from an argument, never echoed."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from integrations_pipelines.cli.words import pairs
from integrations_pipelines.errors import CredentialError, UsageError

if TYPE_CHECKING:
    from integrations_pipelines.vault import SecretValue

_LONGEST = 65_536


def read_secret(name: str) -> "SecretValue":
    """Return the secret called ``name``: the whole of stdin but its last line end, or what a person types.

    Raises ``CredentialError`` for an empty one.
    """
    return _secret(name, _typed(name) if sys.stdin.isatty() else _piped())


def read_secrets(names: Sequence[str]) -> dict[str, "SecretValue"]:
    """Return the secrets called ``names``; several of them stand in stdin as ``name=value``, one a line."""
    if len(names) < 2 or sys.stdin.isatty():
        return {name: read_secret(name) for name in names}
    given = pairs(_piped().splitlines(), "line of stdin")
    missing = [name for name in names if name not in given]
    if missing:
        raise UsageError(f"stdin: needs one name=value a line; missing: {', '.join(missing)}")
    return {name: _secret(name, given[name]) for name in names}


def _secret(name: str, plaintext: str) -> "SecretValue":
    from integrations_pipelines.vault import SecretValue

    if not plaintext.strip():
        raise CredentialError(f"{name}: the secret is empty; nothing was saved")
    return SecretValue(plaintext)


def _typed(name: str) -> str:
    return str(typer.prompt(name, hide_input=True, err=True, default="", show_default=False))


def _piped() -> str:
    try:
        text = sys.stdin.read(_LONGEST + 1)
    except UnicodeDecodeError:
        raise UsageError("stdin: the secret is not UTF-8 text") from None
    if len(text) > _LONGEST:
        raise UsageError(f"stdin: a secret has at most {_LONGEST} characters")
    if "\0" in text:
        raise UsageError("stdin: the secret holds a NUL character")
    return text.removesuffix("\n").removesuffix("\r")
