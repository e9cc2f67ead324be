"""The sketches of e-mail addresses, phone numbers and identifiers."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from integrations_pipelines.resolution.scoring.columns import Column
from integrations_pipelines.resolution.scoring.letters import (
    SLACK,
    fewest_slips,
    fields_of,
    most_likeness,
    spell,
    spelt,
)
from integrations_pipelines.resolution.scoring.sketch import (
    Possible,
    Rows,
    Sketch,
    agree,
    narrowed,
    there,
)

# Parts of which it is only asked whether they are equal, with as many bits as make a chance agreement rare.
_EMAIL = {"local": "<u4", "front": "<u2", "back": "<u2", "figures": "<u2", "domain": "<u4"}
_PHONE = {"national": "<u4", "head": "<u2", "end": "<u2", "tail": "<u4", "nine": "<u4"}


def _sketch(
    whole: str, short: Mapping[str, str], possible: Callable[[Rows, Rows], Mapping[str, Possible]]
) -> Sketch:
    """Of a kind whose ``whole`` text is spelt, and whose parts by name and type are ``short``."""

    def take(column: Column) -> Mapping[str, NDArray[Any]]:
        parts = {name: narrowed(column.hashes(name), kind) for name, kind in short.items()}
        return {whole: column.hashes(whole), **parts, **spell(whole, column.words(whole))}

    return Sketch(fields=((whole, "<u8"), *short.items(), *fields_of(whole)), take=take, possible=possible)


def _possible_emails(one: Rows, two: Rows) -> Mapping[str, Possible]:
    both, equal = there(one, two, "email"), agree(one, two, "email")
    mine, theirs = spelt(one, "email"), spelt(two, "email")
    near, slips = most_likeness(mine, theirs), fewest_slips(mine, theirs)
    asked = both & ~equal & (one["figures"] == two["figures"])
    asked &= agree(one, two, "front") | agree(one, two, "back")
    typo = ((slips <= 2) & (near >= 0.8 - SLACK)) | ((near >= 0.96 - SLACK) & (slips <= 4))
    some = both & ~equal
    levels = (
        equal,
        asked & typo,
        asked & (near >= 0.9 - SLACK),
        some & agree(one, two, "local"),
        some & agree(one, two, "domain"),
        some,
    )
    return {"value": Possible(missing=~both, levels=levels, tokens={0: (one["email"],)})}


def _possible_phones(one: Rows, two: Rows) -> Mapping[str, Possible]:
    both, equal = there(one, two, "digits"), agree(one, two, "digits")
    some = both & ~equal
    tail, nine = agree(one, two, "tail"), agree(one, two, "nine")
    short = np.minimum(one["digits_size"], two["digits_size"]) < 10
    slip = (agree(one, two, "head") | agree(one, two, "end")) & (
        fewest_slips(spelt(one, "digits"), spelt(two, "digits")) <= 1
    )
    levels = (
        equal | (some & agree(one, two, "national")),
        some & (nine | tail) & short,
        some & nine,
        some & slip,
        some & (nine | tail),
        some,
    )
    return {"value": Possible(missing=~both, levels=levels, tokens={0: (one["digits"], two["digits"])})}


def _possible_codes(one: Rows, two: Rows) -> Mapping[str, Possible]:
    both, equal = there(one, two, "code"), agree(one, two, "code")
    some = both & ~equal
    slips = fewest_slips(spelt(one, "code"), spelt(two, "code"))
    sizes = one["code_size"].astype(np.int64), two["code_size"].astype(np.int64)
    shortest, longest = np.minimum(*sizes), np.maximum(*sizes)
    levels = (
        equal,
        some & (slips <= 1) & (longest >= 5),
        some & agree(one, two, "tail") & (shortest == 4) & (longest > 4),
        some & (slips <= np.maximum(2, longest // 3)) & (longest >= 5),
        some,
    )
    return {"value": Possible(missing=~both, levels=levels, tokens={0: (one["code"],)})}


EMAIL = _sketch("email", _EMAIL, _possible_emails)
PHONE = _sketch("digits", _PHONE, _possible_phones)
IDENTIFIER = _sketch("code", {"tail": "<u2"}, _possible_codes)
