"""`integrations subscription`: other services that are told of changes by signed webhooks."""

import uuid as uuidlib
from typing import Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import uuid_of
from integrations_pipelines.errors import NotFound, UsageError

group = typer.Typer(cls=OneLineGroup, help="Services that are told of changes.")
Uuid = Annotated[str, typer.Argument(metavar="UUID", help="The subscription.")]


@group.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where changes are posted.")],
    event: Annotated[
        list[str] | None, typer.Option("--event", help="This type alone; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell URL of what changes from now on. The signing secret is shown once, here."""
    from integrations_pipelines.outbound import add_subscription

    with open_hub() as hub:
        uuid, secret = add_subscription(hub, url, event or [])
    if as_json:
        print_json({"uuid": uuid, "url": url, "events": event or [], "secret": secret})
        return
    print_line(f"{uuid} is told of changes from now on, by whichever process serves the API.")
    print_line(f"Signing secret (Standard Webhooks), shown this once: {secret}")


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List who is told, and how that goes."""
    from integrations_pipelines.registry.feed import subscriptions

    with open_connection() as connection:
        found = subscriptions(connection)
    if as_json:
        print_json({"subscriptions": [vars(one) for one in found]})
        return
    rows = [
        (
            one.uuid,
            one.url,
            ", ".join(one.events) or "all",
            one.state,
            one.pending,
            one.dead,
            one.last_delivered_at,
            one.last_error,
        )
        for one in found
    ]
    columns = ("uuid", "url", "events", "state", "pending", "dead", "last delivered", "last error")
    print_table(columns, rows)


@group.command()
def remove(uuid: Uuid, as_json: AsJson = False) -> None:
    """Tell an endpoint no more, and revoke its secret."""
    from integrations_pipelines.outbound import remove_subscription

    with open_hub() as hub:
        remove_subscription(hub, _uuid(uuid))
    if as_json:
        print_json({"uuid": uuid, "removed": True})
    else:
        print_line(f"{uuid} is told no more.")


@group.command()
def deliveries(
    uuid: Uuid,
    status: Annotated[str | None, typer.Option(help="pending, delivered or dead.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what an endpoint was told, the newest first."""
    from integrations_pipelines.registry.feed import deliveries as told

    if status not in (None, "pending", "delivered", "dead"):
        raise UsageError(f"--status {status!r}: must be pending, delivered or dead")
    with open_connection() as connection:
        found = told(connection, _uuid(uuid), status=status, limit=limit)
    if as_json:
        print_json({"deliveries": [vars(one) for one in found]})
        return
    columns = ("uuid", "type", "status", "attempts", "changes", "answered", "error", "next try")
    rows = [
        (one.uuid, one.kind, one.status, one.attempts, one.changes, one.answered, one.error, one.next_try_at)
        for one in found
    ]
    print_table(columns, rows)


@group.command()
def redeliver(
    uuid: Annotated[str, typer.Argument(metavar="UUID", help="A message; or a subscription: its dead ones.")],
    as_json: AsJson = False,
) -> None:
    """Make one message due again, or all dead ones of a subscription, which is switched on again."""
    from integrations_pipelines.registry.feed import redeliver as again

    with open_connection() as connection:
        count = again(connection, _uuid(uuid))
    if count == 0:
        raise NotFound(f"{uuid}: is no message, and no subscription with dead ones")
    if as_json:
        print_json({"redelivered": count})
    else:
        hint(f"{count} due again.")


def _uuid(word: str) -> uuidlib.UUID:
    uuid = uuid_of(word)
    if uuid is None:
        raise UsageError(f"{word!r} is no uuid")
    return uuid
