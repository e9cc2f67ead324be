import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.entities import literal_path
from integrations_pipelines.entities.projection.paths import follow
from integrations_pipelines.errors import ContractError

DOCUMENT = {
    "a": {"b": "1", "empty": "", "none": None, "0": "zero"},
    "list": [{"v": "x", "primary": False}, {"v": "y", "primary": True}, "no object"],
    "deep": [[1, 2], [3]],
    "n/a": "n/a",
    "with.dot": "dotted",
    "7": "seven",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", ["1"]),
        ("a.missing", []),
        ("a.b.c", []),
        ("a.none", []),
        ("list.0.v", ["x"]),
        ("list[1].v", ["y"]),
        ("list.9.v", []),
        ("list[*].v", ["x", "y"]),
        ("list[primary=true].v", ["y"]),
        ("deep[*][*]", [1, 2, 3]),
        ("a.0", ["zero"]),
        ("7", ["seven"]),
        ("a.missing|a.b", ["1"]),
        ("a.empty|a.none|list[*].v", ["x", "y"]),
        ("n/a|a.b", ["1"]),
        (r"with\.dot", ["dotted"]),
    ],
)
def test_a_path_leads_to_its_values(path: str, found: list[object]) -> None:
    assert follow(path)(DOCUMENT) == found


@pytest.mark.parametrize("path", ["", "a||b", "a[", "a[]", "."])
def test_a_path_that_cannot_be_read_is_a_contract_error(path: str) -> None:
    with pytest.raises(ContractError, match="path"):
        follow(path)


@given(st.text(min_size=1))
def test_a_literal_path_leads_to_its_key_whatever_it_holds(key: str) -> None:
    assert follow(literal_path(key))({key: "value"}) == ["value"]
