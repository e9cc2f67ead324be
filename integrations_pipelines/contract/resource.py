"""One list that a third party serves, described as data: the request, its pages, its records and what they
mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from integrations_pipelines.contract.associations import Association
from integrations_pipelines.contract.changes import Changes, Incremental
from integrations_pipelines.contract.merges import Merged
from integrations_pipelines.contract.pages import Pages, SinglePage
from integrations_pipelines.contract.request import Request
from integrations_pipelines.contract.rules import Deleted, PassedOver, Version
from integrations_pipelines.contract.windows import Sweep, Window
from integrations_pipelines.entities.projection import Projection


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Parent:
    """This list exists once for every record of ``resource``: a repository's issues.

    ``gives`` maps a name to a path in the parent's record. The values fill the request's path, and are kept
    in every record under ``_parent``, so that a relation can point at the parent.
    """

    resource: str
    gives: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Single:
    """How one record is asked for anew: path and text parameters are templates that take ``{id}`` too.

    So does a text of the JSON body that is a name alone (``"id": "{id}"``).
    Whatever else they name, an event gives. The record stands at ``record`` in the answer. It has to be what the
    listing shows. Null there, HTTP 404 and 410, and a word that a body rule holds for ``gone`` say that there is none.
    """

    request: Request
    record: str = ""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One list. ``name`` is also its landing table.

    ``records``: the path of the list in an answer, "" where the answer is the list; finding nothing there is
    an error. ``issues.*`` are the values of an object, each with its key as ``_key``.
    Not ``is_list``: one object stands there, the record itself, fetched alone for each record of its ``parent``.
    ``key``: the paths that together are the source record id, joined by ``:``.
    ``incremental`` or ``changes``: how to ask for what changed only; neither: every run reads the whole list.
    ``window``: how to ask for a span of time, for backfills; None: the API has no such question,
    and ``no_window`` says why.
    ``sweep``: how to see which records are still there; None: by the whole list, where that is ``full``.
    ``associations``: what the third party keeps apart from the records, and how that is asked for by their ids.
    ``merged``: how the third party says that records became one; None: it does not.
    ``full``: a listing without a water mark holds every record there is, so what is absent from it is gone.
    ``volatile``: paths that change without the record changing; they are kept, but not part of the content
    hash.
    ``ignored``: paths that are mapped to nothing on purpose, each with the reason. The rest must be in
    ``projection``.
    ``reject_above``: the share of rejected records above which the run stops, where more than ``reject_few`` are; the
    source system's setting ``reject_above`` goes before it.
    ``required``: attributes without which, after cleaning, a record is set aside.
    ``by_default``: synced unless the source system's setting ``resources`` says otherwise; else only when named there.
    ``request`` is None for a list whose rows come out of a file. ``single``: how one record is asked for; None: not.
    """

    name: str
    projection: Projection
    key: tuple[str, ...]
    request: Request | None = None
    single: Single | None = None
    records: str = ""
    is_list: bool = True
    pages: Pages = SinglePage()  # noqa: RUF009 - frozen
    version: Version | None = None
    deleted: Deleted | None = None
    incremental: Incremental | None = None
    changes: Changes | None = None
    window: Window | None = None
    no_window: str = ""
    sweep: Sweep | None = None
    associations: tuple[Association, ...] = ()
    merged: Merged | None = None
    full: bool = True
    parent: Parent | None = None
    passed_over: tuple[PassedOver, ...] = ()
    volatile: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=_nothing)
    poll: timedelta = timedelta(minutes=15)
    reject_above: float = 0.1
    reject_few: int = 20
    by_default: bool = True
    description: str = ""

    def is_entity(self, payload: Any) -> bool:
        """Return whether the record is an entity of this resource's type, and not passed over on purpose."""
        return not any(rule.covers(payload) for rule in self.passed_over)
