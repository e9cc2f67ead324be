"""Numbers and codes that somebody gave out: they agree, agree but for a slip, or contradict."""

from collections.abc import Mapping

import numpy as np

from integrations_pipelines.resolution.scoring.columns import Column, Part, words
from integrations_pipelines.resolution.scoring.kind import (
    Keys,
    Kind,
    Outcome,
    Side,
    both,
    counted,
    levels,
    outcome,
    same,
    typing_errors,
    value_keys,
)

LEVELS = ("exact", "typo", "part", "similar", "different")


def plain_code(text: str) -> str:
    """Letters and digits alone, in capitals, without leading zeros."""
    code = "".join(character for character in text.upper() if character.isalnum())
    return code.lstrip("0") or code


def _derive(texts: list[str]) -> Mapping[str, Part]:
    codes = words(texts).each(plain_code)
    return {
        "code": codes,
        "tail": codes.hashed(lambda code: code[-4:] if len(code) >= 4 else ""),
        "size": codes.measured(),
    }


def _compare(left: Side, right: Side) -> list[Outcome]:
    equal = same(left, right, "code")
    mine, theirs = left.numbers("size"), right.numbers("size")
    shortest, longest = np.minimum(mine, theirs), np.maximum(mine, theirs)
    slips = typing_errors(left, right, "code", both(left, right, "code") & ~equal)
    level = levels(
        ~both(left, right, "code"),
        equal,
        (slips <= 1) & (longest >= 5),
        same(left, right, "tail") & (shortest == 4) & (longest > 4),
        (slips <= np.maximum(2, longest // 3)) & (longest >= 5),
    )
    return [outcome("value", level, left.hashes("code"))]


def _keys(column: Column) -> list[Keys]:
    return [value_keys("identifier", column.hashes("code"))]


def _kind(name: str) -> Kind:
    return Kind(
        name=name,
        aspects={"value": LEVELS},
        derive=_derive,
        compare=_compare,
        keys=_keys,
        counted=counted(value="code"),
    )


# An exclusive identifier has one value an entity: another value is a veto. A plain one may be renewed.
IDENTIFIER = _kind("identifier")
EXCLUSIVE = _kind("exclusive_identifier")
