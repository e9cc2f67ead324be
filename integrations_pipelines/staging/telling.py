"""Gathers what events tell of one resource into a unit: records as a listing would show them, and tombstones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from integrations_pipelines.contract import Resource
from integrations_pipelines.contract.paths import placed_at
from integrations_pipelines.errors import RecordRejected
from integrations_pipelines.staging.merging import Pair, read_merges
from integrations_pipelines.staging.records import (
    LONGEST_KEY,
    NoKey,
    Observed,
    canonical_json,
    record_reader,
    rejected_record,
)
from integrations_pipelines.staging.units import Cursor, Rejected, Unit, rows_of


class ToldRecords:
    """What was told so far of ``resource``; ``cursor`` is the listing's own, which events do not move."""

    def __init__(self, resource: Resource, cursor: Cursor | None) -> None:
        self._resource, self._cursor = resource, cursor
        self._read = record_reader(resource)
        self._rows: list[Observed] = []
        self._rejected: list[Rejected] = []
        self._merged: list[Pair] = []
        self.absent: list[str] = []

    def take(self, record: Any, *, version: datetime | None = None) -> None:
        """Take a record; ``version`` where the event says it better than the record."""
        try:
            key, own, digest, deleted, payload = self._read(record)
        except RecordRejected as error:
            self.reject(record, error)
            return
        row = (key, version or own, digest, deleted, payload)
        self._rows.append(row)
        pairs, gone = read_merges(self._resource.merged, [(row, record)])
        self._rows += gone
        self._merged += pairs

    def merge(self, lost: str, kept: str) -> None:
        """Take that two records are one at the third party."""
        self._merged.append((lost, kept))

    def bury(self, versions: Mapping[str, datetime | None]) -> None:
        """Take a tombstone for each of ``absent``: ids that the third party, asked, knew no record of.

        It carries the version that the record has, by ``versions`` or by what was told of it here: when the record went
        is not known, and it may only not be there yet, so that it lives as soon as it is listed.
        """
        told: dict[str, datetime] = {}
        for key, version, *_ in self._rows:
            if version is not None:
                told[key] = max(version, told.get(key, version))
        for key in self.absent:
            known = [one for one in (versions.get(key), told.get(key)) if one is not None]
            self.gone(key, version=max(known, default=None))

    def gone(self, key: str, *, version: datetime | None) -> None:
        """Take a tombstone, as of ``version``; None where the record has none."""
        record = {"id": key}
        try:
            if not key.strip() or len(key) > LONGEST_KEY:
                raise NoKey("the event does not say which record is gone")
            payload = canonical_json(record)
        except RecordRejected as error:
            self.reject(record, error)
            return
        self._rows.append((key, version, blake2b(payload, digest_size=16).digest(), True, payload))

    def reject(self, record: Any, error: RecordRejected) -> None:
        """Set something aside that should have been a record."""
        self._rejected.append(rejected_record(record, self._resource, error))

    def unit(self) -> Unit:
        """Return all of it."""
        return Unit(
            rows=rows_of(self._rows),
            cursor=self._cursor,
            rejected=tuple(self._rejected),
            extracted=len(self._rows) + len(self._rejected),
            pages=0,
            complete=False,
            merged=tuple(dict.fromkeys(self._merged)),
        )


def with_more(record: Any, more: Mapping[str, Any]) -> Any:
    """Return a copy of ``record`` that holds ``more``, values by path; what is no object stays as it is."""
    for path, value in more.items() if isinstance(record, dict) else ():
        record = placed_at(record, path, value)
    return record


def listed(found: Any) -> Sequence[Any]:
    """Return ``found`` if it is a list, else the list of it alone."""
    return found if isinstance(found, list) else [found]
