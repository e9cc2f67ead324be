"""Records ready to be compared: which attributes are compared how, and their columns."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from integrations_pipelines.entities.kinds import JSON
from integrations_pipelines.resolution.scoring.columns import Column, column
from integrations_pipelines.resolution.scoring.kind import SEPARATOR
from integrations_pipelines.resolution.scoring.people import FIELDS as NAME_FIELDS
from integrations_pipelines.resolution.scoring.places import FIELDS as ADDRESS_FIELDS
from integrations_pipelines.resolution.scoring.register import COMPARISON_KINDS

_FIELDS = {"person_name": NAME_FIELDS, "address": ADDRESS_FIELDS, "site": ADDRESS_FIELDS}
# More values than these of one attribute are not compared: a record with a hundred addresses is no person's.
MOST_VALUES = 8

# A value (or a list of them) a record, or a column of texts.
Values: TypeAlias = Sequence[JSON] | pa.StringArray


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Compares what stands in ``slots``; each is a value of its own, made of attributes by field.

    A simple kind has the one field "value"; a person's name and an address have the fields of their modules.
    """

    name: str
    kind: str
    slots: tuple[Mapping[str, str], ...]


Scheme: TypeAlias = tuple[Comparison, ...]


@dataclass(frozen=True, kw_only=True)
class Records:
    """``size`` records with a column for each comparison of ``scheme``."""

    scheme: Scheme
    size: int
    columns: Mapping[str, Column] = field(repr=False)


def records(attributes: Mapping[str, Values], scheme: Scheme, size: int) -> Records:
    """The records of cleaned ``attributes``, each a value (or a list of them) a record; missing ones are None."""
    return Records(
        scheme=scheme,
        size=size,
        columns={
            comparison.name: column(
                _slots(attributes, comparison, size), COMPARISON_KINDS[comparison.kind].derive
            )
            for comparison in scheme
        },
    )


def _slots(attributes: Mapping[str, Values], comparison: Comparison, size: int) -> list[pa.StringArray]:
    composed = _FIELDS.get(comparison.kind)
    found: list[pa.StringArray] = []
    for slot in comparison.slots:
        if composed is None:
            found.extend(_spread(attributes.get(slot["value"]), size))
        else:
            parts = {name: _spread(attributes.get(attribute), size)[0] for name, attribute in slot.items()}
            found.append(_composed([parts.get(name) for name in composed], size))
    return found


def _composed(parts: Sequence[pa.StringArray | None], size: int) -> pa.StringArray:
    empty = pa.array([""], pa.string()).take(pa.array(np.zeros(size, dtype=np.int64)))
    rows = [empty if part is None else part.fill_null("") for part in parts]
    texts = pc.binary_join_element_wise(*rows, SEPARATOR)
    return _without(texts, SEPARATOR * (len(parts) - 1))


def _spread(values: Values | None, size: int) -> list[pa.StringArray]:
    """One column of texts for each place in a list of values."""
    if values is None:
        return [pa.nulls(size, pa.string())]
    plain = plain_texts(values)
    if plain is not None:
        return [_without(plain, "")]
    if not any(isinstance(value, list) for value in values):
        return [pa.array([_text(value) for value in values], pa.string())]
    lists = [value if isinstance(value, list) else [value] for value in values]
    width = min(MOST_VALUES, max(map(len, lists)))
    return [
        pa.array([_text(row[place]) if place < len(row) else None for row in lists], pa.string())
        for place in range(width)
    ]


def plain_texts(values: Values) -> pa.StringArray | None:
    """Values that are all texts or None, as a column; None where one is anything else."""
    if isinstance(values, pa.StringArray):
        return values
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None


def _without(texts: pa.StringArray, blank: str) -> pa.StringArray:
    return pc.if_else(pc.equal(texts, blank), None, texts)


def _text(value: JSON) -> str | None:
    if type(value) is str:
        return value or None
    if value is None or isinstance(value, list):
        return None
    if isinstance(value, dict):
        return str(value.get("amount", "")) or None
    return str(value)


# The comparison kind of an attribute kind; None: says nothing about who or what it is.
COMPARED_AS: Mapping[str, str | None] = {
    "email": "email", "phone": "phone", "domain": "domain", "url": "domain", "username": "identifier",
    "person_name": "person_name", "organization_name": "organization_name", "name": "category", "text": "text",
    "address": "address", "identifier": "identifier", "exclusive_identifier": "exclusive_identifier",
    "gtin": "identifier", "integer": "amount", "decimal": "amount", "money": "amount", "currency": None,
    "date": "date", "timestamp": None, "boolean": None, "country": "category", "language": None, "json": None,
    "title": "title", "people": "people", "year": "year", "category": "category", "affiliation": "affiliation",
}  # fmt: skip
_NAME_PARTS = {
    "given_name": "given",
    "middle_name": "middle",
    "family_name": "family",
    "name": "full",
    "name_suffix": "suffix",
}
_ADDRESS_PARTS = {
    "street": "street",
    "house_number": "number",
    "city": "city",
    "postcode": "postcode",
    "state": "state",
    "address": "full",
}


def scheme_of(kinds: Mapping[str, str], label: str = "name") -> Scheme:
    """The comparisons for attributes of these kinds; ``label`` is the attribute that names a thing.

    E-mail addresses are compared with each other whatever attribute they stand in; so are phones, names, addresses.
    """
    slots: dict[tuple[str, str], list[Mapping[str, str]]] = defaultdict(list)
    names = {field: name for name, field in _NAME_PARTS.items() if kinds.get(name) == "person_name"}
    place = {field: name for name, field in _ADDRESS_PARTS.items() if name in kinds}
    if names:
        slots["name", "person_name"].append(names)
    if place:
        slots["address", "address" if "person_name" in kinds.values() else "site"].append(place)
    taken = {*names.values(), *place.values()}
    for attribute, kind in kinds.items():
        compared = _compared_as(attribute, kind, label)
        if attribute not in taken and compared is not None:
            slots[_comparison_name(attribute, compared), compared].append(_slot(attribute, compared))
    return tuple(
        Comparison(name=name, kind=kind, slots=tuple(found)) for (name, kind), found in slots.items()
    )


def _slot(attribute: str, kind: str) -> Mapping[str, str]:
    return {"full" if kind in _FIELDS else "value": attribute}


def _comparison_name(attribute: str, kind: str) -> str:
    if kind in ("email", "phone", "address", "domain", "organization_name"):
        return kind
    return "name" if kind == "person_name" else attribute


def _compared_as(attribute: str, kind: str, label: str) -> str | None:
    if attribute == label and kind in ("name", "text"):
        return "title"
    if kind == "organization_name" and not (
        attribute == label or "name" in attribute.replace("company_name", "")
    ):
        return "affiliation"
    return COMPARED_AS.get(kind)
