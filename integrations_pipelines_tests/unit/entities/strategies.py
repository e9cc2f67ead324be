"""What third parties send, made up by hypothesis: rough values of each kind, and payloads of people."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from integrations_pipelines.entities import KINDS

_WEIRD = st.text(max_size=40) | st.text(alphabet="aZé ß\x00\u200b\ud800\t\n.@+-()0123456789,/:", max_size=30)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | _WEIRD
_DIGITS = st.text(alphabet="0123456789", min_size=4, max_size=15)
_SEPARATED = st.text(alphabet="0123456789 -.()+/", min_size=4, max_size=20)

_TYPICAL: dict[str, SearchStrategy[object]] = {
    "email": st.emails()
    | st.from_regex(r"\A[A-Za-zéß]{1,8}(\+x)?@[a-z0-9ü-]{1,8}\.(com|de|co\.uk)\Z")
    | st.from_regex(r"\A(mailto:|Ada <)[a-z.]{1,8}@[a-z]{1,8}\.org>?\Z"),
    "phone": _DIGITS
    | _SEPARATED
    | _DIGITS.map("+{}".format)
    | st.from_regex(r"\A\(?[2-9]\d\d\)?[ .-]?\d{3}[ .-]?\d{4}\Z"),
    "domain": st.from_regex(r"\A(https?://)?(www\.)?[a-z0-9ü-]{1,9}\.(com|co\.uk|github\.io|de)(/x)?\Z"),
    "url": st.from_regex(
        r"\A(https?://|//)?[A-Za-z0-9-]{1,9}\.(com|de)(:\d{1,5})?(/[a-z%]{0,5})?(\?[a-z=]{0,5})?\Z"
    ),
    "username": st.from_regex(r"\A@?[A-Za-zßİ._-]{1,12}\Z"),
    "money": st.from_regex(r"\A(EUR |\$|€)?-?\d{1,6}([.,]\d{1,4})?( USD)?\Z")
    | st.fixed_dictionaries(
        {
            "amount": st.decimals(allow_nan=False) | _SCALARS,
            "currency": st.sampled_from(["EUR", "jpy", None, "X"]),
        }
    ),
    "decimal": st.decimals() | st.from_regex(r"\A-?\d{1,4}([., ]\d{3})*([.,]\d{1,4})?\Z"),
    "integer": st.from_regex(r"\A-?\d{1,4}([., ]\d{3})*\Z"),
    "gtin": st.sampled_from(["4006381333931", "036000291452", "96385074", "0-19-852663-6"]) | _DIGITS,
    "currency": st.sampled_from(["eur", "€", "$", "USD"]),
    "date": st.dates().map(str)
    | st.from_regex(r"\A\d{1,2}[-/.]\d{1,2}[-/.]\d{4}\Z")
    | st.integers(0, 2 * 10**12),
    "timestamp": st.datetimes().map(str)
    | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
    | st.from_regex(r"\A\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,7})?(Z|\+\d\d:?\d\d)?\Z")
    | st.integers(-(10**20), 10**20),
    "boolean": st.sampled_from(["true", "No", "1", 0, 1, True]),
    "country": st.sampled_from(["de", "DEU", "Deutschland", "United States", "U.S.A.", "Côte d'Ivoire"]),
    "language": st.sampled_from(["en", "EN_us", "German", "zh-hant-TW", "pt_BR.UTF-8", "eng"]),
    "json": st.recursive(
        _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    ),
}


def raw_values(kind: str) -> SearchStrategy[object]:
    """Values as a third party may send them for an attribute of ``kind``: typical ones and any others."""
    typical = _TYPICAL.get(kind)
    return _SCALARS if typical is None else typical | _SCALARS


kinds = st.sampled_from(sorted(KINDS))
kinds_with_raw_values = kinds.flatmap(lambda kind: st.tuples(st.just(kind), raw_values(kind)))

_NAMES = st.from_regex(r"\A(Dr\. )?[A-Z][a-zé]{1,6}( van der)? [A-Z][a-z]{1,6}(, Jr\.)?\Z") | _WEIRD
people = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers() | _WEIRD,
        "name": _NAMES,
        "first": _NAMES,
        "last": _NAMES,
        "email": raw_values("email"),
        "more": st.lists(raw_values("email"), max_size=4),
        "phone": raw_values("phone"),
        "land": raw_values("country"),
        "born": raw_values("date"),
        "at": raw_values("timestamp"),
        "company": st.fixed_dictionaries({}, optional={"id": st.integers() | _WEIRD, "name": _WEIRD})
        | _SCALARS,
    },
)
