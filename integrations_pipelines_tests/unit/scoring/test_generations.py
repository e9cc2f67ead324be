"""Which generation a name ends in: where its last letter says enough, it is not read; the answer is the same."""

from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.resolution.scoring import people
from integrations_pipelines.resolution.scoring.transliteration import latin

ENDS = (*people._GENERATIONS, "III.", "Jr.", "İ", "ⅳ", "Ⅱ", "O'i", "e´", "Öhr", "王", "ר", "2", "'")
NAMES = st.one_of(
    st.text(max_size=12),
    st.tuples(
        st.text(max_size=8), st.sampled_from([" ", "\u00a0", "-", ", ", ""]), st.sampled_from(ENDS)
    ).map("".join),
    st.tuples(st.sampled_from(["Ann Lee", "Ödön Tömör"]), st.text(max_size=4)).map(" ".join),
)


def as_read(name: str) -> int:
    found = people._GAP.sub(" ", latin(name)).split() if " " in name else []
    return people._GENERATIONS.get(found[-1], 0) if len(found) > 1 else 0


@given(NAMES)
def test_a_generation_is_the_same_whether_the_name_is_read_or_not(name: str) -> None:
    assert people._generation(name) == as_read(name)
