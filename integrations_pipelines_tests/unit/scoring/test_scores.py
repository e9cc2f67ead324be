import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_pipelines.entities.kinds import JSON
from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.resolution.scoring import (
    Scorer,
    as_document,
    content_hashes,
    evidence,
    from_document,
    learn,
    pairs_between,
    pairs_within,
    read_model,
    recomputed,
    untrained_model,
)
from integrations_pipelines_tests.unit.scoring.comparing import ORGANIZATION, compared, statistics, table

NAMES = st.sampled_from(["Ada", "Bob", "Robert", "Mary", "Mark", "Zoë", "王", "J", "Anna Maria", "Li"])
FAMILIES = st.sampled_from(
    ["Smith", "Smyth", "van der Berg", "O'Hare", "Smith Jr", "Smith Sr", "Лев", "Kusha"]
)
DAYS = st.dates().map(lambda day: day.isoformat())
PEOPLE = st.fixed_dictionaries(
    {},
    optional={
        "given_name": NAMES,
        "family_name": FAMILIES,
        "birth_date": st.one_of(st.sampled_from(["1978-11-12", "1978-12-11", "1978"]), DAYS),
        "email": st.sampled_from(
            ["ada@x.org", "ada@y.org", "info@x.org", "bob.smith@x.org", "bobsmith@z.net"]
        ),
        "phone": st.sampled_from(["+17029191300", "9191300", "+442079460000"]),
        "street": st.sampled_from(["123 Main St", "123 Main Street, York", "4 Oak Rd"]),
        "city": st.sampled_from(["York", "Yrok", "Leeds"]),
        "passport": st.sampled_from(["A1234567", "A1234568", "B9999999"]),
        "account": st.sampled_from(["1001", "77345210", "77345211", "90000000"]),
    },
)


@given(left=PEOPLE, right=PEOPLE)
@settings(max_examples=60, deadline=None)
def test_a_score_is_symmetric(left: dict[str, JSON], right: dict[str, JSON]) -> None:
    assert compared(left, right).weight == pytest.approx(compared(right, left).weight, abs=1e-9)


@given(left=PEOPLE, right=PEOPLE)
@settings(max_examples=60, deadline=None)
def test_the_evidence_alone_gives_the_score(left: dict[str, JSON], right: dict[str, JSON]) -> None:
    found = compared(left, right)
    stored = json.loads(json.dumps(found.document()))
    assert recomputed(stored) == pytest.approx((found.weight, found.probability), abs=1e-12)


@given(known=PEOPLE, other=PEOPLE)
@settings(max_examples=50, deadline=None)
def test_a_contradicting_exclusive_identifier_never_links(
    known: dict[str, JSON], other: dict[str, JSON]
) -> None:
    one = {**other, **known, "account": "77345210"}
    assert compared(one, {**one, "account": "90000000"}, known=statistics(2)).probability < 0.001


@given(given_name=NAMES, family_name=FAMILIES, size=st.integers(2, 10**7))
@settings(max_examples=50, deadline=None)
def test_nothing_is_linked_on_a_name_alone(given_name: str, family_name: str, size: int) -> None:
    person: dict[str, JSON] = {"given_name": given_name, "family_name": family_name}
    assert compared(person, person, known=statistics(size)).probability < 0.95


def test_no_organisation_is_linked_on_its_name_alone() -> None:
    name: dict[str, JSON] = {"name": "Zwiebelfisch Orthopaedics"}
    assert compared(name, name, ORGANIZATION, statistics(10)).probability < 0.95


@pytest.mark.parametrize("other", ["Marsha", "Patrick"])
def test_members_of_a_household_stay_apart(other: str) -> None:
    mark: dict[str, JSON] = {
        "given_name": "Mark",
        "family_name": "Kusha",
        "birth_date": "1997-09-28",
        "street": "1304 Poppy Hills Dr",
        "postcode": "43004",
        "phone": "+15123538633",
    }
    assert compared(mark, {**mark, "given_name": other}).probability < 0.95


def test_a_shared_family_address_says_nothing_against_other_birth_dates() -> None:
    father: dict[str, JSON] = {
        "name": "John Smith",
        "street": "3212 W. 32nd St",
        "postcode": "60527",
        "birth_date": "1970-10-10",
    }
    assert compared(father, {**father, "birth_date": "1990-03-15"}).probability < 0.95


