"""Precision and recall, in pairs of records."""

from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.demo.scores import Address, score

ADDRESSES = st.tuples(st.just("tool"), st.just("people"), st.text("0123456789", min_size=1, max_size=3))
GROUPS = st.dictionaries(ADDRESSES, st.sampled_from("abcdef"), max_size=20)


def at(record: str, system_key: str = "tool") -> Address:
    return system_key, "people", record


@given(GROUPS)
def test_the_truth_itself_scores_one(truth: dict[Address, str]) -> None:
    found = score(truth, truth)
    assert (found.precision, found.recall, found.entities) == (1.0, 1.0, found.truly)


@given(GROUPS)
def test_nothing_joined_is_never_wrong(truth: dict[Address, str]) -> None:
    found = score({}, truth)
    assert found.precision == 1.0
    assert found.entities == found.records
    assert len(found.missed_pairs) == found.true_pairs


@given(GROUPS)
def test_all_joined_misses_nothing(truth: dict[Address, str]) -> None:
    found = score(dict.fromkeys(truth, "one"), truth)
    assert found.recall == 1.0
    assert found.joined_pairs - len(found.false_pairs) == found.true_pairs


def test_a_wrong_pair_and_a_missed_pair_are_both_named() -> None:
    truth = {at("1"): "ann", at("2", "other"): "ann", at("3"): "bob"}
    found = score({at("1"): "x", at("2", "other"): "y", at("3"): "x"}, truth)
    assert found.false_pairs == ((at("1"), at("3")),)
    assert found.missed_between() == {"other - tool": 1}
    assert (found.precision, found.recall) == (0.0, 0.0)
