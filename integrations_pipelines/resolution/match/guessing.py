"""What unmapped columns are, guessed by their names and by what stands in them. What is not known is not compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.errors import UsageError
from integrations_pipelines.resolution.match.contents import (
    attribute_of_content,
    fits,
    most_telling,
    names_hold,
)
from integrations_pipelines.resolution.match.heading_words import attribute_of_heading, words_of
from integrations_pipelines.resolution.match.headings import EXTRA_KINDS, IGNORED, TOGETHER
from integrations_pipelines.resolution.scoring.records import COMPARED_AS

_SINGLE = frozenset(
    {"name", "given_name", "family_name", "birth_date", "description", "year", "authors", "price"}
)
_GENERIC_KINDS = {
    "name": "name",
    "description": "text",
    "category": "category",
    "price": "money",
    "birth_date": "date",
}
_PERSON_NAMES = frozenset({"name", "given_name", "family_name"})

Columns = Mapping[str, Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a column is taken for, and why: "given", "name" or "content". ``attribute`` is "ignored" for none."""

    column: str
    attribute: str
    why: str


def guess_columns(columns: Columns, entity_type: str, mapping: Mapping[str, str]) -> list[Guess]:
    """One guess a column, in order. Raises ``UsageError`` for a mapping to what is unknown."""
    missing = [column for column in mapping if column not in columns]
    if missing:
        raise UsageError(f"--map: there is no column {missing[0]!r}; there are: {', '.join(columns)}")
    together = _together(columns, entity_type)
    guesses = [
        _guess(column, values, entity_type, mapping.get(column), together.get(column))
        for column, values in columns.items()
    ]
    guesses = [_half_name(guess, guesses, columns) for guess in guesses]
    guesses = _with_a_name(guesses, columns, entity_type)
    return [_unless_better(guess, guesses, columns) for guess in guesses]


def _guess(
    column: str, values: Sequence[object], entity_type: str, given: str | None, together: str | None
) -> Guess:
    if given is not None:
        attribute_kind(given, entity_type)
        return Guess(column=column, attribute=given, why="given")
    named = together or attribute_of_heading(column, entity_type)
    if named == IGNORED:
        return Guess(column=column, attribute=IGNORED, why="name")
    known = named is not None and _is_known(named, entity_type)
    if named and known and fits(values, named, attribute_kind(named, entity_type)):
        return Guess(column=column, attribute=named, why="name")
    found = attribute_of_content(values, entity_type)
    attribute = found if found is not None and _is_known(found, entity_type) else IGNORED
    return Guess(column=column, attribute=attribute, why="content")


def _together(columns: Columns, entity_type: str) -> dict[str, str]:
    """Columns that mean something only beside each other."""
    words = {words_of(column): column for column in columns}
    return {
        words[word]: attribute
        for needed, meaning in TOGETHER.items()
        if entity_type == "person" and needed <= set(words)
        for word, attribute in meaning.items()
    }


def _half_name(guess: Guess, guesses: Sequence[Guess], columns: Columns) -> Guess:
    """``Nom`` beside ``Prénom`` is the family name, ``Nome`` beside ``Cognome`` the given one."""
    if guess.why == "given" or guess.attribute != "name":
        return guess
    held = {one.attribute: one.column for one in guesses}
    for other, missing in (("given_name", "family_name"), ("family_name", "given_name")):
        is_half = other in held and missing not in held
        if is_half and not names_hold(columns[guess.column], columns[held[other]]):
            return Guess(column=guess.column, attribute=missing, why="name")
    return guess


def _with_a_name(guesses: list[Guess], columns: Columns, entity_type: str) -> list[Guess]:
    """Where no column is said to name the row, the most telling of those nobody knows does."""
    label = _label(entity_type)
    if any(one.attribute in _PERSON_NAMES | {label} or "name" in one.attribute for one in guesses):
        return guesses
    unknown = {
        one.column: columns[one.column]
        for one in guesses
        if one.attribute == IGNORED and one.why == "content"
    }
    best = most_telling(unknown)
    return [
        Guess(column=one.column, attribute=label, why="content") if one.column == best else one
        for one in guesses
    ]


def _unless_better(guess: Guess, guesses: Sequence[Guess], columns: Columns) -> Guess:
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


def _is_known(attribute: str, entity_type: str) -> bool:
    try:
        attribute_kind(attribute, entity_type)
    except UsageError:
        return False
    return True


def _label(entity_type: str) -> str:
    return ENTITY_TYPES[entity_type].label


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
    if name in _GENERIC_KINDS:
        return _GENERIC_KINDS[name]
    raise UsageError(f"--map: {entity_type} has no attribute {name!r}; write {name}:KIND for one of your own")
