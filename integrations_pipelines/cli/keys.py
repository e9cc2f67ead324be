"""`integrations key`: the key-encryption keys. They rotate while everything runs; nothing here prints one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import FAILED, OneLineGroup
from integrations_pipelines.cli.opening import current_settings, open_audited, open_hub
from integrations_pipelines.cli.output import AsJson, console, hint, print_json, print_line, print_table
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from integrations_pipelines.vault import KeyRing
    from integrations_pipelines.vault.rotation import Progress, Rotated

group = typer.Typer(cls=OneLineGroup, help="Keys that seal the secrets: list, add, rotate, retire.")


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the keys: where each is held, and how many secret versions are sealed with it."""
    with open_hub() as hub, hub.engine.begin() as connection:
        found = _keys(connection, hub.keys)
    if as_json:
        print_json({"keys": found})
        return
    columns = ("key", "state", "sealed with it", "since", "retired", "held in")
    print_table(columns, [list(one.values()) for one in found])


@group.command()
def add(as_json: AsJson = False) -> None:
    """Add a key to the key file and make it the current one: what is sealed from now on is sealed with it."""
    from integrations_pipelines.vault import add_key, record
    from integrations_pipelines.vault.start import prove

    settings = current_settings()
    with open_audited() as (hub, connection):
        place = hub.keys.places()[hub.keys.current_id()]
        if place != str(settings.keys):
            raise UsageError(f"the current key is held in {place}: add the new one there")
        kek_id = add_key(settings.keys)
        prove(connection, hub.keys)
        record(connection, hub.keys, "key.add", kek_id, {"held_in": place})
    hint(f"Back up {settings.keys}: without it the secrets cannot be opened.")
    hint("Next: integrations key rotate")
    if as_json:
        print_json({"key": kek_id, "current": True})
    else:
        print_line(f"{kek_id}: added; it is the current key")


@group.command()
def rotate(
    deep: Annotated[
        bool, typer.Option("--deep", help="Encrypt the values anew too, not only their keys.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Secret versions a transaction.")] = 500,
    as_json: AsJson = False,
) -> None:
    """Put every secret under the current key, while everything runs. Killed half-way, run it again: it goes on."""
    from integrations_pipelines.vault import deepen, record, rewrap

    with open_hub() as hub, _bar(is_quiet=as_json) as progress:
        how = deepen if deep else rewrap
        rotated = how(hub.engine, hub.keys, batch_size=batch, progress=progress)
        current = hub.keys.current_id()
    with open_audited() as (hub, connection):
        detail = {"deep": deep, "done": rotated.done, "remaining": rotated.remaining}
        record(connection, hub.keys, "key.rotate", current, detail)
    _say(rotated, current, as_json=as_json)


@group.command()
def retire(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key, as `key list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Retire a key for good and take it out of the key file. Refused while anything is sealed with it."""
    from integrations_pipelines.vault import record, remove_key, retire

    settings = current_settings()
    with open_audited() as (hub, connection):
        held_in = hub.keys.places().get(key)
        retire(connection, hub.keys, key)
        record(connection, hub.keys, "key.retire", key)
    if held_in == str(settings.keys):
        remove_key(settings.keys, key)
    elif held_in is not None:
        hint(f"It is still held in {held_in}: take it out there.")
    if as_json:
        print_json({"key": key, "retired": True})
    else:
        print_line(f"{key}: retired; nothing was sealed with it any more")


def _keys(connection: "Connection", ring: "KeyRing") -> list[dict[str, Any]]:
    from integrations_pipelines.registry.secrets import key_checks, versions_by_key

    used, places = versions_by_key(connection), ring.places()
    return [
        {
            "key": one.kek_id,
            "state": _state(one.kek_id, ring, is_retired=one.retired_at is not None),
            "sealed": used.get(one.kek_id, 0),
            "created_at": one.created_at,
            "retired_at": one.retired_at,
            "held_in": places.get(one.kek_id),
        }
        for one in key_checks(connection)
    ]


def _state(kek_id: str, ring: "KeyRing", *, is_retired: bool) -> str:
    if is_retired:
        return "retired"
    return "current" if kek_id == ring.current_id() else "opens"


@contextmanager
def _bar(*, is_quiet: bool) -> Iterator["Progress | None"]:
    """Give what is called after each batch: it moves a bar on stderr, for a person who looks."""
    screen = console(error=True)
    if is_quiet or not screen.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=screen, transient=True) as bars:
        task = bars.add_task("rotating", total=None)
        yield lambda done, left: bars.update(task, completed=done, total=done + left)


def _say(rotated: "Rotated", current: str, *, as_json: bool) -> None:
    for reason in rotated.broken:
        hint(f"not rotated: {reason}")
    if as_json:
        data = {
            "key": current,
            "done": rotated.done,
            "remaining": rotated.remaining,
            "broken": rotated.broken,
        }
        print_json(data)
    else:
        left = f"; {rotated.remaining:,} are not" if rotated.remaining else ""
        print_line(f"{rotated.done:,} secret versions put under {current}{left}")
    if rotated.remaining:
        raise typer.Exit(FAILED)
