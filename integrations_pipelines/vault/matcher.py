"""Finds thousands of secrets in text at once: one vectorised pass over all four-byte windows, then exact comparison.

Measured on one core, 100 secrets in six forms, log text (MB/s): ``re`` with a plain alternation 0.6, with a trie 7,
this one above 100. It also takes a new secret in microseconds, where a regex of 600 words compiles for 70 ms.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from integrations_pipelines.vault.encodings import ANCHOR, Form, forms_of
from integrations_pipelines.vault.patterns import Rule

Span = tuple[int, int]

_BITS = 20
# Two multiplicative hashes (Knuth, TAOCP 6.4): the second looks only at what the first lets through.
_FACTORS = (2_654_435_761, 2_246_822_519)
_FIRST, _SECOND, _SHIFT = np.uint32(_FACTORS[0]), np.uint32(_FACTORS[1]), np.uint32(32 - _BITS)
_FEW = 8
_CHUNK = 1 << 17  # keeps the windows of a chunk in the processor's cache


class Matcher:
    """Where the remembered values and the rules stand in a text. Safe to use from several threads.

    It keeps ``limit`` values; beyond, the one remembered longest ago is forgotten.
    """

    def __init__(self, rules: Iterable[Rule] = (), limit: int = 10_000) -> None:
        self._lock = threading.Lock()
        self._limit = limit
        self._rules: dict[bytes, tuple[Rule, ...]] = defaultdict(tuple)
        for rule in rules:
            self._rules[rule.anchor] += (rule,)
        self._values: OrderedDict[str, list[Form]] = OrderedDict()
        self._forms: dict[bytes, tuple[Form, ...]] = {}
        self._first, self._second = self._fresh_table(0), self._fresh_table(1)

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: str) -> None:
        """Remember ``value`` in all its forms."""
        with self._lock:
            if value in self._values:
                self._values.move_to_end(value)
                return
            self._values[value] = forms_of(value)
            for form in self._values[value]:
                self._enter(form)
            if len(self._values) > self._limit:
                self._forget_oldest()

    def unlock(self) -> None:
        """Take a new lock: in a forked child the old one may be held by a thread that does not exist there."""
        self._lock = threading.Lock()

    def spans(self, lowered: bytes) -> list[Span]:
        """Return what is to be hidden in ``lowered`` (UTF-8, ASCII letters lower case): sorted, not overlapping."""
        found: list[Span] = []
        done: dict[int, int] = {}
        for position in self._candidates(lowered):
            anchor = lowered[position : position + ANCHOR]
            for form in self._forms.get(anchor, ()):
                if (span := form.span(lowered, position)) is not None:
                    found.append(span)
            for rule in self._rules.get(anchor, ()):
                # Not again within what the rule has hidden: "token=token=token=..." would take quadratic time.
                if position >= done.get(id(rule), 0) and (match := rule.pattern.match(lowered, position)):
                    done[id(rule)] = match.end()
                    found += [match.span(group) for group in range(1, match.re.groups + 1) if match[group]]
        return _merged(found) if found else found

    def _candidates(self, lowered: bytes) -> Iterator[int]:
        for start in range(0, len(lowered) - ANCHOR + 1, _CHUNK):
            count = min(_CHUNK, len(lowered) - ANCHOR + 1 - start)
            windows: npt.NDArray[np.uint32] = np.ndarray((count,), "<u4", lowered, start, (1,))
            places = self._first.take(windows * _FIRST >> _SHIFT).nonzero()[0]
            if places.size > _FEW:
                places = places[self._second.take(windows[places] * _SECOND >> _SHIFT)]
            for place in places.tolist():
                yield start + place

    def _enter(self, form: Form) -> None:
        for anchor in form.anchors:
            self._forms[anchor] = (*self._forms.get(anchor, ()), form)
            self._first[_slot(anchor, 0)] = self._second[_slot(anchor, 1)] = True

    def _forget_oldest(self) -> None:
        # The places in the table stay set: other forms may share them, and a miss costs one look-up.
        _, forms = self._values.popitem(last=False)
        for form in forms:
            for anchor in form.anchors:
                self._forms[anchor] = tuple(other for other in self._forms[anchor] if other is not form)
                if not self._forms[anchor]:
                    del self._forms[anchor]

    def _fresh_table(self, which: int) -> npt.NDArray[np.bool_]:
        table = np.zeros(1 << _BITS, dtype=np.bool_)
        for anchor in self._rules:
            table[_slot(anchor, which)] = True
        return table


def _slot(anchor: bytes, which: int) -> int:
    return (int.from_bytes(anchor, "little") * _FACTORS[which] & 0xFFFF_FFFF) >> (32 - _BITS)


def _merged(spans: list[Span]) -> list[Span]:
    spans.sort()
    merged = [spans[0]]
    for start, end in spans[1:]:
        if start <= merged[-1][1]:
            # Two secrets that overlap are hidden as one: replacing one after the other would leave a rest.
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
