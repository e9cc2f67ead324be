"""What unmapped columns are, guessed by their names and by what stands in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.errors import UsageError
from integrations_pipelines.resolution.match.cleaning import clean_values
from integrations_pipelines.resolution.match.headings import (
    ANY_HEADINGS,
    EXTRA_KINDS,
    HEADINGS,
    IGNORED,
    OWN,
    SHARED_HEADINGS,
)
from integrations_pipelines.resolution.scoring.records import COMPARED_AS

_CONTENT = (
    (re.compile(r"[^@\s]+@[^@\s]+\.\w+"), "email"),
    (re.compile(r"https?://\S+|www\.\S+"), "website"),
    (re.compile(r"(19|20)\d\d-\d\d-\d\d|\d\d?[/.]\d\d?[/.](19|20)\d\d"), "birth_date"),
    (re.compile(r"\+?[\d\s().-]{9,}\d"), "phone"),
)
_MOSTLY = 0.8
_SINGLE = frozenset(
    {"name", "given_name", "family_name", "birth_date", "description", "year", "authors", "price"}
)


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a column is taken for, and why: "given", "name" or "content". ``attribute`` is "ignored" for none."""

    column: str
    attribute: str
    why: str


def guess_columns(
    columns: Mapping[str, Sequence[object]], entity_type: str, mapping: Mapping[str, str]
) -> list[Guess]:
    """One guess a column, in order. Raises ``UsageError`` for a mapping to what is unknown."""
    missing = [column for column in mapping if column not in columns]
    if missing:
        raise UsageError(f"--map: there is no column {missing[0]!r}; there are: {', '.join(columns)}")
    guesses = [_guess(column, values, entity_type, mapping.get(column)) for column, values in columns.items()]
    return [_unless_better(guess, guesses, columns) for guess in guesses]


def _unless_better(guess: Guess, guesses: Sequence[Guess], columns: Mapping[str, Sequence[object]]) -> Guess:
    """Of several columns guessed to be the one name (or the like), that with the most distinct values."""
    rivals = [one for one in guesses if one.attribute == guess.attribute]
    if guess.why == "given" or guess.attribute not in _SINGLE or len(rivals) == 1:
        return guess
    given = [one for one in rivals if one.why == "given"]
    best = max(given or rivals, key=lambda one: len(set(map(str, columns[one.column]))))
    return (
        guess
        if best is guess
        else Guess(column=guess.column, attribute=IGNORED, why=f"{best.column} says it better")
    )


def _guess(column: str, values: Sequence[object], entity_type: str, given: str | None) -> Guess:
    if given is not None:
        attribute_kind(given, entity_type)
        return Guess(column=column, attribute=given, why="given")
    by_name = _by_name(column, entity_type)
    if by_name is not None and not _unfit(values, by_name, entity_type):
        return Guess(column=column, attribute=by_name, why="name")
    return Guess(column=column, attribute=_by_content(values, entity_type) or IGNORED, why="content")


def _by_name(column: str, entity_type: str) -> str | None:
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower()).strip("_")
    own = HEADINGS.get(entity_type, ())
    for pattern, attribute in (*own, *SHARED_HEADINGS, *ANY_HEADINGS):
        if re.fullmatch(pattern, name):
            if attribute == OWN:
                return f"{name}:identifier"
            return attribute if attribute == IGNORED or _is_known(attribute, entity_type) else IGNORED
    return None


def _by_content(values: Sequence[object], entity_type: str) -> str | None:
    sample = [str(value).strip() for value in values if value is not None][:1000]
    for pattern, attribute in _CONTENT if sample else ():
        share = sum(bool(pattern.fullmatch(value)) for value in sample) / len(sample)
        if share >= _MOSTLY and _is_known(attribute, entity_type):
            return attribute
    return None


def _unfit(values: Sequence[object], attribute: str, entity_type: str) -> bool:
    """Whether hardly any value can be read as what the column's name says."""
    sample = [value for value in values if value is not None][:1000]
    if attribute == IGNORED or not sample:
        return False
    _, unread = clean_values(sample, attribute_kind(attribute, entity_type))
    return unread > len(sample) / 2


def _is_known(attribute: str, entity_type: str) -> bool:
    try:
        attribute_kind(attribute, entity_type)
    except UsageError:
        return False
    return True


def attribute_kind(attribute: str, entity_type: str) -> str:
    """The comparison's attribute kind of "attribute" or "attribute:kind". Raises ``UsageError``."""
    name, _, kind = attribute.partition(":")
    if kind:
        if kind not in COMPARED_AS:
            raise UsageError(f"--map: there is no kind {kind!r}; there are: {', '.join(sorted(COMPARED_AS))}")
        return kind
    preset = ENTITY_TYPES.get(entity_type)
    if name == IGNORED:
        return IGNORED
    if name in EXTRA_KINDS:
        return EXTRA_KINDS[name]
    if preset is not None and name in preset.attributes:
        return preset.attributes[name].kind
    generic = {
        "name": "name",
        "description": "text",
        "category": "category",
        "price": "money",
        "birth_date": "date",
    }
    if name in generic:
        return generic[name]
    raise UsageError(f"--map: {entity_type} has no attribute {name!r}; write {name}:KIND for one of your own")
