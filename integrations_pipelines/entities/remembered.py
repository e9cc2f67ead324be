"""A bounded memory of answers by string: names, cities and job titles repeat. No cleaning here."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

LONGEST_REMEMBERED = 64


class Remembered(dict[str, Answer], Generic[Answer]):
    """``answers[text]`` is ``answer(text)``, worked out once while it is remembered. Forgets all when full.

    A dict subclass, because a hit costs a third of one of ``functools.lru_cache``.
    """

    def __init__(self, answer: Callable[[str], Answer], most: int = 32_768) -> None:
        super().__init__()
        self._answer = answer
        self._most = most

    def __missing__(self, text: str) -> Answer:
        answer = self._answer(text)
        if len(text) <= LONGEST_REMEMBERED:
            if len(self) >= self._most:
                self.clear()
            self[text] = answer
        return answer

    def remember(self, texts: Sequence[str], answers: Sequence[Answer]) -> None:
        """Keep answers that were worked out elsewhere, fewer than are kept at most: the same as ours."""
        if len(self) + len(texts) > self._most:
            self.clear()
        self.update(zip(texts, answers, strict=True))
