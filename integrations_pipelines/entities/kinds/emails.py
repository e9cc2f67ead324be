"""The e-mail kind: addresses as people, CRMs and mail clients write them, to one lower-case address."""

import re
from collections.abc import Sequence

from integrations_pipelines.entities.kinds.hosts import UnreadableHost, ascii_host
from integrations_pipelines.entities.kinds.kind import JSON, UncleanValue
from integrations_pipelines.entities.kinds.texts import UNKNOWN, as_text, is_nothing, joined_lines

# The common case, in lower case and wholly in ASCII. Dots may stand anywhere in the local part: Japanese carriers gave
# out such addresses. Limits: RFC 5321 section 4.5.3.1 (local part 64, path 256 octets with its brackets).
_PLAIN = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}+@(?:[a-z0-9]{1,63}+(?:-++[a-z0-9]++)*+\.)++[a-z]{2,63}+"
)
_BRACKETED = re.compile(r"<([^<>]*)>")
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}")
_LONGEST = 254


def clean_email(value: object, _region: str | None = None) -> JSON:
    """The address in lower case, plus-tag kept, an international domain in its ASCII form; None for nothing.

    Takes ``mailto:`` and ``Ada <ada@x.org>``. Raises ``UncleanValue`` for what is no address, or more than one.
    Sources: RFC 5321, RFC 6531 (letters beyond ASCII), RFC 6068 (mailto).
    """
    return clean_emails((value,))[0]


def clean_emails(values: Sequence[object], _region: str | None = None) -> list[JSON]:
    """``clean_email`` of many values."""
    if not values:
        return []
    is_plain = _PLAIN.fullmatch
    return [
        lower if is_plain(lower) and len(lower) <= _LONGEST else _read(value)
        for value, lower in zip(values, joined_lines(values).lower().split("\n"), strict=True)
    ]


def _read(value: object) -> str | None:
    text = _bare(as_text(value))
    return None if is_nothing(text, UNKNOWN) else _address(text)


def _bare(text: str) -> str:
    """The address alone, out of a display-name form or a mailto link."""
    bracketed = _BRACKETED.findall(text)
    if len(bracketed) > 1:
        raise UncleanValue("more than one address")
    bare = bracketed[0].strip() if bracketed else text
    return bare[7:].partition("?")[0].strip() if bare[:7].lower() == "mailto:" else bare


def _address(text: str) -> str:
    local, _, host = text.rpartition("@")
    local = local.lower()
    if not _LOCAL.fullmatch(local):
        raise UncleanValue("not an e-mail address")
    try:
        address = f"{local}@{ascii_host(host)}"
    except UnreadableHost as error:
        raise UncleanValue("not an e-mail address") from error
    if len(address) > _LONGEST or address.rpartition(".")[2].isdigit():
        raise UncleanValue("not an e-mail address")
    return address
