"""Made-up people for benchmarks: skewed names, households, copies with slips, role mailboxes on demand."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.nicknames import NAMES

GIVEN = [
    str(name)
    for name in np.random.default_rng(3).permutation(
        sorted({name for line in NAMES.strip().splitlines() for name in line.split() if len(name) > 2})
    )
]
_SYLLABLES = (
    "an ber co da el fer gan hol in ja ker lan mo ner ol per qui ros san ter um vel win xa yor zim".split()
)
# The first of all given names then has 1.7 per cent, the first family name 0.9; as James, 3.3 of men, and Smith, 0.8.
# Source: US Census Bureau, https://www.census.gov/topics/population/genealogy/data.html
_NAMES_HEAD = 12
# One mailbox in twelve is at the first provider.
_DOMAINS_HEAD = 1
_DOMAINS = "gmail.com outlook.com yahoo.com icloud.com gmx.de".split()
KINDS = {
    "given_name": "person_name",
    "family_name": "person_name",
    "birth_date": "date",
    "email": "email",
    "phone": "phone",
    "street": "address",
    "city": "name",
    "postcode": "name",
}


@dataclass(frozen=True, kw_only=True)
class People:
    """``columns`` by attribute, a text or None a record; ``truth`` is the person of each record."""

    columns: dict[str, list[str | None]]
    truth: NDArray[np.int64]

    def rows(self, which: NDArray[np.int64]) -> "People":
        """Some of the records, in this order."""
        return People(
            columns={
                name: pa.array(values, pa.string()).take(pa.array(which)).to_pylist()
                for name, values in self.columns.items()
            },
            truth=self.truth[which],
        )

    def table(self) -> pa.Table:
        """The records as an Arrow table."""
        return pa.table({name: pa.array(values, pa.string()) for name, values in self.columns.items()})


def people(persons: int, copies: int, seed: int = 7) -> People:
    """``persons`` people, and ``copies`` second records of some of them with slips; copies come last."""
    random = np.random.default_rng(seed)
    columns = _originals(persons, random)
    of = np.sort(random.choice(persons, copies, replace=False))
    slipped = _slipped({name: values[of] for name, values in columns.items()}, random)
    return People(
        columns={name: np.concatenate((values, slipped[name])).tolist() for name, values in columns.items()},
        truth=np.concatenate((np.arange(persons), of)),
    )


def _skewed(
    random: np.random.Generator, choices: int, size: int, head: int = _NAMES_HEAD
) -> NDArray[np.int64]:
    """Numbers below ``choices``, the low ones far more often: k as often as 1 / (k + head), Mandelbrot's law."""
    drawn = head * ((choices / head + 1) ** random.random(size) - 1)
    return np.minimum(drawn.astype(np.int64), choices - 1)


def _originals(size: int, random: np.random.Generator) -> dict[str, NDArray[np.object_]]:
    given = np.array(GIVEN, dtype=object)[_skewed(random, len(GIVEN), size)]
    syllables = np.array(_SYLLABLES, dtype=object)
    pool = syllables[random.integers(0, 26, (60_000, 3))]
    families = pool[:, 0] + pool[:, 1] + np.where(random.random(60_000) < 0.7, pool[:, 2], "")
    household = np.where(random.random(size) < 0.3, np.maximum(np.arange(size) - 1, 0), np.arange(size))
    family = families[_skewed(random, len(families), size)][household]
    number = random.integers(0, 9_999, size)
    days = np.datetime64("1940-01-01") + random.integers(0, 25_000, size)
    streets = families[random.integers(0, 5_000, size)] + np.array([" street"], dtype=object)
    places = _skewed(random, 20_000, size)
    domain = np.array([*_DOMAINS, *(f"{name}.com" for name in families[:5_000])], dtype=object)
    return {
        "given_name": given,
        "family_name": family,
        "birth_date": _sometimes(np.datetime_as_string(days).astype(object), 0.6, random),
        "email": _sometimes(
            given + "." + family + number.astype(str).astype(object) + "@"
            + domain[_skewed(random, len(domain), size, _DOMAINS_HEAD)], 0.85, random
        ),
        "phone": _sometimes(
            np.char.add("+1212", random.integers(2_000_000, 9_999_999, size).astype(str)).astype(object)[household],
            0.6, random,
        ),
        "street": _sometimes(
            (random.integers(1, 300, size).astype(str).astype(object) + " " + streets)[household], 0.7, random
        ),
        "city": _sometimes((families[places] + np.array(["ville"], dtype=object))[household], 0.8, random),
        "postcode": _sometimes(np.char.zfill(places.astype(str), 5).astype(object)[household], 0.7, random),
    }  # fmt: skip


def _sometimes(values: NDArray[np.object_], share: float, random: np.random.Generator) -> NDArray[np.object_]:
    found = values.copy()
    found[random.random(len(values)) > share] = None
    return found


def _slipped(
    columns: dict[str, NDArray[np.object_]], random: np.random.Generator
) -> dict[str, NDArray[np.object_]]:
    """Copies as another tool has them: some values gone, some mistyped, some given names shortened to an initial."""
    found = {}
    for name, values in columns.items():
        rate = {"email": 0.3, "phone": 0.4, "birth_date": 0.3, "street": 0.4}.get(name, 0.05)
        copy = values.copy()
        typed = random.random(len(copy)) < 0.12
        copy[typed] = [_typo(text, random) for text in copy[typed]]
        copy[random.random(len(copy)) < rate] = None
        found[name] = copy
    short = random.random(len(found["given_name"])) < 0.08
    found["given_name"][short] = [name[:1] if name else None for name in found["given_name"][short]]
    return found


def _typo(text: str | None, random: np.random.Generator) -> str | None:
    if not text or len(text) < 4:
        return text
    at = int(random.integers(1, len(text) - 1))
    if text[at].isdigit():
        return text[:at] + str(random.integers(0, 10)) + text[at + 1 :]
    return (
        text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if random.random() < 0.5
        else text[:at] + text[at + 1 :]
    )


def with_role_mailboxes(known: People, share: float, seed: int = 11) -> People:
    """The same records, with a shared info@ or support@ of one of few companies in a share of them."""
    random = np.random.default_rng(seed)
    chosen = np.flatnonzero(random.random(len(known.truth)) < share)
    emails = list(known.columns["email"])
    for row in chosen:
        role = ("info", "support", "office-team", "frontdesk")[int(random.integers(4))]
        emails[row] = f"{role}@{_SYLLABLES[int(random.integers(26))]}corp.com"
    return People(columns={**known.columns, "email": emails}, truth=known.truth)
