"""`integrations audit`: who used, made, rotated or revealed which secret or token, and is that account whole."""

from typing import Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import current_settings, open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, print_json, print_line, print_table
from integrations_pipelines.errors import UsageError

group = typer.Typer(cls=OneLineGroup, help="The audit chain: list and verify it.")


@group.command("list")
def list_(
    subject: Annotated[str | None, typer.Option(help="One secret, token or key only.")] = None,
    action: Annotated[str | None, typer.Option(help="Actions that begin so: credential, token.use.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List events, newest first."""
    from integrations_pipelines.registry.audit import newest_links

    with open_connection() as connection:
        found = newest_links(connection, limit=limit, subject=subject, action=action)
    events = [{**vars(one), "hash": one.hash.hex()} for one in found]
    for event in events:
        del event["previous_hash"]
    if as_json:
        print_json({"events": events})
        return
    columns = ("event", "when", "who", "action", "subject", "detail")
    shown = ("sequence", "recorded_at", "actor", "action", "subject", "detail")
    print_table(columns, [[event[name] for name in shown] for event in events])


@group.command()
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="SEQUENCE:HASH", help="An end of the chain that was printed earlier."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every event, the seal on the last one, and what was anchored outside the database."""
    from integrations_pipelines.vault import anchor_of, keep_anchor, one_moment, read_anchor, verify

    path = current_settings().audit_anchor
    try:
        expected = [anchor_of(expect)] if expect else []
    except ValueError:
        raise UsageError(f"--expect {expect!r}: reads SEQUENCE:HASH, as this command prints it") from None
    kept = read_anchor(path)
    with open_hub() as hub, one_moment(hub.engine) as connection:
        end = verify(connection, hub.keys, *expected, *([kept] if kept else []))
    if end.sequence:
        keep_anchor(path, end)
    if as_json:
        print_json({"ok": True, "events": end.sequence, "end": str(end), "anchored": bool(kept)})
    else:
        print_line(f"{end.sequence} events, every one as it was recorded; the chain ends at {end}")
