"""Takes secrets out of text and out of exceptions: by value and by shape. What logging does with it is in ``logs``."""

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from integrations_pipelines.errors import IntegrationsError, TellDeveloper
from integrations_pipelines.vault.matcher import Matcher
from integrations_pipelines.vault.patterns import RULES

HIDDEN = "[redacted]"
SHORTEST = 6
"""Values below this many characters are not looked for: hiding every "test" would hide the log."""
SHORTEST_LINE = 16

_matcher = Matcher(RULES)
os.register_at_fork(after_in_child=_matcher.unlock)


def remember(plaintext: str) -> None:
    """Have ``scrub`` hide ``plaintext`` and its encoded forms from now on, in this process.

    Of one with several lines (a private key) each long line is hidden too: logs may take them one by one.
    """
    if len(plaintext) >= SHORTEST:
        _matcher.add(plaintext)
    lines = plaintext.splitlines()
    for line in lines if len(lines) > 1 else ():
        if len(line.strip()) >= SHORTEST_LINE:
            _matcher.add(line.strip())


def scrub(text: str) -> str:
    """Return ``text`` with every remembered value, in any encoding, and every credential-like shape hidden."""
    raw = text.encode("utf-8", "surrogatepass")
    spans = _matcher.spans(raw.lower())
    if not spans:
        return text
    parts, end = [], 0
    for start, stop in spans:
        parts += [raw[end:start], HIDDEN.encode()]
        end = stop
    return b"".join([*parts, raw[end:]]).decode("utf-8", "surrogatepass")


def scrubbed(error: BaseException) -> str:
    """Return the error and what it came from in one line, scrubbed: ``RateLimited: ... <- HTTPError: ...``."""
    return scrub(" <- ".join(_summary(link) for link in _chain(error)))


def scrubbed_traceback(error: BaseException) -> str:
    """Return the whole traceback with its chain, scrubbed; local variables are never part of it."""
    return scrub("".join(traceback.format_exception(error)))


def without_secrets(error: BaseException) -> BaseException:
    """Return ``error`` if neither it nor its chain shows a secret, else one of the same recovery that shows none.

    An error of our tree keeps its class (retry, give up, skip); a foreign one becomes ``TellDeveloper``.
    What it came from is kept as a scrubbed note. Raise it with ``from None``.
    """
    whole = "".join(traceback.format_exception(error))
    if scrub(whole) == whole:
        return error
    story = scrubbed(error)
    clean = error if isinstance(error, IntegrationsError) else TellDeveloper(scrub(_summary(error)))
    clean.args = (scrub(str(clean)),)
    clean.__notes__ = [f"scrubbed: {story}"]
    clean.__cause__ = clean.__context__ = None
    return clean.with_traceback(error.__traceback__)


@contextmanager
def no_secrets_in_errors() -> Iterator[None]:
    """Let no exception out of the block that shows a secret: to be put around every Dagster asset, op and sensor."""
    try:
        yield
    except Exception as error:
        clean = without_secrets(error)
        if clean is error and (error.__cause__ or error.__context__):
            raise
        raise clean from None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _summary(error: BaseException) -> str:
    return " ".join(
        traceback.TracebackException.from_exception(error, lookup_lines=False).format_exception_only()
    ).strip()
