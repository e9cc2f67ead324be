"""Points on fields and requests: every one known, mapped or ignored on purpose."""

import json
import re
from dataclasses import replace
from typing import Any

from integrations_pipelines.contract import (
    Resource,
    placed_at,
    value_at,
)
from integrations_pipelines.contract.coverage import absent_fields, unmapped_fields
from integrations_pipelines.entities import compile_projection
from integrations_pipelines_tests.conformance.case import START, Case
from integrations_pipelines_tests.conformance.openapi import faults
from integrations_pipelines_tests.conformance.paging import POSITION
from integrations_pipelines_tests.conformance.samples import paths_of, record
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response


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
