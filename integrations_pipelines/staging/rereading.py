"""Quarantined records read anew, under today's rules: those that can be taken as rows, the others with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import pyarrow as pa

from integrations_pipelines.contract import Resource
from integrations_pipelines.errors import RecordRejected
from integrations_pipelines.staging.files import BadLine
from integrations_pipelines.staging.records import Unstorable, parse_json, record_reader
from integrations_pipelines.staging.units import rows_of

# What the quarantine keeps of these is not what came: read anew, it could pass for something else.
_NEVER_AGAIN = frozenset({Unstorable.__name__, BadLine.__name__})


class KeptRecord(Protocol):
    """What the quarantine keeps of a record."""

    @property
    def id(self) -> int: ...  # noqa: D102 - fields, told by their names
    @property
    def error_class(self) -> str: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102
    @property
    def payload(self) -> bytes | None: ...  # noqa: D102
    @property
    def is_gone(self) -> bool: ...  # noqa: D102
    @property
    def observed_at(self) -> datetime: ...  # noqa: D102


Kept = TypeVar("Kept", bound=KeptRecord)


@dataclass(frozen=True, kw_only=True)
class Reread(Generic[Kept]):
    """``rows`` of ``taken``, each with the moment at which it came; ``failed``: id, (error class, message)."""

    rows: pa.Table = field(repr=False)
    taken: Sequence[Kept]
    failed: Mapping[int, tuple[str, str]]


def reread(records: Sequence[Kept], resource: Resource) -> Reread[Kept]:
    """Read ``records`` as ``resource`` is read today."""
    read, read_gone = record_reader(resource), record_reader(resource, gone=True)
    rows, taken, failed = [], [], {}
    for one in records:
        try:
            rows.append((read_gone if one.is_gone else read)(_parsed(one)))
        except RecordRejected as error:
            failed[one.id] = (
                (one.error_class if type(error) is RecordRejected else type(error).__name__),
                str(error),
            )
        else:
            taken.append(one)
    moments = pa.array([one.observed_at for one in taken], pa.timestamp("us", tz="UTC"))
    return Reread(rows=rows_of(rows).append_column("observed_at", moments), taken=taken, failed=failed)


def _parsed(one: KeptRecord) -> Any:
    """Return the record as it came. Raises a plain ``RecordRejected`` with the old reason where it is not kept."""
    if one.payload is None or one.error_class in _NEVER_AGAIN:
        raise RecordRejected(one.message)
    try:
        return parse_json(one.payload)
    except ValueError as error:
        raise RecordRejected(one.message) from error