@given(people=st.lists(PEOPLE, min_size=2, max_size=12), random=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_what_is_learnt_does_not_depend_on_the_order_of_rows(
    people: list[dict[str, JSON]], random: "object"
) -> None:
    shuffled = sorted(people, key=repr)
    one, two = learn(table(people), untrained_model()), learn(table(shuffled), untrained_model())
    assert one.partners == pytest.approx(two.partners)
    assert all(np.allclose(one.u[name], two.u[name]) for name in one.u)


@given(people=st.lists(PEOPLE, min_size=2, max_size=12), cut=st.integers(1, 11))
@settings(max_examples=40, deadline=None)
def test_a_batch_against_the_rest_finds_the_pairs_of_all_at_once(
    people: list[dict[str, JSON]], cut: int
) -> None:
    whole = table(people)
    known = learn(whole, untrained_model())
    new, base = table(people[cut:]), table(people[:cut])
    every = pairs_within(whole, known.limits)
    apart = pairs_between(new, base, known.limits)
    crossing = {(a, b) for a, b in zip(every.left, every.right, strict=True) if a < cut <= b}
    assert crossing == {(b, a + cut) for a, b in zip(apart.left, apart.right, strict=True)}


@given(people=st.lists(PEOPLE, min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_pair_has_the_same_score_in_any_company(people: list[dict[str, JSON]]) -> None:
    model, known = untrained_model(), statistics()
    pair = np.array([0]), np.array([1])
    crowd = table(people)
    alone = compared(people[0], people[1])
    scored = Scorer(model, known).score(crowd, crowd, pair)
    assert next(iter(evidence(scored, crowd, crowd, model))).weight == pytest.approx(alone.weight, abs=1e-9)


def test_statistics_are_the_same_after_being_stored() -> None:
    people = table([{"given_name": "Ada", "family_name": "Smith", "email": "ada@x.org"}] * 3)
    known = learn(people, untrained_model())
    restored = from_document(json.loads(json.dumps(as_document(known))))
    pair = np.array([0]), np.array([1])
    scores = [
        Scorer(untrained_model(), one).score(people, people, pair).weights[0] for one in (known, restored)
    ]
    assert scores[0] == scores[1]


def test_a_content_hash_does_not_see_the_row() -> None:
    rows: list[dict[str, JSON]] = [{"name": "Ada Smith"}, {"name": "Bob Jones", "email": "b@x.org"}]
    assert list(content_hashes(table(rows))) == list(content_hashes(table(rows[::-1])))[::-1]


def test_a_model_with_other_levels_is_refused() -> None:
    document = json.loads(json.dumps(dict(untrained_model().document)))
    document["kinds"]["date"]["value"][0]["name"] = "equal"
    with pytest.raises(ConfigurationError, match="levels must be"):
        read_model(document)


def test_large_blocks_are_skipped_and_counted() -> None:
    people = table(
        [{"family_name": "Smith", "given_name": f"{chr(97 + n % 26)}{chr(97 + n // 26)}"} for n in range(200)]
    )
    blocks = pairs_within(people, {"name: a name": 10})
    assert len(blocks.left) == 0
    assert blocks.skipped["name: a name"] == 200 * 199 // 2


def test_of_values_that_weigh_the_same_the_same_are_told_whoever_else_is_there() -> None:
    kinds = {"name": "person_name", "email": "email", "private_email": "email"}
    two = [
        {"name": "Ann Lee", "email": "ann@x.org", "private_email": "swimmer@z.org"},
        {"name": "Ann Lee", "email": "cook@y.org"},
    ]
    strangers = [{"email": "swimmer@z.org"}, {"email": "ann@x.org"}]
    told = []
    for before in ([], strangers):
        both = table([*before, *two], kinds)
        pair = np.array([len(before)]), np.array([len(before) + 1])
        scored = Scorer(untrained_model(), statistics()).score(both, both, pair)
        told.append(next(iter(evidence(scored, both, both, untrained_model()))).document())
    assert told[0] == told[1]
