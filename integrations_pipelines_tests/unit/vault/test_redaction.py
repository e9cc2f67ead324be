import base64
import html
import json
import time
import urllib.parse
from collections.abc import Callable

import httpx
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.vault import SecretValue, scrub
from integrations_pipelines.vault.matcher import Matcher
from integrations_pipelines.vault.patterns import RULES
from integrations_pipelines.vault.redaction import HIDDEN

CANARIES = (
    "canary7f3e9c21d04b",
    "ça nary/é+p&s\"s'w=ö%r\\d!~",
    "-@-!-#-$-%-^-&-*-(-)-",
    "two words\nand a line\tmore",
    "канарейка-пароль",
    "a%25b%41c%2525d",
    "''quote''d''twice",
)


def base64_after(prefix: str) -> Callable[[str], str]:
    return lambda secret: base64.b64encode(f"{prefix}{secret}:tail".encode()).decode()


def basic_of_requests(secret: str) -> str:
    try:
        return str(requests.auth._basic_auth_str("user", secret))
    except UnicodeEncodeError:
        return ""


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda secret: urllib.parse.quote(secret, safe=""),
    "percent, lower case": lambda secret: (
        urllib.parse.quote(secret, safe="").replace("%2F", "%2f").replace("%C3", "%c3")
    ),
    "percent, slash kept": urllib.parse.quote,
    "form": urllib.parse.quote_plus,
    "percent twice": lambda secret: urllib.parse.quote(urllib.parse.quote(secret)),
    "parameter of httpx": lambda secret: str(httpx.URL("https://host/", params={"q": secret})),
    "parameter of requests": lambda secret: str(
        requests.Request("GET", "https://h/", params={"q": secret}).prepare().url
    ),
    "json": json.dumps,
    "json, not ASCII": lambda secret: json.dumps(secret, ensure_ascii=False),
    "json with slashes escaped": lambda secret: json.dumps(secret).replace("/", "\\/"),
    "json in json": lambda secret: json.dumps(json.dumps({"a": secret})),
    "repr": repr,
    "repr of bytes": lambda secret: repr(secret.encode()),
    "repr in a repr": lambda secret: repr([repr({"a": secret})]),
    "html": html.escape,
    "sql": lambda secret: "'" + secret.replace("'", "''") + "'",
    "base64, aligned": base64_after(""),
    "base64, shifted by one": base64_after("u"),
    "base64, shifted by two": base64_after("us"),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(f"user:{secret}".encode()).decode(),
    "base64, percent": lambda secret: urllib.parse.quote(base64_after("user:")(secret), safe=""),
    "Basic of requests": basic_of_requests,
    "hex": lambda secret: secret.encode().hex(),
    "upper case hex": lambda secret: secret.encode().hex().upper(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("canary", CANARIES)
def test_a_secret_is_hidden_in_every_encoding(canary: str, encoding: str) -> None:
    SecretValue(canary)
    encoded = ENCODINGS[encoding](canary)
    shown = scrub(f"before {encoded} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert not encoded or HIDDEN in shown
    assert not rest_of(canary, shown)


def rest_of(canary: str, shown: str) -> str:
    """Return what of six neighbouring characters of the canary is still readable in some encoding."""
    plain = urllib.parse.unquote_plus(urllib.parse.unquote(html.unescape(shown)))
    pieces = [canary[at : at + 6] for at in range(len(canary) - 5)]
    return next((piece for piece in pieces if piece in plain or piece in shown), "")


passwords = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40)


@given(passwords, st.sampled_from(sorted(ENCODINGS)))
def test_any_secret_is_hidden_in_every_encoding(secret: str, encoding: str) -> None:
    matcher = Matcher()
    matcher.add(secret)
    encoded = ENCODINGS[encoding](secret)
    assert not encoded or matcher.spans(f"x {encoded} x".encode().lower())


@given(st.text(max_size=300), passwords)
def test_only_what_is_secret_is_hidden(text: str, secret: str) -> None:
    matcher = Matcher()
    matcher.add(secret)
    raw = text.encode().lower()
    plain = Matcher()
    assert plain.spans(raw) == []
    assert matcher.spans(f"{text}\0{secret}\0{text}".encode().lower())


def test_overlapping_secrets_leave_no_rest() -> None:
    for secret in ("overlap-alpha-beta", "beta-gamma-overlap", "alpha-beta-gamma"):
        SecretValue(secret)
    assert scrub("<overlap-alpha-beta-gamma-overlap>") == f"<{HIDDEN}>"


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    SecretValue("prefix-77aa")
    SecretValue("prefix-77aa-and-more-99zz")
    assert scrub("(prefix-77aa-and-more-99zz)") == f"({HIDDEN})"


def test_every_line_of_a_private_key_is_hidden() -> None:
    lines = ["MIIEvQIBADANBgkqhkiG9w0BAQEF", "AASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"]
    SecretValue("\n".join(lines))
    assert [scrub(f"line {line}") for line in lines] == [f"line {HIDDEN}"] * 2


def test_a_short_value_does_not_blacken_the_log() -> None:
    SecretValue("test")
    assert scrub("a test of tests") == "a test of tests"


def test_a_matcher_keeps_no_more_values_than_its_limit() -> None:
    matcher = Matcher(limit=50)
    for n in range(200):
        matcher.add(f"value-number-{n:05d}")
    assert len(matcher) == 50
    assert not matcher.spans(b"value-number-00000")
    assert matcher.spans(b"value-number-00199")


def test_what_a_chunk_boundary_cuts_is_found() -> None:
    matcher = Matcher()
    matcher.add("boundary-canary-42")
    for shift in range(-24, 8):
        filler = b"x" * ((1 << 17) + shift)
        assert matcher.spans(filler + b" boundary-canary-42 ") == [(len(filler) + 1, len(filler) + 19)]


SHAPES = (
    "Authorization: Bearer {}",
    "authorization=Bearer {}",
    "{{'Authorization': 'Basic {}'}}",
    '{{"access_token": "{}"}}',
    "headers={{'X-Api-Key': '{}'}}",
    "X-Shopify-Access-Token: {}",
    "https://host/path?hapikey={}&limit=3",
    "https://host/path?api_token={}",
    "https://host/path?refresh_token={}#top",
    "https://host/callback?state=1&code={}",
    "https://host/file?sig={}",
    "https://host/file?X-Amz-Signature={}&X-Amz-Date=20250101",
    "https://host/?X-Amz-Credential={}",
    "https://host/?jwt={}",
    "https://host/?auth={}",
    "https://host/?session={}",
    "https://host/?app_key={}",
    "https://host/#access_token={}",
    "https://user:{}@host/path",
    "postgresql://integrations:{}@db.internal:5432/app",
    "https://{}@host/path",
    "https://hooks.slack.com/services/{}",
    "password={}",
    "PASSWORD='{}'",
    "client_secret: {}",
    r"{{\"token\": \"{}\"}}",
    "token%3D{}",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_credential_this_process_never_held_is_hidden_by_its_shape(shape: str) -> None:
    unknown = "Zx81kQ0vB7mN4pLt92"
    shown = scrub(shape.format(unknown))
    assert unknown not in shown
    assert HIDDEN in shown


VENDOR_KEYS = (
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "glpat-" + "a1B2" * 5,
    "xoxb-" + "1234567890-abc",
    "sk_live_" + "a1B2" * 6,
    "whsec_" + "a1B2" * 8,
    "shpat_" + "0af9" * 8,
    "pat-na1-" + "0123abcd-01ab-01ab-01ab-0123456789ab",
    "AKIA" + "Q1W2E3R4T5Y6U7I8",
    "AIza" + "a1B2_" * 7,
    "ya29." + "a1B2" * 8,
    "ATATT3" + "xFfGF0" * 8,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0",
)


@pytest.mark.parametrize("key", VENDOR_KEYS)
def test_a_vendors_key_is_hidden_by_its_prefix(key: str) -> None:
    assert scrub(f"got {key}, went on") == f"got {HIDDEN}, went on"


def test_a_private_key_is_hidden_whole() -> None:
    block = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nDEF\n-----END RSA PRIVATE KEY-----"
    assert scrub(block) == f"-----BEGIN RSA PRIVATE KEY-----{HIDDEN}-----END RSA PRIVATE KEY-----"


HARMLESS = (
    "hubspot-emea: there is no credential 'access_token'; set it with: integrations credential set hubspot-emea",
    "status code=404 for https://api.example.com/v3/tickets?limit=100&after=200",
    "max_tokens=4096 token_count: 200 next_token=None",
    "the bearer token is missing; basic authentication is not offered",
    "key 'key-20250101-3f9a' still seals 12 secret versions; rotate first",
    "hubspot-emea: access_token version 2: the sealed value was altered",
    "https://api.example.com:8443/v1/contacts 0193f2c4-7a1b-7c3d-9e1f-aabbccddeeff",
    "password: required, secret: missing, tokens expire",
    "select id, secret_id, version from integrations.secret_version where state = 'active'",
)


@pytest.mark.parametrize("line", HARMLESS)
def test_a_line_without_a_secret_stays_as_it_is(line: str) -> None:
    assert scrub(line) == line


@given(st.text(max_size=400))
def test_scrubbing_never_fails_and_scrubbing_twice_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


HOSTILE = (
    *(
        "token=",
        "token:",
        "token: ",
        'token:"',
        "password",
        "bearer+",
        "bearer ",
        "eyja",
        "ghp_",
        "sk_live_",
        "aiza",
    ),
    *(
        "s://",
        "a@s://",
        "hooks.slack.com/services/",
        "begin private key-----",
        "'",
        '"',
        "=",
        "%25",
        "&amp;",
        "\\n",
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_quadratic_time(piece: str) -> None:
    begun = time.process_time()
    scrub(piece * (400_000 // len(piece)))
    assert time.process_time() - begun < 10


def test_every_rule_is_found_by_an_anchor_of_four_bytes() -> None:
    assert {len(rule.anchor) for rule in RULES} == {4}
