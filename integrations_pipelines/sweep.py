"""Deletes that no third party tells: what is missing from a whole list is suspected, and gone only when confirmed.

Confirmed by a direct question that finds nothing, or by absence from two complete lists. A list that broke off, that is
empty, or that misses too much at once, proves nothing. Canonical entities are never removed: a tombstone ends a source
record's say, and a record that is listed again has it back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from integrations_pipelines.corridor import Corridor, open_corridor
from integrations_pipelines.errors import IntegrationsError, SuspiciousEmptiness, TooManyMissing
from integrations_pipelines.hub import Hub, account_of, resource_of
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.sweeps import Judged, Seen
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.staging.files import read_file
from integrations_pipelines.staging.sweeping import ask_for, listed_ids, require_sweep
from integrations_pipelines.staging.tables import landing_schema
from integrations_pipelines.staging.units import Unit, rows_of
from integrations_pipelines.sync import Pulled, note_pulled, walk

FEW, SHARE = 50, 0.1
"""At most so many records, or this share of them, may be missing at once."""
_ASKED_AT_ONCE = 500
_NOTHING = blake2b(b"gone", digest_size=16).digest()
_LIMITS = Limits()
Ask = Callable[[Sequence[str]], Iterator[tuple[str, str | None]]]


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What came of a sweep: ids ``listed``, ``live`` records known, how many of them ``missing``, and what was done."""

    judged: Judged
    suspected: int
    pulled: Pulled


def sweep(
    hub: Hub,
    job: Job,
    name: str,
    *,
    allow_mass_delete: bool = False,
    dry_run: bool = False,
    limits: Limits = _LIMITS,
) -> Swept:
    """Sweep one resource; an error is in the result, and then nothing was inferred.

    ``dry_run``: say what is missing, and write nothing. Raises ``NotFound`` where absence from the list proves nothing,
    and ``LeaseHeld`` while another sweep of it goes on.
    """
    resource = resource_of(job.source, name)
    require_sweep(resource, job.source.system_key)
    with open_corridor(hub, job, resource, origin="sweep", part="sweep") as corridor:
        seen = Seen(job, name, datetime.now(UTC))
        account = account_of(hub, job.source, lane="sweep")
        try:
            if not dry_run:
                seen.note_attempt()
            for ids in listed_ids(account, resource, limits):
                seen.see(ids)
            judged = _guarded(seen, job, name, allow_mass_delete=allow_mass_delete)
        except IntegrationsError as error:
            return _broken(hub, corridor, seen, error)
        if dry_run:
            pulled = Pulled(resource=name, entity_type=resource.projection.entity_type)
            return Swept(judged=judged, suspected=seen.suspected(), pulled=pulled)
        return _conclude(hub, corridor, seen, judged, lambda ids: ask_for(account, resource, ids, limits))


def import_snapshot(
    hub: Hub, job: Job, path: Path, name: str, *, allow_mass_delete: bool = False
) -> tuple[Pulled, Swept | None]:
    """Take the rows of a file that holds all there is; what is missing from it is treated as by a sweep.

    None for the second where the file was not taken as a whole: then nothing is missing.
    """
    resource = resource_of(job.source, name)
    seen = Seen(job, name, datetime.now(UTC))
    with open_corridor(hub, job, resource, origin="file") as corridor:
        pulled = walk(hub, corridor, _seen_by(seen, read_file(path, resource)))
    if pulled.error is not None or pulled.outcomes.get("quarantined"):
        return pulled, None
    with open_corridor(hub, job, resource, origin="sweep", part="sweep") as corridor:
        try:
            seen.note_attempt()
            judged = _guarded(seen, job, name, allow_mass_delete=allow_mass_delete)
        except IntegrationsError as error:
            return pulled, _broken(hub, corridor, seen, error, pulled)
        return pulled, _conclude(hub, corridor, seen, judged, None, pulled)


def _seen_by(seen: Seen, units: Iterator[Unit]) -> Iterator[Unit]:
    for unit in units:
        seen.see(unit.rows["source_record_id"].to_pylist())
        yield unit


def _guarded(seen: Seen, job: Job, name: str, *, allow_mass_delete: bool) -> Judged:
    """Return what is missing. Raise where that is more than may be believed."""
    judged = seen.judge()
    where = f"{job.source.system_key} {name}"
    if allow_mass_delete:
        return judged
    if judged.listed == 0 and judged.live > 0:
        raise SuspiciousEmptiness(
            f"{where}: the whole list holds no record, and {judged.live} are known; none was deleted"
        )
    if judged.missing > max(FEW, SHARE * judged.live):
        raise TooManyMissing(
            f"{where}: {judged.missing} of {judged.live} records are missing; none was deleted. If they are gone, "
            "--allow-mass-delete says so"
        )
    return judged


def _conclude(
    hub: Hub, corridor: Corridor, seen: Seen, judged: Judged, ask: Ask | None, before: Pulled | None = None
) -> Swept:
    """Write down what is missing; land tombstones for what is gone, and what came back as it was."""
    seen.suspect()
    gone, merged = _not_there(seen, ask) if ask else ([], [])
    table = (landing_schema(corridor.job.source.system_type), corridor.resource.name)
    tombstones = [(one, version, _NOTHING, True, None) for one, version in seen.gone(gone)]
    back = [(one, version, hash_, False, text) for one, version, hash_, text in seen.returned(table)]
    rows = rows_of([*tombstones, *back])
    unit = Unit(
        rows=rows,
        cursor=None,
        rejected=(),
        extracted=rows.num_rows,
        pages=0,
        complete=False,
        merged=tuple(merged),
    )
    pulled = walk(hub, corridor, [unit] if rows.num_rows else [])
    seen.clear([one for one, *_ in tombstones])
    if before is not None:
        extracted, outcomes = before.extracted + pulled.extracted, Counter(before.outcomes)
        pulled = note_pulled(hub, corridor, extracted, outcomes + Counter(pulled.outcomes), pulled.error)
    return Swept(judged=judged, suspected=seen.suspected(), pulled=pulled)


def _not_there(seen: Seen, ask: Ask) -> tuple[list[str], list[tuple[str, str]]]:
    """Ask for what is newly suspected, one by one; return what is not there, and of that (lost, kept) what was merged.

    What cannot be asked stays suspected.
    """
    gone: list[str] = []
    there: list[str] = []
    merged: list[tuple[str, str]] = []
    # What ends the asking says nothing of the records: the next complete sweep does.
    with suppress(IntegrationsError):
        for one, answers_as in ask(seen.newly_suspected(_ASKED_AT_ONCE)):
            (there if answers_as == one else gone).append(one)
            if answers_as is not None and answers_as != one:
                merged.append((one, answers_as))
    seen.clear(there)
    return gone, merged


def _broken(
    hub: Hub, corridor: Corridor, seen: Seen, error: IntegrationsError, before: Pulled | None = None
) -> Swept:
    extracted, outcomes = (before.extracted, Counter(before.outcomes)) if before else (0, Counter[str]())
    pulled = note_pulled(hub, corridor, extracted, outcomes, error)
    return Swept(judged=seen.judge(), suspected=seen.suspected(), pulled=pulled)


def summary_of(swept: Swept) -> Mapping[str, int]:
    """Return the counts of a sweep."""
    outcomes = swept.pulled.outcomes
    return {
        "listed": swept.judged.listed,
        "live": swept.judged.live,
        "missing": swept.judged.missing,
        "suspected": swept.suspected,
        "deleted": outcomes.get("deleted", 0),
        "undeleted": outcomes.get("undeleted", 0),
    }
