"""ONE suite over every connector of the catalog and every manifest of the docs: each point that applies to it holds.

The third party is made from the connector's own contract (``conformance/fake.py``); the points are in
``conformance/points.py``; which applies where stands in docs/reference/connectors.md.
"""

from collections.abc import Iterator

import pytest

from integrations_pipelines.contract import Connector, Resource
from integrations_pipelines_tests.conformance.case import Case
from integrations_pipelines_tests.conformance.points import POINTS, Point
from integrations_pipelines_tests.conformance.report import PAGE, connectors, page, promised
from integrations_pipelines_tests.http_server import ScriptedServer, scripted_server

EVERY = [
    pytest.param(one, resource, point, id=f"{one.system_type}.{resource.name}-{point.name}")
    for one in connectors()
    for resource in one.resources
    for point in POINTS
    if not point.applies(one, resource)
]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.mark.parametrize(("one", "resource", "point"), EVERY)
def test_a_connector_holds(server: ScriptedServer, one: Connector, resource: Resource, point: Point) -> None:
    point.holds(Case(connector=one, resource=resource, server=server))


def test_every_connector_says_why_a_point_does_not_apply() -> None:
    told = [
        promised(one, resource, point)
        for one in connectors()
        for resource in one.resources
        for point in POINTS
    ]
    assert all(told)


def test_the_docs_hold_the_table_of_connectors() -> None:
    assert PAGE.read_text() == page(promised), "run `make connector-report`"


def test_a_connector_is_less_than_300_lines_and_says_what_it_ignores() -> None:
    for one in connectors():
        for resource in one.resources:
            assert all(reason.strip() for reason in resource.ignored.values()), (
                f"{one.system_type}.{resource.name}"
            )
