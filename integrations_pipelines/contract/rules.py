"""What an answer must be before its records are believed, and how a third party says "later" or "gone". No
I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from integrations_pipelines.contract.moments import ReadMoment, read_iso
from integrations_pipelines.contract.pages import Pages
from integrations_pipelines.contract.paths import MISSING, value_at
from integrations_pipelines.contract.request import Request


@dataclass(frozen=True, kw_only=True)
class BodyMust:
    """Every answer holds ``equals`` at ``path``; else it is an error, whatever its HTTP status.

    ``reason`` leads to the third party's own word for it (``a|b`` to two of them). Words in ``refused`` mean that
    the credentials are at fault, words in ``later`` that a pause is asked for, words in ``gone`` that there is no such
    record.
    """

    path: str
    equals: Any
    reason: str = ""
    refused: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()

    def holds(self, body: Any) -> bool:
        """Return whether ``body`` passes."""
        return bool(value_at(body, self.path) == self.equals)


@dataclass(frozen=True, kw_only=True)
class BodyMustLack:
    """No answer holds anything but null or an empty list at ``path`` (GraphQL's ``errors``)."""

    path: str
    reason: str = ""
    refused: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()

    def holds(self, body: Any) -> bool:
        """Return whether ``body`` passes."""
        return not value_at(body, self.path)


BodyRule = BodyMust | BodyMustLack


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """An answer with ``status`` asks for a pause if it carries ``header`` (with the value ``equals``, where
    given).

    How long: ``Retry-After`` where the answer has it; else until ``reset``, a header with epoch seconds; and
    never shorter than ``at_least`` seconds. 429 and 503 need no rule.
    """

    status: int
    header: str
    equals: str | None = None
    reset: str = ""
    at_least: float = 0.0

    def asks(self, status: int, headers: Mapping[str, str]) -> bool:
        """Return whether this answer asks for a pause. ``headers`` ignores case."""
        value = headers.get(self.header)
        return status == self.status and value is not None and self.equals in (None, value)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A record's own version: the moment at ``path``. Without one it is ordered by when it was observed."""

    path: str
    read: ReadMoment = read_iso


@dataclass(frozen=True, kw_only=True)
class DeletedFlag:
    """A deleted record stays in the list and says so: ``path`` holds ``equals``.

    ``present``: anything there that is not null says so (``deleted_at``, Microsoft Graph's ``@removed``).
    """

    path: str
    equals: Any = True
    present: bool = False

    def tells(self, record: Any) -> bool:
        """Return whether ``record`` is a deleted one."""
        found = value_at(record, self.path)
        return found is not MISSING and found is not None if self.present else bool(found == self.equals)


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class SecondListing:
    """Deleted records have a listing of their own: the same request with ``params`` beside its others, or ``request``
    (a list of what was deleted), with ``records``, ``pages`` and ``key`` where they are not the resource's.

    ``version`` is the moment of the deletion; None, or a record without it, orders it by when it was
    observed.
    """

    params: Mapping[str, str] = field(default_factory=_nothing)
    version: Version | None = None
    request: Request | None = None
    records: str | None = None
    pages: Pages | None = None
    key: tuple[str, ...] = ()


Deleted = DeletedFlag | SecondListing


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """Records with ``equals`` at ``path`` are landed and kept, but are no entity of this type; ``reason``
    says why.
    """

    path: str
    equals: Any
    reason: str

    def covers(self, record: Any) -> bool:
        """Return whether ``record`` is passed over."""
        found = value_at(record, self.path)
        return found is not MISSING and bool(found == self.equals)
