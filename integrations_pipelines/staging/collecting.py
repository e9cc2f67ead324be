"""Gathers records into units: rows, what was rejected, and the breaker for when that is too much."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from integrations_pipelines.contract import Resource
from integrations_pipelines.contract.coverage import unmapped_fields
from integrations_pipelines.errors import RecordRejected, TooManyRejected
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.staging.merging import Pair, read_merges
from integrations_pipelines.staging.records import (
    Observed,
    record_reader,
    rejected_record,
)
from integrations_pipelines.staging.units import Cursor, Rejected, Unit, rows_of

_SAMPLE = 200


@dataclass(frozen=True)
class Broken:
    """Something that should have been a record, and why it is none."""

    raw: Any
    error: RecordRejected


class Collector:
    """What was read since the last unit, and how much was rejected so far. ``name`` is for errors."""

    def __init__(self, resource: Resource, limits: Limits, name: str) -> None:
        self._resource, self._limits, self._name = resource, limits, name
        self._read = record_reader(resource)
        self._read_gone = record_reader(resource, gone=True)
        self._extracted = self._rejected_before = self._looked_at = 0
        self._start_anew()

    def _start_anew(self) -> None:
        self._rows: list[Observed] = []
        self._rejected: list[Rejected] = []
        self._unmapped: set[str] = set()
        self._merged: list[Pair] = []
        self._pages = 0
        self._since = time.monotonic()

    def take_page(self, page: Sequence[Any], *, gone: bool = False) -> list[datetime]:
        """Take the records of a page; return the versions of those that could be taken, in their order."""
        self._pages += 1
        self._look_at_fields(() if gone else page)
        before, taken = len(self._rows), list[Any]()
        read, append = self._read_gone if gone else self._read, self._rows.append
        for record in page:
            try:
                append(read(record))
                taken.append(record)
            except RecordRejected as error:
                self._reject(record, error, gone=gone)
        versions = [version for _, version, *_ in self._rows[before:] if version is not None]
        pairs, lost = read_merges(self._resource.merged, zip(self._rows[before:], taken, strict=True))
        self._merged += pairs
        self._rows += lost
        return versions

    def _look_at_fields(self, page: Sequence[Any]) -> None:
        """Look for fields that nobody knows: in the first records, then in one a page, so that it costs nothing."""
        sample = page if self._looked_at < _SAMPLE else page[:1]
        self._looked_at += len(sample)
        for record in sample:
            if isinstance(record, dict):
                self._unmapped |= unmapped_fields(self._resource, record)

    def _reject(self, record: Any, error: RecordRejected, *, gone: bool) -> None:
        if isinstance(record, Broken):
            record, error = record.raw, record.error
        self._rejected.append(replace(rejected_record(record, self._resource, error), is_gone=gone))

    def is_full(self) -> bool:
        """Return whether it is time for a unit."""
        size = len(self._rows) + len(self._rejected)
        return size >= self._limits.unit_rows or time.monotonic() - self._since >= self._limits.unit_seconds

    def unit(self, *, cursor: Cursor | None, complete: bool) -> Iterator[Unit]:
        """Yield what was read as one unit, and start anew. Raise ``TooManyRejected`` after that, never before."""
        size = len(self._rows) + len(self._rejected)
        self._extracted += size
        self._rejected_before += len(self._rejected)
        unit = Unit(
            rows=rows_of(self._rows),
            cursor=cursor,
            rejected=tuple(self._rejected),
            extracted=size,
            pages=self._pages,
            complete=complete,
            unmapped=frozenset(self._unmapped),
            merged=tuple(dict.fromkeys(self._merged)),
        )
        self._start_anew()
        yield unit
        self._break_off()

    def _break_off(self) -> None:
        rejected, extracted = self._rejected_before, self._extracted
        if rejected > self._resource.reject_few and rejected > self._resource.reject_above * extracted:
            raise TooManyRejected(
                f"{self._name}: {rejected} of {extracted} records were rejected; they are in quarantine"
            )
