import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.entities import KINDS, UncleanValue, is_free_mail, is_role_mailbox
from integrations_pipelines.entities.mailboxes import ROLE_MAILBOXES

clean = KINDS["email"].clean


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org\n", "ada@example.org"),
        ("mailto:Ada@example.org?subject=Hi", "ada@example.org"),
        ("Ada Lovelace <ada@example.org>", "ada@example.org"),
        ('"Lovelace, Ada" <ada@example.org>', "ada@example.org"),
        ("ada+tag@example.org", "ada+tag@example.org"),
        ("ada..l.@docomo.ne.jp", "ada..l.@docomo.ne.jp"),
        ("ada@bücher.de", "ada@xn--bcher-kva.de"),
        ("ada@straße.de", "ada@xn--strae-oqa.de"),
        ("JOSÉ@example.org", "josé@example.org"),
        ("jose\u0301@example.org", "josé@example.org"),
        ("ada\x00@example.org", "ada@example.org"),
        ("ada@example.org.", "ada@example.org"),
    ],
)
def test_an_address_is_read_in_each_form(raw: str, address: str) -> None:
    assert clean(raw, None) == address


@pytest.mark.parametrize(
    "raw",
    [
        "ada",
        "ada@",
        "@example.org",
        "ada@localhost",
        "ada@example",
        "a b@example.org",
        "ada@exa mple.org",
        "ada@-example.org",
        "ada@example-.org",
        "ada@127.0.0.1",
        "ada@example.org, bob@example.org",
        "Ada <ada@example.org> <bob@example.org>",
        "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org",
        "ada@" + "b." * 126 + "org",
        "ada@@example.org",
        12,
        ["ada@example.org"],
    ],
)
def test_what_is_no_single_address_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        clean(raw, None)


def test_capital_sharp_s_stays_another_letter_than_double_s() -> None:
    assert clean("WEIẞ@example.org", None) != clean("WEISS@example.org", None)


@pytest.mark.parametrize(
    "email",
    ["info@x.org", "no-reply@x.org", "support+eu@x.org", "billing@x.org", "office@x.org", "support02@x.org"],
)
def test_a_role_mailbox_is_known(email: str) -> None:
    assert is_role_mailbox(email)


@pytest.mark.parametrize(
    "email", ["ada@x.org", "information.ada@x.org", "ada+info@x.org", "salesman@x.org", "ar1@x.org"]
)
def test_a_persons_mailbox_is_no_role(email: str) -> None:
    assert not is_role_mailbox(email)


@given(
    word=st.sampled_from(sorted(ROLE_MAILBOXES)),
    end=st.from_regex(r"([0-9]{0,4}|[a-z])(\+[a-z]*)?", fullmatch=True),
)
def test_the_short_way_to_a_role_is_no_other(word: str, end: str) -> None:
    local = word + end
    told = local.partition("+")[0]
    plain = len(told) > 5 and told.rstrip("0123456789") in ROLE_MAILBOXES
    assert is_role_mailbox(f"{local}@x.org") == (told in ROLE_MAILBOXES or plain)


@pytest.mark.parametrize(
    ("domain", "is_free"), [("gmail.com", True), ("gmx.de", True), ("example.org", False)]
)
def test_free_mail_is_told_from_a_companys(domain: str, is_free: bool) -> None:
    assert is_free_mail(domain) is is_free
