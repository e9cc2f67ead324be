"""How a third party is asked for what changed since the last run: by a moment, by its own token, or by its events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations_pipelines.contract.moments import WriteMoment, write_iso
from integrations_pipelines.contract.pages import Pages, Place, SinglePage
from integrations_pipelines.contract.request import Request
from integrations_pipelines.contract.rules import Version


@dataclass(frozen=True, kw_only=True)
class Incremental:
    """How to ask only for what changed. The water mark is the newest ``version`` that was read so far.

    ``template`` takes the written water mark as ``{since}`` and goes to ``into``; ``start`` is written where
    there is no water mark yet (None: nothing is sent). ``lag`` is taken off the water mark, for clocks and
    indexes that run behind; what is read twice changes nothing. A water mark older than ``look_back`` is too
    old: a full listing.
    ``ordered``: oldest change first, so the water mark may move with each unit; else only when the pass is
    through.
    ``inclusive``: a record exactly at the water mark comes again; where false a second is taken off.
    ``whole_every``: how long changes are asked for before the whole listing is read again, for what they do not tell;
    None: never by itself.
    ``request``, ``records``, ``pages``: what is asked where there is a water mark, if not the listing's own (a
    search beside a list).
    """

    into: Place
    template: str = "{since}"
    write: WriteMoment = write_iso
    start: str | None = None
    lag: timedelta = timedelta(0)
    look_back: timedelta | None = None
    ordered: bool = False
    inclusive: bool = True
    whole_every: timedelta | None = None
    request: Request | None = None
    records: str | None = None
    pages: Pages | None = None

    def since(self, mark: datetime, config: Mapping[str, str]) -> str:
        """Return what the request says for the water mark ``mark``. Raise ``ValueError`` where ``write``
        does.
        """
        earlier = self.lag if self.inclusive else self.lag + timedelta(seconds=1)
        return self.template.format(since=self.write(mark - earlier, config))


@dataclass(frozen=True, kw_only=True)
class Delta:
    """The last page hands out a token at ``token``; the next run sends it back and gets what changed since.

    ``into`` is where it goes; None: it is an address, asked for as it stands (Microsoft Graph's delta link).
    ``without``: parameters that must not travel beside it. ``each_page``: every page has one that may be kept
    (Zendesk's cursor exports), so that a run that breaks off goes on where it was. A token that the third party
    answers with 404 or 410 is too old: everything is read anew.
    """

    token: str
    into: Place | None = None
    without: tuple[str, ...] = ()
    each_page: bool = False


@dataclass(frozen=True, kw_only=True)
class EventStream:
    """Changes are in a list of events. Without a water mark, or with one older than ``since`` looks back, the
    whole listing is read instead.

    ``since`` writes the water mark, which is the newest event's ``moment``. ``record`` leads to the record within an
    event; the newest event of a record counts. An event whose ``kind`` is one of ``deleted`` says that it is gone.
    ``newest_first`` is the order of the list.
    """

    request: Request
    since: Incremental
    moment: Version
    record: str
    records: str = ""
    pages: Pages = SinglePage()  # noqa: RUF009 - frozen
    kind: str = "type"
    deleted: frozenset[str] = frozenset()
    newest_first: bool = True


Changes = Delta | EventStream
