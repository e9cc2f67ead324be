"""Points on third parties that fail: a clear error or a pause, nothing lost, no token sent away."""

from dataclasses import replace
from typing import Any

from integrations_pipelines.contract import (
    placed_at,
)
from integrations_pipelines.errors import (
    BodyRejected,
    CredentialError,
    CursorRepeats,
    ForeignLink,
    Later,
    SuspiciousEmptiness,
)
from integrations_pipelines.staging import Unit
from integrations_pipelines_tests.conformance.case import HASTY, Case, expected_error, states
from integrations_pipelines_tests.conformance.fake import TOKEN
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response, scripted_server


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


def a_dropped_connection_at_every_page_is_asked_again(case: Case) -> None:
    for broken in range(3):
        case.served(7)
        answers = iter(range(100))

        def flaky(asked: Asked, broken: int = broken, answers: Any = answers) -> Response:
            return Response(status=502) if next(answers) == broken else case.fake.handler(asked)

        case.server.handler = flaky
        assert case.read()[0] == case.expected(), broken


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
