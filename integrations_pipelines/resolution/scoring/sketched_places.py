"""The sketch of a postal address."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.columns import Booleans, Column, joined, mixed
from integrations_pipelines.resolution.scoring.letters import SLACK, fields_of, most_likeness, spell, spelt
from integrations_pipelines.resolution.scoring.sketch import (
    Possible,
    Rows,
    Sketch,
    agree,
    narrowed,
    there,
)


def _take(column: Column) -> Mapping[str, NDArray[Any]]:
    closed, house = column.hashes("closed"), column.hashes("house")
    return {
        "street": joined(closed, house),
        "closed": narrowed(closed, "<u4"),
        "house": narrowed(house),
        "sound": narrowed(column.hashes("sound")),
        "postcode": column.hashes("postcode"),
        "city": mixed(column.hashes("city"), 7),
        "state": narrowed(column.hashes("state")),
        **spell("city", column.words("city")),
    }


def _possible(one: Rows, two: Rows) -> Mapping[str, Possible]:
    return {"street": _street(one, two), "place": _place(one, two)}


def _street(one: Rows, two: Rows) -> Possible:
    streets, houses = there(one, two, "closed"), there(one, two, "house")
    house = agree(one, two, "house")
    # Another house in another street is no slip.
    close = streets & (agree(one, two, "closed") | house | ~houses | agree(one, two, "sound"))
    some = streets | houses
    return Possible(
        missing=~some,
        levels=(close & house, close & house, close & ~houses, close, house, some),
        tokens={0: (one["street"], two["street"])},
    )


def _place(one: Rows, two: Rows) -> Possible:
    codes, cities = there(one, two, "postcode"), there(one, two, "city")
    code, city = agree(one, two, "postcode"), agree(one, two, "city")
    near = cities & (most_likeness(spelt(one, "city"), spelt(two, "city")) >= 0.88 - SLACK)
    slip = codes & (city | near | ~cities)
    state = agree(one, two, "state") & ~codes & ~cities
    some: Booleans = (codes | cities | there(one, two, "state")) & ~code
    return Possible(
        missing=~codes & ~cities & ~there(one, two, "state"),
        levels=(code, some & slip, some & city, some & (near | state), some & state, some),
        tokens={0: (one["postcode"],), 2: (one["city"],)},
    )


ADDRESS = Sketch(
    fields=(
        ("street", "<u8"),
        ("closed", "<u4"),
        ("house", "<u2"),
        ("sound", "<u2"),
        ("postcode", "<u8"),
        ("city", "<u8"),
        ("state", "<u2"),
        *fields_of("city"),
    ),
    take=_take,
    possible=_possible,
)
