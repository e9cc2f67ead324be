"""Which connector holds which point: `make connector-report` proves it and prints it; the docs hold the same table."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from _pytest.outcomes import Skipped

from integrations_pipelines.catalog import shipped
from integrations_pipelines.contract import Connector, Resource
from integrations_pipelines.manifest import read_manifest
from integrations_pipelines_tests.conformance.case import Case
from integrations_pipelines_tests.conformance.points import POINTS, Point
from integrations_pipelines_tests.http_server import ScriptedServer, scripted_server

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "how-to" / "examples"
PAGE = ROOT / "docs" / "reference" / "connectors.md"
START, END = "<!-- from here on written by `make connector-report` -->", "<!-- until here -->"
Tell = Callable[[Connector, Resource, Point], str]


def connectors() -> list[Connector]:
    """Return every connector that pulls: those of the product, and the manifests that the docs show."""
    manifests = [read_manifest(path) for path in sorted(EXAMPLES.glob("*.yaml"))]
    return [*(one for one in shipped().values() if one.resources), *manifests]


def proved(server: ScriptedServer) -> Tell:
    """Return the function that tries a point, and says ``yes``, ``FAILS: why``, or why it does not apply."""

    def tell(connector: Connector, resource: Resource, point: Point) -> str:
        if reason := point.applies(connector, resource):
            return reason
        try:
            point.holds(Case(connector=connector, resource=resource, server=server))
        except Skipped as skipped:
            return f"not tried here: {skipped.msg}"
        except Exception as error:  # noqa: BLE001 - the report is for whatever went wrong
            return f"FAILS: {type(error).__name__} {error}"
        return "yes"

    return tell


def promised(connector: Connector, resource: Resource, point: Point) -> str:
    """Return what the suite tries, without trying it."""
    return point.applies(connector, resource) or "yes"


def table(tell: Tell) -> Iterator[str]:
    """Yield the lines of the page: a table of each connector, and below it why points do not apply."""
    for connector in connectors():
        names = [one.name for one in connector.resources]
        yield f"### {connector.title} (`{connector.system_type}`)"
        yield ""
        yield "| point | " + " | ".join(names) + " |"
        yield "|---" * (len(names) + 1) + "|"
        notes: dict[str, int] = {}
        for point in POINTS:
            cells = [_cell(tell(connector, one, point), notes) for one in connector.resources]
            yield f"| {point.sentence} | " + " | ".join(cells) + " |"
        yield ""
        yield from (f"{number}. {reason}" for reason, number in notes.items())
        yield ""


def _cell(told: str, notes: dict[str, int]) -> str:
    if told == "yes" or told.startswith("FAILS"):
        return told
    return f"– ({notes.setdefault(told, len(notes) + 1)})"


def page(tell: Tell) -> str:
    """Return the page with its table written anew."""
    text = PAGE.read_text()
    head, _, rest = text.partition(START)
    tail = rest.partition(END)[2]
    return "\n".join([head + START, "", *table(tell), END + tail])


def main() -> int:
    """Prove every point, print the table, and write the page. Exit code 1 where one fails."""
    os.environ.setdefault("INTEGRATIONS_CONNECTORS", os.devnull)
    with scripted_server() as server:
        lines = list(table(proved(server)))
    print("\n".join(lines))  # noqa: T201 - what it is for
    PAGE.write_text(page(promised))
    failed = sum(line.count("FAILS") for line in lines)
    print(f"{sum(line.count('| yes') for line in lines)} hold, {failed} fail", file=sys.stderr)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
