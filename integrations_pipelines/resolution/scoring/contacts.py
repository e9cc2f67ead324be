"""E-mail addresses, phone numbers and web domains."""

from collections.abc import Mapping

import numpy as np

from integrations_pipelines.entities.mailboxes import is_free_mail, is_role_mailbox
from integrations_pipelines.resolution.scoring.columns import Column, Part, words
from integrations_pipelines.resolution.scoring.kind import (
    Keys,
    Kind,
    Outcome,
    Side,
    both,
    counted,
    levels,
    likeness,
    outcome,
    same,
    typing_errors,
    value_keys,
)

_TELLING_LOCAL = 5


def _telling(email: str) -> str:
    """An address that may prove something; "" for a role's mailbox."""
    return "" if is_role_mailbox(email) else email


def _local(email: str) -> str:
    """What stands before the @, without plus-tag and dots where it is long enough to tell."""
    local = email.partition("@")[0].partition("+")[0].replace(".", "")
    return local if len(local) >= _TELLING_LOCAL else ""


def _own_domain(email: str) -> str:
    domain = email.rpartition("@")[2]
    return "" if is_free_mail(domain) else domain


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _derive_email(texts: list[str]) -> Mapping[str, Part]:
    whole = words([_telling(text) for text in texts])
    locals_ = whole.each(lambda email: email.partition("@")[0])
    return {
        "email": whole,
        "local": whole.each(_local),
        "front": locals_.hashed(lambda local: local[:2]),
        "back": locals_.hashed(lambda local: local[-3:]),
        "figures": locals_.hashed(_digits),
        "domain": whole.hashed(_own_domain),
    }


def _compare_emails(left: Side, right: Side) -> list[Outcome]:
    equal = same(left, right, "email")
    # A slip leaves one end of the local part as it was; looking at all others costs most of the time.
    asked = ~equal & (same(left, right, "front") | same(left, right, "back"))
    near = likeness(left, right, "email", asked)
    slips = typing_errors(left, right, "email", asked & (near >= 0.8))
    local = same(left, right, "local")
    # ada.smith17 and ada.smith94 are two people of one name, not a slip.
    figures = left.hashes("figures") == right.hashes("figures")
    local_near = likeness(left, right, "local", asked & ~local & both(left, right, "local"))
    level = levels(
        ~both(left, right, "email"),
        equal,
        figures & ((slips <= 2) | ((near >= 0.96) & (slips <= 4))),
        figures & (near >= 0.9) & (local_near >= 0.9),
        local,
        same(left, right, "domain"),
    )
    tokens = np.where(level == 0, left.hashes("email"), left.hashes("local"))
    return [outcome("value", level, tokens, told=4)]


def _email_keys(column: Column) -> list[Keys]:
    return [
        value_keys("e-mail", column.hashes("email")),
        value_keys("local part of e-mail", column.hashes("local"), wide=True),
        value_keys("domain of e-mail", column.hashes("domain"), wide=True),
    ]


EMAIL = Kind(
    name="email",
    aspects={"value": ("exact", "typo", "similar", "local", "same_domain", "different")},
    derive=_derive_email,
    compare=_compare_emails,
    keys=_email_keys,
    counted=lambda column: {
        "value.0": column.hashes("email"),
        "value.3": column.hashes("local"),
    },
)


def _derive_phone(texts: list[str]) -> Mapping[str, Part]:
    digits = words(texts).each(_digits)
    telling = digits.each(lambda number: number if len(number) >= 6 and len(set(number)) > 2 else "")
    return {
        "digits": telling,
        "head": telling.hashed(lambda number: number[:-4]),
        "end": telling.hashed(lambda number: number[-4:]),
        "national": telling.hashed(lambda number: number[-10:] if len(number) >= 10 else ""),
        "tail": telling.hashed(lambda number: number[-7:] if len(number) >= 7 else ""),
        "nine": telling.hashed(lambda number: number[-9:] if len(number) >= 9 else ""),
        "size": telling.measured(),
    }


def _compare_phones(left: Side, right: Side) -> list[Outcome]:
    equal = same(left, right, "digits") | same(left, right, "national")
    tail = same(left, right, "nine") | same(left, right, "tail")
    short = np.minimum(left.numbers("size"), right.numbers("size")) < 10
    slips = typing_errors(
        left, right, "digits", ~equal & (same(left, right, "head") | same(left, right, "end"))
    )
    level = levels(
        ~both(left, right, "digits"), equal, tail & short, same(left, right, "nine"), slips <= 1, tail
    )
    tokens = np.where(level == 0, left.hashes("digits"), left.hashes("tail"))
    return [outcome("value", level, tokens, told=2)]


def _phone_keys(column: Column) -> list[Keys]:
    return [value_keys("last digits of phone", column.hashes("tail"))]


PHONE = Kind(
    name="phone",
    aspects={"value": ("exact", "tail", "nine", "typo", "last_seven", "different")},
    derive=_derive_phone,
    compare=_compare_phones,
    keys=_phone_keys,
    counted=lambda column: {
        "value.0": column.hashes("digits"),
        "value.1": column.hashes("tail"),
    },
)


def _derive_domain(texts: list[str]) -> Mapping[str, Part]:
    return {"domain": words(["" if is_free_mail(text) else text for text in texts])}


def _compare_domains(left: Side, right: Side) -> list[Outcome]:
    level = levels(~both(left, right, "domain"), same(left, right, "domain"))
    return [outcome("value", level, left.hashes("domain"))]


def _domain_keys(column: Column) -> list[Keys]:
    return [value_keys("web domain", column.hashes("domain"), wide=True)]


DOMAIN = Kind(
    name="domain",
    aspects={"value": ("exact", "different")},
    derive=_derive_domain,
    compare=_compare_domains,
    keys=_domain_keys,
    counted=counted(value="domain"),
)
