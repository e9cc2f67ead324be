"""`integrations erase`: a person's values leave every table; the fact of it stays."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli.opening import open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import record_key_of, uuid_of
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from integrations_pipelines.erasing import Erased


def erase(
    entity: Annotated[str | None, typer.Option(metavar="UUID", help="All records of this entity.")] = None,
    record: Annotated[
        str | None, typer.Option(metavar="SYSTEM:RESOURCE:ID", help="This source record alone.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why: kept with the fact. No personal data, please.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Let the erased --record be taken again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person: records, values and identifiers leave; a later sync does not bring them back."""
    if (entity is None) == (record is None):
        raise UsageError("say either --entity UUID or --record SYSTEM:RESOURCE:ID")
    if lift and (record is None or dry_run):
        raise UsageError("--lift goes with --record, and not with --dry-run")
    uuid = uuid_of(entity) if entity is not None else None
    if entity is not None and uuid is None:
        raise UsageError(f"--entity {entity!r}: is no uuid")
    from integrations_pipelines import erasing

    with open_hub() as hub:
        if lift and record is not None:
            erasing.lift(hub, *record_key_of(record))
            return _tell_lifted(record, as_json=as_json)
        if uuid is not None:
            erased = erasing.erase_entity(hub, uuid, reason=reason, dry_run=dry_run)
        else:
            erased = erasing.erase_record(hub, *record_key_of(record or ""), reason=reason, dry_run=dry_run)
    print_json(asdict(erased)) if as_json else _print(erased)
    return None


def _tell_lifted(record: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"lifted": record})
    else:
        print_line(f"{record}: may be taken again; `integrations sync ... --full` brings it back at once")


def _print(erased: "Erased") -> None:
    verb = "would be erased" if erased.is_dry_run else "erased"
    print_line(f"{len(erased.records)} source records {verb}: {', '.join(erased.records)}")
    rows = [(name, count, "rows removed") for name, count in erased.rows.items()]
    rows += [(name, count, "rows blotted out") for name, count in erased.blotted.items()]
    print_table(("where", "count", "what"), rows)
    for kind, count in erased.shared.items():
        hint(f"{count} values of kind {kind} stay elsewhere: other records hold them too")
    hint(
        "Backups and PostgreSQL's own log keep what they had; erase at the third party too, or new records come."
    )
