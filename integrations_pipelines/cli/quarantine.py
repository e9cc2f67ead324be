"""`integrations quarantine`: records that could not be taken, why, and what becomes of them."""

import uuid as uuidlib
from typing import Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import uuid_of
from integrations_pipelines.errors import NotFound, UsageError

group = typer.Typer(cls=OneLineGroup, help="Records that could not be taken.")

System = Annotated[str | None, typer.Option(metavar="KEY", help="One source system.")]
ErrorClass = Annotated[str | None, typer.Option("--class", help="One error class.")]


WEBHOOKS = "webhooks"
"""The resource of events that could not be read: which one they are of is not known."""


@group.command("list")
def list_(
    system: System = None,
    resource: Annotated[str | None, typer.Option("--resource", "-r", help="One resource.")] = None,
    error_class: ErrorClass = None,
    status: Annotated[str, typer.Option(help="waiting, resolved, discarded, or all.")] = "waiting",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List records in quarantine, the newest first."""
    from integrations_pipelines.registry.quarantine import STATUSES, list_quarantined
    from integrations_pipelines.registry.sources import source_of

    if status not in (*STATUSES, "all"):
        raise UsageError(f"--status {status!r}: must be one of {', '.join(STATUSES)}, all")
    with open_connection() as connection:
        if system is not None:
            source_of(connection, system)
        found = list_quarantined(
            connection,
            system_key=system,
            resource=resource,
            error_class=error_class,
            status=None if status == "all" else status,
            limit=limit + 1,
        )
    is_cut, found = len(found) > limit, found[:limit]
    if as_json:
        print_json({"quarantined": [vars(one) for one in found], "truncated": is_cut})
    else:
        rows = [
            (
                one.uuid,
                f"{one.system_key}:{one.resource}:{one.source_record_id or '?'}",
                one.stage,
                one.error_class,
                one.message,
                one.attempts,
                one.next_try_at,
            )
            for one in found
        ]
        print_table(("uuid", "record", "stage", "class", "why", "attempts", "next try"), rows)
    if is_cut:
        hint(f"There are more than {limit}; --limit shows more.")


@group.command()
def show(
    uuid: Annotated[str, typer.Argument(metavar="UUID", help="The quarantined record.")],
    as_json: AsJson = False,
) -> None:
    """Show one record in quarantine, with what came of it."""
    from integrations_pipelines.registry.quarantine import quarantined

    with open_connection() as connection:
        found, payload = quarantined(connection, _uuid(uuid))
    text = payload.decode("utf-8", "backslashreplace") if payload is not None else None
    if as_json:
        print_json({**vars(found), "payload": text})
        return
    print_table(("", ""), [(name.replace("_", " "), value) for name, value in vars(found).items()])
    print_line(text if text is not None else "Nothing of it could be kept.")


@group.command()
def retry(
    uuid: Annotated[str | None, typer.Argument(metavar="[UUID]", help="One quarantined record.")] = None,
    system: System = None,
    error_class: ErrorClass = None,
    as_json: AsJson = False,
) -> None:
    """Try records again now, under today's rules: one, those of a source system, or those of a class."""
    from integrations_pipelines.cli.replaying import run
    from integrations_pipelines.registry.quarantine import quarantined, wake_events
    from integrations_pipelines.registry.replaying import Selection

    if uuid is None and system is None and error_class is None:
        raise UsageError("say what to try again: a UUID, --system or --class")
    if uuid is None:
        with open_connection() as connection:
            woken = wake_events(connection, system_key=system, error_class=error_class)
        if woken:
            hint(f"{woken} webhook events are back in the inbox; a run takes them within seconds")
        run(Selection(error_class=error_class, only_quarantined=True), system, as_json=as_json)
        return
    with open_connection() as connection:
        found, _ = quarantined(connection, _uuid(uuid))
    if found.status != "waiting":
        raise UsageError(f"{uuid} is {found.status} already")
    if found.resource == WEBHOOKS:
        _wake(found.uuid, as_json=as_json)
        return
    run(Selection(uuids=(found.uuid,)), found.system_key, as_json=as_json)


@group.command()
def discard(
    uuid: Annotated[str, typer.Argument(metavar="UUID", help="The quarantined record.")],
    reason: Annotated[str, typer.Option(help="Why it is given up; kept with it.")],
    as_json: AsJson = False,
) -> None:
    """Give a record up: it is tried no more. What is kept of it stays, with the reason."""
    from integrations_pipelines.registry.quarantine import discard as give_up

    if not reason.strip():
        raise UsageError("--reason: must say why")
    with open_connection() as connection:
        found = give_up(connection, _uuid(uuid), reason.strip())
    if as_json:
        print_json(vars(found))
    else:
        print_line(f"{found.uuid} is discarded.")


def _wake(uuid: uuidlib.UUID, *, as_json: bool) -> None:
    """Put the event behind a quarantined one back into its inbox. Raises ``NotFound`` where it is kept no more."""
    from integrations_pipelines.registry.quarantine import wake_events

    with open_connection() as connection:
        if not wake_events(connection, uuid=uuid):
            raise NotFound(f"{uuid}: its webhook event is kept no more; it can be discarded")
    if as_json:
        print_json({"uuid": uuid, "back_in_the_inbox": True})
    else:
        print_line(f"{uuid} is back in the inbox; a run takes it within seconds.")


def _uuid(word: str) -> uuidlib.UUID:
    uuid = uuid_of(word)
    if uuid is None:
        raise UsageError(f"{word!r} is no uuid")
    return uuid
