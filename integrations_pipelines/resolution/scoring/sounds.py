"""How a name sounds, as a short code: for blocking, and for spellings that no edit distance brings together."""

import re

_GROUPS = [
    (re.compile(pattern), letters)
    for pattern, letters in (
        ("^(?:kn|gn|pn|wr|ps)", "n"),
        ("^x", "s"),
        ("^mac|^mc", "mk"),
        ("tsch|tch|sch|sh|zh|cz|sz|ch", "x"),
        ("ph|v|w(?=[aeiou])", "f"),
        ("gh(?=[^aeiou]|$)", ""),
        ("dg(?=e)", "j"),
        ("c(?=[eiy])|z", "s"),
        ("ck|c|q", "k"),
        ("x", "s"),
        ("g(?=[eiy])", "j"),
    )
]
# Letters of one digit sound alike. Source: Russell's Soundex (US patent 1,261,167), with s, k and j kept apart.
_DIGITS = str.maketrans("bpfdtlmnrskgj", "1123345567889")
_DROPPED = re.compile("[^0-9]")
_LONGEST = 6


def sound(name: str) -> str:
    """The code of a folded name: its consonants by class, vowels only at the start; "" for nothing."""
    letters = "".join(character for character in name if character.isalpha())
    if not letters:
        return ""
    for pattern, replacement in _GROUPS:
        letters = pattern.sub(replacement, letters)
    digits = _DROPPED.sub("", re.sub(r"(.)\1+", r"\1", letters.translate(_DIGITS)))
    first = "a" if letters[:1] in "aeiouy" and letters else ""
    return (first + re.sub(r"(.)\1+", r"\1", digits))[:_LONGEST]
