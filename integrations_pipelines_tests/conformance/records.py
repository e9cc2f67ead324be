"""Points on records: all of them come, once, whole, with what changed and what went."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from integrations_pipelines.contract import (
    Delta,
    SinglePage,
)
from integrations_pipelines.errors import (
    CursorRepeats,
)
from integrations_pipelines.staging import Unit
from integrations_pipelines.staging.windows import fetch_window
from integrations_pipelines_tests.conformance.case import HASTY, START, Case, states, union
from integrations_pipelines_tests.conformance.fake import Happened
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response


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


def a_window_brings_what_lies_in_it(case: Case) -> None:
    case.served(7)
    from_, to = START + timedelta(hours=2), START + timedelta(hours=5)
    units = list(fetch_window(case.account(), case.resource, from_=from_, to=to, limits=HASTY))
    assert set(states(units)) == {"3", "4", "5"}
    assert not any(unit.complete or unit.cursor for unit in units)
