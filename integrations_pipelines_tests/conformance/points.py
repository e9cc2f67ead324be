"""The points that every connector holds, each with the resources it applies to; the others say why it does not."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from integrations_pipelines.contract import (
    Connector,
    CursorPages,
    DeletedFlag,
    Delta,
    EventStream,
    LinkBodyPages,
    LinkHeaderPages,
    NoAuth,
    OffsetPages,
    Resource,
    SecondListing,
    SinglePage,
    placed_at,
    value_at,
)
from integrations_pipelines.contract.coverage import absent_fields, unmapped_fields
from integrations_pipelines.entities import compile_projection
from integrations_pipelines.errors import (
    BodyRejected,
    CredentialError,
    CursorRepeats,
    ForeignLink,
    IntegrationsError,
    Later,
    SuspiciousEmptiness,
)
from integrations_pipelines.staging import Account, Limits, Unit
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines.staging.windows import fetch_window
from integrations_pipelines_tests.conformance.fake import POSITION, TOKEN, Fake, Happened
from integrations_pipelines_tests.conformance.openapi import DOCUMENTS, faults
from integrations_pipelines_tests.conformance.samples import paths_of, record
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response, ScriptedServer, scripted_server

START = datetime(2026, 3, 1, tzinfo=UTC)
HASTY = Limits(wait_seconds=3, attempts=6, first_wait=0.01, request_seconds=10, empty_pages=20, unit_rows=1)
Applies = Callable[[Connector, Resource], str]
Holds = Callable[["Case"], None]


@dataclass(frozen=True, kw_only=True)
class Point:
    """``applies`` returns "" or why it does not; ``holds`` raises ``AssertionError`` where the connector fails it."""

    name: str
    sentence: str
    holds: Holds
    applies: Applies


@dataclass(kw_only=True)
class Case:
    """One resource against its third party."""

    connector: Connector
    resource: Resource
    server: ScriptedServer
    fake: Fake = field(init=False)

    def __post_init__(self) -> None:
        self.served(7)

    def served(self, count: int, **words: Any) -> Fake:
        """Start anew with ``count`` records, an hour between their changes."""
        log = [Happened(number=n + 1, moment=START + timedelta(hours=n)) for n in range(count)]
        self.fake = Fake(
            connector=self.connector, resource=self.resource, log=log, url=self.server.url, **words
        )
        self.server.handler = self.fake.handler
        self.server.requests.clear()
        return self.fake

    def account(self, connector: Connector | None = None) -> Account:
        """Return an account at the third party, with every setting made up."""
        connector = connector or self.connector
        settings = {one.name: _setting(one.pattern) for one in connector.settings if one.required}
        if any(one.name == "time_zone" for one in connector.settings):
            settings["time_zone"] = "UTC"
        return Account(
            source_system=UUID(int=1),
            system_key="conformance",
            connector=connector,
            config={**settings, "base_url": self.server.url},
            credentials=_Tokens(),
        )

    def units(self, **words: Any) -> Iterator[Unit]:
        """Yield what a run brings, a page a unit."""
        return fetch(self.account(), self.resource, **{"limits": HASTY, **words})

    def read(self, **words: Any) -> tuple[dict[str, bool], list[Unit]]:
        """Return id: is it gone, as the newest row of each says, and the units."""
        units = list(self.units(**words))
        return states(units), units

    def expected(self) -> dict[str, bool]:
        """Return what is true: id: is it gone; gone ones only where their channel tells of them."""
        told = isinstance(self.resource.deleted, DeletedFlag | SecondListing)
        return {str(one.number): one.gone for one in self.fake.now() if told or not one.gone}


class _Tokens:
    def reveal(self, name: str) -> str:
        return TOKEN


def _setting(pattern: str) -> str:
    """Return a text that a setting takes."""
    tries = ("acme", "acme.my.salesforce.com", "https://acme.example", "me@acme.example")
    return next(one for one in tries if re.fullmatch(pattern, one))


def states(units: list[Unit]) -> dict[str, bool]:
    rows = [row for unit in units for row in unit.rows.to_pylist()]
    return {row["source_record_id"]: row["is_deleted"] for row in rows}


def union(*runs: Mapping[str, bool]) -> dict[str, bool]:
    """Return what is known after these runs, the later one right."""
    return {key: gone for run in runs for key, gone in run.items()}


# --- when a point applies ---------------------------------------------------------------------------------------------


def always(connector: Connector, resource: Resource) -> str:
    return ""


def in_pages(connector: Connector, resource: Resource) -> str:
    return "one answer is the whole list" if isinstance(resource.pages, SinglePage) else ""


def by_cursor(connector: Connector, resource: Resource) -> str:
    if isinstance(resource.pages, CursorPages | LinkHeaderPages | LinkBodyPages):
        return ""
    return "its empty page is the end"


def by_link(connector: Connector, resource: Resource) -> str:
    return "" if isinstance(resource.pages, LinkHeaderPages | LinkBodyPages) else "it hands out no links"


def counted_from_one(connector: Connector, resource: Resource) -> str:
    counts = isinstance(resource.pages, OffsetPages) and resource.pages.first == 1
    return "" if counts else "it does not count from one"


def by_changes(connector: Connector, resource: Resource) -> str:
    return "" if resource.incremental or resource.changes else "every run reads the whole list"


def by_moment(connector: Connector, resource: Resource) -> str:
    return "" if resource.incremental else "it is not asked by a moment"


def by_token(connector: Connector, resource: Resource) -> str:
    return "" if isinstance(resource.changes, Delta) else "it has no token that can be too old"


def with_deletions(connector: Connector, resource: Resource) -> str:
    events = isinstance(resource.changes, EventStream) and bool(resource.changes.deleted)
    told = resource.deleted is not None or events
    return "" if told else "it tells of no deletion: by absence, where the list is whole"


def with_merges(connector: Connector, resource: Resource) -> str:
    says = resource.merged is not None and bool(resource.merged.ids or resource.merged.into)
    return "" if says else "its records say nothing of merges"


def with_a_window(connector: Connector, resource: Resource) -> str:
    why = resource.no_window or "its manifest names none"
    return "" if resource.window else f"no window: {why}"


def by_absence(connector: Connector, resource: Resource) -> str:
    return "" if resource.full and not resource.parent else "a list of each parent: one that is gone has none"


def with_body_rules(connector: Connector, resource: Resource) -> str:
    return "" if connector.body_rules else "its errors have a status of their own"


def with_later_words(connector: Connector, resource: Resource) -> str:
    has = any(rule.later for rule in connector.body_rules)
    return "" if has else "its pauses have a status of their own"


def with_403(connector: Connector, resource: Resource) -> str:
    return "" if any(rule.status == 403 for rule in connector.rate_limits) else "its pauses are 429"


def with_secret(connector: Connector, resource: Resource) -> str:
    return "it needs no credential" if isinstance(connector.auth, NoAuth) else ""


def with_a_document(connector: Connector, resource: Resource) -> str:
    return "" if connector.system_type in DOCUMENTS else "no OpenAPI document of the vendor's at hand"


# --- the points -------------------------------------------------------------------------------------------------------


def every_number_of_records_comes_whole(case: Case) -> None:
    for count in (0, 1, 2, 3, 4, 6, 7, 10):
        case.served(count)
        found, units = case.read()
        assert found == case.expected(), count
        assert case.resource.parent or units[-1].complete == case.resource.full


def a_capped_page_loses_nothing(case: Case) -> None:
    case.served(7, page=2)
    assert case.read()[0] == case.expected()


def an_empty_page_is_not_the_end(case: Case) -> None:
    case.served(5, first_page_empty=True)
    assert case.read()[0] == case.expected()


def counting_from_one_loses_no_record(case: Case) -> None:
    case.served(6, page=3)
    assert case.read()[0] == case.expected()
    assert "1" in {value for asked in case.server.requests for value in asked.query.values()}


def a_cursor_that_comes_again_is_an_error(case: Case) -> None:
    first: list[Response] = []

    def again(asked: Asked) -> Response:
        answer = case.fake.handler(asked)
        if case.fake.is_beside(asked):
            return answer
        first.append(answer)
        return first[0]

    case.server.handler = again
    with expected_error(CursorRepeats):
        case.read()


def a_next_page_at_another_host_gets_no_request(case: Case) -> None:
    with scripted_server() as foreign:
        case.fake.url = foreign.url
        with expected_error(ForeignLink):
            case.read()
        assert foreign.requests == []


def no_list_where_it_was_to_be_is_an_error(case: Case) -> None:
    def other(asked: Asked) -> Response:
        if case.fake.is_beside(asked):
            return case.fake.handler(asked)
        return Response.of_json(case.fake._envelope([], "elsewhere"))

    case.server.handler = other
    with expected_error(BodyRejected):
        case.read()


def an_error_with_status_200_is_an_error(case: Case) -> None:
    rule = case.connector.body_rules[0]
    body = placed_at({}, rule.path, False if hasattr(rule, "equals") else [{"message": "no"}])
    case.server.handler = lambda asked: Response.of_json(body)
    with expected_error(BodyRejected):
        case.read()


def an_empty_list_after_records_is_suspicious(case: Case) -> None:
    case.served(0)
    with expected_error(SuspiciousEmptiness):
        case.read(known_records=10_000)


def nothing_new_is_asked_for_and_found(case: Case) -> None:
    found, units = case.read()
    case.server.requests.clear()
    again, second = case.read(cursor=units[-1].cursor)
    # What is on the edge, and within the lag, may come again, and only that.
    assert len(again) < len(found) or not again
    assert not second[-1].complete


def changes_come_with_the_next_run(case: Case) -> None:
    for page in (1, 3, 100):
        fake = case.served(7, page=page)
        before, units = case.read()
        # Two at the very moment of the newest one: a tie across the edge of two runs.
        tie, later = fake.log[-1].moment, datetime.now(UTC).replace(microsecond=0)
        when = later if case.resource.changes else tie
        fake.log += [Happened(number=8, moment=when), Happened(number=2, moment=when + timedelta(minutes=1))]
        after, _ = case.read(cursor=units[-1].cursor)
        assert union(before, after) == case.expected()
        assert {"8", "2"} <= set(after)


def a_run_goes_on_after_a_crash_at_every_page(case: Case) -> None:
    whole = len(case.read()[1])
    for crash in range(1, whole):
        case.served(7)
        taken: list[Unit] = []
        for unit in case.units():
            taken.append(unit)
            if len(taken) == crash:
                break
        rest = case.read(cursor=taken[-1].cursor)[0]
        assert union(states(taken), rest) == case.expected(), crash


def a_dropped_connection_at_every_page_is_asked_again(case: Case) -> None:
    for broken in range(3):
        case.served(7)
        answers = iter(range(100))

        def flaky(asked: Asked, broken: int = broken, answers: Any = answers) -> Response:
            return Response(status=502) if next(answers) == broken else case.fake.handler(asked)

        case.server.handler = flaky
        assert case.read()[0] == case.expected(), broken


def a_deletion_arrives(case: Case) -> None:
    fake = case.served(7)
    before, units = case.read()
    fake.log.append(Happened(number=3, moment=datetime.now(UTC).replace(microsecond=0), gone=True))
    after, _ = case.read(cursor=units[-1].cursor)
    assert union(before, after)["3"] is True
    assert not any(gone for key, gone in union(before, after).items() if key != "3")


def a_merged_record_leads_to_the_one_that_was_kept(case: Case) -> None:
    rule = case.resource.merged
    assert rule is not None
    fake = case.served(7)
    before, units = case.read()
    later = datetime.now(UTC).replace(microsecond=0)
    fake.log += [Happened(number=3, moment=later, gone=True), Happened(number=4, moment=later)]
    fake.merged = {3: 4}
    after, again = case.read(cursor=units[-1].cursor)
    assert ("3", "4") in {pair for unit in again for pair in unit.merged}
    assert union(before, after) == {**{str(n): False for n in range(1, 8)}, "3": True}


def a_whole_list_says_that_it_is_whole(case: Case) -> None:
    _, units = case.read(full=True)
    assert units[-1].complete
    assert not any(unit.complete for unit in units[:-1])


def a_token_that_is_too_old_reads_everything(case: Case) -> None:
    _, units = case.read()
    cursor = {"marks": {}, "tokens": {"": _expired(case, units)}}
    known = case.fake.handler

    def gone(asked: Asked) -> Response:
        return Response(status=410) if "expired" in str(asked.query) else known(asked)

    case.server.handler = gone
    found, again = case.read(cursor=cursor)
    assert (found, again[-1].complete) == (case.expected(), case.resource.full)


def _expired(case: Case, units: list[Unit]) -> str:
    rule = case.resource.changes
    assert isinstance(rule, Delta) and case.resource.request is not None
    return f"{case.server.url}{case.resource.request.path}?token=expired" if rule.into is None else "expired"


def any_order_and_twice_is_the_same(case: Case) -> None:
    def shuffled(chosen: list[Happened]) -> list[Happened]:
        mixed = [*chosen, *chosen[:2]] if not isinstance(case.resource.pages, SinglePage) else list(chosen)
        random.Random(len(chosen)).shuffle(mixed)
        return mixed

    case.served(7, page=4, order=shuffled)
    with suppress(CursorRepeats):  # a keyset that meets a record again cannot tell that it goes on
        assert case.read()[0] == case.expected()


def a_storm_of_429_is_waited_out(case: Case) -> None:
    counted = iter(range(1000))

    def stormy(asked: Asked) -> Response:
        if next(counted) % 2 == 0:
            return Response(status=429, headers={"retry-after": "0"})
        return case.fake.handler(asked)

    case.served(4, page=4)
    case.server.handler = stormy
    assert case.read(limits=replace(HASTY, wait_seconds=20))[0] == case.expected()


def a_403_that_means_a_pause_is_no_refusal(case: Case) -> None:
    rule = next(one for one in case.connector.rate_limits if one.status == 403)
    answer = Response(status=403, headers={rule.header: rule.equals or "3600", "retry-after": "3600"})
    case.server.handler = lambda asked: answer
    with expected_error(Later) as caught:
        case.read()
    assert caught.found.retry_after == 3600


def a_200_that_asks_for_a_pause_is_no_answer(case: Case) -> None:
    rule = next(one for one in case.connector.body_rules if one.later)
    word = sorted(rule.later)[0]
    reason = rule.reason.split("|")[0]
    body: Any = placed_at({}, rule.path, False)
    body = {"errors": [{"extensions": {"code": word}}]} if "." in reason else placed_at(body, reason, word)
    case.server.handler = lambda asked: Response.of_json(body)
    with expected_error(Later):
        case.read(limits=replace(HASTY, attempts=2))


def a_window_brings_what_lies_in_it(case: Case) -> None:
    case.served(7)
    from_, to = START + timedelta(hours=2), START + timedelta(hours=5)
    units = list(fetch_window(case.account(), case.resource, from_=from_, to=to, limits=HASTY))
    assert set(states(units)) == {"3", "4", "5"}
    assert not any(unit.complete or unit.cursor for unit in units)


def an_expired_token_stops_the_run_and_keeps_what_was_read(case: Case) -> None:
    answers = iter(range(100))
    pages_before = 2 + bool(case.resource.parent) + len(case.resource.associations)

    def expiring(asked: Asked) -> Response:
        fine = next(answers) < pages_before
        return case.fake.handler(asked) if fine else Response(status=401)

    case.server.handler = expiring
    taken: list[Unit] = []
    with expected_error(CredentialError) as caught:
        for unit in case.units():
            taken.append(unit)
    assert states(taken) and not any(unit.complete for unit in taken)
    assert TOKEN not in str(caught.found)


def a_malformed_record_does_not_stop_the_good_ones(case: Case) -> None:
    def spoilt(asked: Asked) -> Response:
        answer = case.fake.handler(asked)
        if case.fake.is_beside(asked):
            return answer
        return replace(answer, body=answer.body.replace(b'"2"', b"null"))

    case.served(4, page=10)
    case.server.handler = spoilt
    found, units = case.read()
    assert set(found) == {"1", "3", "4"}
    assert sum(len(unit.rejected) for unit in units) == 1
    assert sum(unit.extracted for unit in units) == sum(
        unit.rows.num_rows + len(unit.rejected) for unit in units
    )


def a_new_field_is_reported_and_a_missing_one_found(case: Case) -> None:
    def drifted(asked: Asked) -> Response:
        answer = case.fake.handler(asked)
        body = json.loads(answer.body)
        return replace(answer, body=json.dumps(_with_field(body, case.resource)).encode())

    case.served(4)
    case.server.handler = drifted
    _, units = case.read()
    assert any(one.endswith("brand_new") for unit in units for one in unit.unmapped)
    missing = absent_fields(case.resource, [{}])
    assert missing == set(case.resource.projection.attributes)


def _with_field(body: Any, resource: Resource) -> Any:
    """Return ``body`` with a field more in every record: an object that holds the key."""
    if isinstance(body, list):
        return [_with_field(one, resource) for one in body]
    if not isinstance(body, dict):
        return body
    held = {key: _with_field(value, resource) for key, value in body.items()}
    return {**held, "brand_new": 1} if resource.key[0].split(".")[0] in body else held


def a_field_of_another_type_is_told_and_costs_no_record(case: Case) -> None:
    projection = compile_projection(case.resource.projection, account="conformance")
    whole: Any = record(case.resource, 2, START)
    before = projection(whole).attributes
    for name, item in case.resource.projection.attributes.items():
        for path in paths_of(item):
            for other in ({"unforeseen": 1}, [{"unforeseen": 1}], 12345, True):
                if not isinstance(value_at(whole, path), str | int):
                    continue
                changed = projection(placed_at(whole, path, other))
                assert name not in before or name in {*changed.attributes, *changed.rejected}, (path, other)
    case.served(4)
    case.server.handler = lambda asked: replace(
        answer := case.fake.handler(asked),
        body=re.sub(rb'": "[a-z_]+ 2"', b'": {"unforeseen": 1}', answer.body),
    )
    found, units = case.read()
    assert (found, sum(len(unit.rejected) for unit in units)) == (case.expected(), 0)


def every_field_of_a_record_is_known(case: Case) -> None:
    assert unmapped_fields(case.resource, record(case.resource, 1, START)) == set()


def every_request_is_one_that_its_vendor_documents(case: Case) -> None:
    _, units = case.read()
    case.read(cursor=units[-1].cursor)
    found = {
        fault
        for asked in case.server.requests
        for fault in faults(case.connector.system_type, asked, without=POSITION)
    }
    assert found == set()


def it_fits_its_entity_type(case: Case) -> None:
    compile_projection(case.resource.projection, account="conformance")


class expected_error:
    """Hold that the block raises ``error``, and keep it as ``found``."""

    def __init__(self, error: type[IntegrationsError]) -> None:
        self._error = error
        self.found: Any = None

    def __enter__(self) -> "expected_error":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert error is not None, f"no {self._error.__name__}"
        self.found = error
        return isinstance(error, self._error)


def _point(holds: Holds, applies: Applies = always) -> Point:
    sentence = holds.__name__.replace("_", " ")
    return Point(name=holds.__name__, sentence=sentence, holds=holds, applies=applies)


POINTS = (
    _point(it_fits_its_entity_type),
    _point(every_field_of_a_record_is_known),
    _point(every_request_is_one_that_its_vendor_documents, with_a_document),
    _point(every_number_of_records_comes_whole),
    _point(a_capped_page_loses_nothing, in_pages),
    _point(an_empty_page_is_not_the_end, by_cursor),
    _point(counting_from_one_loses_no_record, counted_from_one),
    _point(a_cursor_that_comes_again_is_an_error, in_pages),
    _point(a_next_page_at_another_host_gets_no_request, by_link),
    _point(no_list_where_it_was_to_be_is_an_error),
    _point(an_error_with_status_200_is_an_error, with_body_rules),
    _point(an_empty_list_after_records_is_suspicious, by_absence),
    _point(nothing_new_is_asked_for_and_found, by_changes),
    _point(changes_come_with_the_next_run, by_changes),
    _point(a_run_goes_on_after_a_crash_at_every_page, in_pages),
    _point(a_dropped_connection_at_every_page_is_asked_again),
    _point(a_deletion_arrives, with_deletions),
    _point(a_merged_record_leads_to_the_one_that_was_kept, with_merges),
    _point(a_whole_list_says_that_it_is_whole, by_absence),
    _point(a_token_that_is_too_old_reads_everything, by_token),
    _point(any_order_and_twice_is_the_same),
    _point(a_storm_of_429_is_waited_out),
    _point(a_403_that_means_a_pause_is_no_refusal, with_403),
    _point(a_200_that_asks_for_a_pause_is_no_answer, with_later_words),
    _point(a_window_brings_what_lies_in_it, with_a_window),
    _point(an_expired_token_stops_the_run_and_keeps_what_was_read, with_secret),
    _point(a_malformed_record_does_not_stop_the_good_ones),
    _point(a_new_field_is_reported_and_a_missing_one_found),
    _point(a_field_of_another_type_is_told_and_costs_no_record),
)
