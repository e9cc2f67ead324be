"""Shapes of credentials that may be hidden though this process never held them: headers, parameters, vendor keys. Pure.

Prefixes of vendor keys: https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
and the rules of gitleaks (https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# What follows "Bearer" and "Basic": looks like a credential rather than like the next word of a sentence.
_CREDENTIAL = rb"(?=[^\s\"']{0,200}[\d+/=._~-]|[^\s\"']{16})([a-z0-9+/=._~-]{6,})"
# Counts ("max_tokens=4096") and plain words of programs are no secrets.
_NOT = rb"(?!(?:\d{1,9}|none|null|true|false|nil)(?![\w-])|\[redacted)"
_BARE = _NOT + rb"([^\s\"'&;,<>(){}\[\]\\]+)"
_LONG = _NOT + rb"(?=[^\s\"']{0,200}\d)([^\s\"'&;,<>(){}\[\]\\]{8,})"
_QUOTED = _NOT + rb"([^\"'\\\n]+)"
_QUOTE = rb"\\{0,4}[\"']"

# hapikey, api_token and refresh_token leak from dlt's own redaction.
_WORDS = "password passwd passphrase pwd= secret token api_key api-key apikey hapikey access_key access-key app_key"
_MORE = (
    "private_key signature sig= auth= auth_ authorization credential session jwt= x-amz-security code= key="
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A shape: looked up by ``anchor``, then matched from there in lower-case text; its groups are what is hidden."""

    anchor: bytes
    pattern: re.Pattern[bytes]


def _rules() -> Iterator[Rule]:
    for word in f"{_WORDS} {_MORE} cookie client_key".split():
        yield _rule(word, _assignment(word))
    yield _rule("bearer", rb"bearer(?:\s|%20|\+){1,3}" + _CREDENTIAL)
    yield _rule("basic", rb"basic(?:\s|%20|\+){1,3}" + _CREDENTIAL)
    yield _rule("begin", rb"begin [a-z ]{0,20}private key-----(.*?)(?:-----end|\Z)")
    yield _rule("hooks.slack.com", rb"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/-]+)")
    yield _rule("/bot", rb"/bot(\d{5,}:[\w-]{20,})")
    for letter in _LETTERS:
        yield _rule(
            f"{letter}://", rb".://(?=[^/\s\"'<>?#@]{0,1000}+@)(?:[^/\s:@\"'<>?#]*:)?([^/\s\"'<>?#]+)@"
        )
        yield _rule(
            f"eyj{letter}", rb"(?:(?<![\w-])|(?<=%[0-9a-f]{2}))(eyj[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"
        )
    yield from _vendor_keys()


def _assignment(word: str) -> bytes:
    name = re.escape(word.rstrip("=").encode())
    if word in {"code=", "key="}:
        return rb"(?<=[?&])" + name + rb"=" + _BARE  # in a query only: "status code=404" is none
    rest = rb"" if word.endswith("=") else rb"[\w-]{0,24}"
    scheme = rb"(?:(?:bearer|basic|token|digest|apikey)\s+)?"
    spaces = rb"[ \t]{0,3}"
    quoted = (
        rb"(?:" + _QUOTE + rb")?" + spaces + rb"(?:=>|=|:)" + spaces + rb"u?b?" + _QUOTE + scheme + _QUOTED
    )
    bare = spaces + rb"(?:=|%3d)" + rb"(?=\S)" + scheme + _BARE
    header = spaces + rb":" + spaces + scheme + _LONG
    return name + rest + rb"(?:" + quoted + rb"|" + bare + rb"|" + header + rb")"


def _vendor_keys() -> Iterator[Rule]:
    shapes = {
        rb"(%s[a-z0-9]{20,})": "ghp_ gho_ ghu_ ghs_ ghr_",
        rb"(%s[\w-]{16,})": "github_pat_ glpat- sk_live_ rk_live_ sk_test_ rk_test_ whsec_ npm_ pypi- dop_v1_ lin_api_",
        rb"(%s[\w-]{10,})": "xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- xapp- xoxc- xoxd-",
        rb"(%s[\w.=-]{20,})": "atatt3 ya29. sk-proj- sk-ant- aiza",
        rb"(%s[a-f0-9]{32})": "shpat_ shpca_ shppa_ shpss_",
        rb"(%s[a-z0-9]{16})(?![a-z0-9])": "akia",
        rb"(%s\d-[0-9a-f-]{36})": "pat-na pat-eu",
    }
    for shape, prefixes in shapes.items():
        for prefix in prefixes.split():
            yield _rule(prefix, shape % re.escape(prefix.encode()))


def _rule(anchor: str, pattern: bytes) -> Rule:
    return Rule(anchor=anchor.encode()[:4], pattern=re.compile(pattern, re.DOTALL))


RULES = tuple(_rules())
