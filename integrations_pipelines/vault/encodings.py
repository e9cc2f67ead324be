"""The forms in which a secret turns up in text: plain, percent-encoded, escaped, base64, hex. Pure."""

import base64
import html
import re
from collections.abc import Iterator
from functools import lru_cache

ANCHOR = 4
"""How many bytes of a form are looked up; the matcher's window."""

_NAMED = {"\n": b"n", "\t": b"t", "\r": b"r", "\b": b"b", "\f": b"f"}
_RUN = re.compile(rf"[A-Za-z0-9]{{{ANCHOR},}}")
_BASE64 = b"abcdefghijklmnopqrstuvwxyz0123456789+/-_"


class Form:
    """One form of a secret, lower case, found by four bytes of it and then compared whole.

    Every character that is no ASCII letter or digit may stand encoded in the text in any way of ``_writings``,
    each for itself: httpx, requests and a browser percent-encode different characters of one password.
    """

    __slots__ = ("_at", "anchors", "exact", "is_base64", "text")

    def __init__(self, text: str, *, is_base64: bool = False) -> None:
        """``text`` has at least ``ANCHOR`` characters."""
        self.text = text
        self.is_base64 = is_base64
        self.exact = _raw(text)
        self._at, self.anchors = _anchors(text, is_base64)

    def span(self, lowered: bytes, position: int) -> tuple[int, int] | None:
        """Return where the form stands in ``lowered``, an anchor being at ``position``; None if it does not."""
        start = position - len(_raw(self.text[: self._at]))
        if start >= 0 and lowered.startswith(self.exact, start):
            return self._widened(lowered, start, start + len(self.exact))
        if self.exact.isalnum():
            return None
        starts = self._ends(
            lowered, position, self.text[self._at - 1 :: -1] if self._at else "", backwards=True
        )
        ends = self._ends(lowered, position, self.text[self._at :]) if starts else starts
        return self._widened(lowered, min(starts), max(ends)) if ends else None

    def _ends(self, lowered: bytes, position: int, text: str, *, backwards: bool = False) -> set[int]:
        """Return where ``text``, each character in any writing, can end if it begins at ``position``."""
        ends = {position}
        for char in text:
            writings = _writings(char, self.is_base64)
            if backwards:
                ends = {end - len(way) for end in ends for way in writings if lowered.endswith(way, 0, end)}
            else:
                ends = {end + len(way) for end in ends for way in writings if lowered.startswith(way, end)}
            if not ends:
                break
        return ends

    def _widened(self, lowered: bytes, start: int, end: int) -> tuple[int, int]:
        # The base64 characters at the edges carry bits of the neighbours too, so they are not part of the form.
        if self.is_base64:
            start -= int(start > 0 and lowered[start - 1] in _BASE64)
            end += int(end < len(lowered) and lowered[end] in _BASE64)
            end += len(lowered[end : end + 2]) - len(lowered[end : end + 2].lstrip(b"="))
        return start, end


def forms_of(value: str) -> list[Form]:
    """Return the forms of ``value``: as it is, in base64 at its three alignments, in hex."""
    raws = {value.encode("utf-8", "surrogatepass")}
    if all(ord(char) < 256 for char in value):
        raws.add(value.encode("latin-1"))  # requests sends Basic credentials in latin-1
    encoded = [Form(text, is_base64=True) for raw in raws for text in _base64_cores(raw)]
    return [Form(value), *encoded, *(Form(raw.hex()) for raw in raws)]


def _base64_cores(raw: bytes) -> Iterator[str]:
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).rstrip(b"=").decode()
        # Only the characters all of whose six bits are the value's own: ("user:" + value) must be found too.
        core = encoded[-(-8 * shift // 6) : (8 * (shift + len(raw))) // 6]
        if len(core) >= ANCHOR:
            yield core


def _anchors(text: str, is_base64: bool) -> tuple[int, frozenset[bytes]]:
    runs = [run.span() for run in _RUN.finditer(text)]
    if runs:
        # The end of the longest run: the start is often shared ("sk_live_", "token-").
        at = max(runs, key=lambda run: run[1] - run[0])[1] - ANCHOR
        return at, frozenset({text[at : at + ANCHOR].lower().encode()})
    places = range(len(text) - ANCHOR + 1)
    return min(((at, _beginnings(text[at:], is_base64)) for at in places), key=lambda found: len(found[1]))


def _beginnings(text: str, is_base64: bool, count: int = ANCHOR) -> frozenset[bytes]:
    """Return the first ``count`` bytes of every way in which ``text`` may be written."""
    if count <= 0:
        return frozenset({b""})
    first = {written[:count] for written in _writings(text[0], is_base64)}
    return frozenset(
        way + rest for way in first for rest in _beginnings(text[1:], is_base64, count - len(way))
    )


@lru_cache(maxsize=4096)
def _writings(char: str, is_base64: bool) -> frozenset[bytes]:
    """Return how ``char`` may be written in lower-case text: itself, in a URL, in JSON, Python or HTML, also nested."""
    if char.isascii() and char.isalnum():
        return frozenset({char.lower().encode()})
    raw, escapes = _raw(char), [b"\\" * count for count in range(9)]
    written = {escape + raw for escape in escapes} | set(_in_url(raw)) | set(_in_html(char))
    for escape in escapes[1:]:
        units = char.encode("utf-16-be", "surrogatepass")
        written.add(
            b"".join(escape + b"u" + units[at : at + 2].hex().encode() for at in range(0, len(units), 2))
        )
        written.add(escape + b"u%08x" % ord(char))
        written.add(b"".join(escape + b"x%02x" % byte for byte in raw))
        written |= {escape + b"x%02x" % ord(char)} if ord(char) < 256 else set()
        written |= {escape + _NAMED[char]} if char in _NAMED else set()
    written |= set(_in_url(bytes([ord(char)]))) if ord(char) < 256 else set()
    return frozenset(written | {" ": {b"+"}, "'": {b"''"}}.get(char, set()) | _other_base64(char, is_base64))


def _in_url(raw: bytes) -> Iterator[bytes]:
    for nesting in range(4):
        yield b"".join(b"%" + b"25" * nesting + b"%02x" % byte for byte in raw)


def _in_html(char: str) -> Iterator[bytes]:
    entities = {
        b"&#%d;" % ord(char),
        b"&#x%x;" % ord(char),
        b"&#x%02x;" % ord(char),
        html.escape(char).encode("utf-8", "surrogatepass"),
    }
    for entity in entities - {char.encode("utf-8", "surrogatepass")}:
        for nesting in range(3):
            yield b"&" + b"amp;" * nesting + entity[1:]


def _other_base64(char: str, is_base64: bool) -> set[bytes]:
    return {"+": {b"-"}, "/": {b"_"}}.get(char, set()) if is_base64 else set()


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").lower()
