"""What sketches leave out could not have reached the threshold: of whatever records, by whatever model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Indel, JaroWinkler

from integrations_pipelines.entities.kinds import JSON
from integrations_pipelines.resolution.scored.guard import LiveScorer
from integrations_pipelines.resolution.scoring import (
    Records,
    Scorer,
    learn,
    records,
    scheme_of,
    untrained_model,
)
from integrations_pipelines.resolution.scoring.columns import words
from integrations_pipelines.resolution.scoring.letters import (
    SLACK,
    fewest_slips,
    most_likeness,
    most_overlap,
    spell,
    spelt,
)
from integrations_pipelines.resolution.scoring.sketch import Rows
from integrations_pipelines.resolution.scoring.sketches import Ceiling, as_rows, from_rows, sketched
from integrations_pipelines_tests.benchmarks._matching.people import KINDS, people
from integrations_pipelines_tests.unit.scoring.comparing import PERSON, statistics, table

MODEL = untrained_model()
EVERYBODY = {**PERSON, "company_name": "organization_name", "mobile": "phone", "note": "email"}
THING = {
    "name": "name", "brand": "organization_name", "gtin": "gtin", "description": "text", "price": "money",
    "year": "year", "authors": "people", "kind": "category", "website": "url",
}  # fmt: skip
COMPANY = {
    "name": "organization_name",
    "domain": "domain",
    "street": "address",
    "city": "name",
    "state": "name",
}
SAID: dict[str, list[str]] = {
    "name": ["Ada Lovelace", "Lovelace, Ada", "李小龙", "Dr. Jean-Luc de la Tour III", "Acme Widgets Ltd", "AWL", "X"],
    "given_name": ["Ada", "Robert", "Bob", "R", "Анна", "Anna Maria", "de Vries", "Lodewijk"],
    "family_name": ["Smith", "Smyth", "de Vries", "DeVries", "Smith-Jones", "Jones", "Ada", "Tour Jr", "Иванов"],
    "birth_date": ["1990-05-04", "1990-04-05", "1991-05-04", "1990", "1990-05", "1955-12-31"],
    "email": ["ada.lovelace17@acme.com", "ada.lovelace@gmail.com", "info@acme.com", "smith@acme.com", "a@b.de"],
    "phone": ["+12125550173", "2125550173", "5550173", "+12125550999", "+492125550173"],
    "street": ["12 High Street", "High St 12", "PO Box 77", "14 Low Road", "Rue de la Paix", "7"],
    "city": ["Utrecht", "Utrext", "Lyon", "Porto"],
    "postcode": ["3512 AB", "3512AC", "69001", "10115"],
    "state": ["NY", "ny", "CA"],
    "passport": ["X1234567", "X1234568", "4567", "0012"],
    "account": ["A-1001", "a1001", "B77"],
    "domain": ["acme.com", "gmail.com", "widgets.io"],
    "price": ["12.50", "12.49", "99", "1000"],
    "year": ["1999", "2000", "2007"],
    "authors": ["A. Smith and B. Jones", "B Jones, A Smith", "Knuth"],
    "description": ["Sony TV24775 40 inch black", "Sony 24775", "Lodge 5 cast iron pan", "Lodge 6 cast iron pan"],
}  # fmt: skip
ALIKE = {
    "note": "email",
    "mobile": "phone",
    "company_name": "name",
    "brand": "name",
    "gtin": "passport",
    "kind": "city",
    "website": "domain",
}


def slipped(text: str, random: np.random.Generator) -> str:
    """A text with none or some letters lost, doubled, changed or swapped."""
    for _ in range(random.integers(0, 3)):
        at, letter = int(random.integers(0, len(text) + 1)), "aeS1 -ü小"[random.integers(0, 8)]
        before, after, swapped = text[:at], text[at:], text[at : at + 2][::-1]
        text = (
            before + after[1:],
            before + letter + after,
            before + letter + after[1:],
            before + swapped + after[2:],
        )[random.integers(0, 4)]
    return text


def value(name: str, random: np.random.Generator) -> JSON:
    """Nothing, a value, one with slips, or a list of two."""
    known, kind = SAID[ALIKE.get(name, name)], random.integers(0, 8)
    chosen = [known[random.integers(0, len(known))] for _ in range(2)]
    written: list[JSON] = [slipped(text, random) for text in chosen]
    if kind < 4 or name in ("birth_date", "year"):
        return chosen[0] if kind else None
    return written if kind == 7 else written[0]


def made_up(kinds: dict[str, str], seed: int, size: int = 12) -> Records:
    random = np.random.default_rng(seed)
    return table([{name: value(name, random) for name in kinds} for _ in range(size)], kinds)


@pytest.mark.parametrize("kinds", [EVERYBODY, THING, COMPANY], ids=["person", "thing", "company"])
@given(seed=st.integers(0, 2**32), live=st.booleans(), learnt=st.booleans())
@settings(max_examples=15, deadline=None)
def test_no_pair_is_left_out_that_would_reach_the_threshold(
    kinds: dict[str, str], seed: int, live: bool, learnt: bool
) -> None:
    known = made_up(kinds, seed)
    said = learn(known, MODEL) if learnt else statistics()
    scorer = (LiveScorer if live else Scorer)(MODEL, said)
    pairs = np.triu_indices(known.size, 1)
    weights = scorer.score(known, known, pairs).weights
    ceiling, sketches = Ceiling(known.scheme, scorer.weighing), sketched(known)
    for bits in np.quantile(weights, [0.0, 0.5, 0.8, 0.9, 0.97, 1.0]):
        left_out = np.ones(len(weights), dtype=bool)
        left_out[ceiling.reaching(sketches, pairs, float(bits))] = False
        assert weights[left_out].max(initial=-np.inf) < bits


def test_most_pairs_that_are_nothing_alike_are_left_out() -> None:
    made = people(400, 100)
    scheme = scheme_of(KINDS)
    known, scorer = records(made.columns, scheme, len(made.truth)), Scorer(MODEL, statistics(1_000_000))
    pairs = np.triu_indices(known.size, 1)
    reached = (scorer.score(known, known, pairs).weights >= 0).sum()
    kept = Ceiling(scheme, scorer.weighing).reaching(sketched(known), pairs, 0.0)
    assert 50 < reached <= len(kept) < 3 * reached < len(pairs[0]) / 100


def test_a_stored_sketch_is_read_as_it_was() -> None:
    known = made_up(EVERYBODY, 5)
    again = from_rows(as_rows(sketched(known)), known.scheme)
    assert all((again[name] == column).all() for name, column in sketched(known).items())


@given(texts=st.lists(st.tuples(st.text("abcd é", max_size=9), st.text("abcd é", max_size=9)), min_size=1))
def test_letters_never_make_two_texts_less_alike_than_they_are(texts: list[tuple[str, str]]) -> None:
    one, two = (
        spelt(Rows(table_of(spell("part", words([pair[side] for pair in texts])))), "part") for side in (0, 1)
    )
    slips, like, overlap = fewest_slips(one, two), most_likeness(one, two), most_overlap(one, two)
    for at, (a, b) in enumerate(texts):
        assert slips[at] <= OSA.distance(a, b)
        assert not (a and b) or like[at] >= JaroWinkler.similarity(a, b) - SLACK
        assert not (a and b) or overlap[at] >= Indel.normalized_similarity(a, b) - SLACK


def table_of(fields: dict[str, np.ndarray]) -> np.ndarray:
    rows = np.zeros(
        len(fields["part_size"]), dtype=[("part_letters", "<u8"), ("part_size", "<u2"), ("part_start", "<u4")]
    )
    for name, values in fields.items():
        rows[name] = values
    return rows
