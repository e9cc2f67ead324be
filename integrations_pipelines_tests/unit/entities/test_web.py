import pytest

from integrations_pipelines.entities import KINDS, UncleanValue


@pytest.mark.parametrize(
    ("raw", "domain"),
    [
        ("example.com", "example.com"),
        ("https://www.Example.co.uk/about?x=1", "example.co.uk"),
        ("http://user:secret@shop.example.com:8080/x", "example.com"),
        ("//cdn.example.com", "example.com"),
        ("ada@mail.example.com", "example.com"),
        ("https://example.com/@ada", "example.com"),
        ("example.com/?next=http://other.org", "example.com"),
        ("ada.github.io", "ada.github.io"),
        ("BÜCHER.de", "xn--bcher-kva.de"),
        ("example.com.", "example.com"),
    ],
)
def test_the_registrable_domain_is_found(raw: str, domain: str) -> None:
    assert KINDS["domain"].clean(raw, None) == domain


@pytest.mark.parametrize(
    "raw", ["localhost", "co.uk", "192.168.0.1", "http://[::1]/", "not a domain", "x..com", 12]
)
def test_what_has_no_registrable_domain_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["domain"].clean(raw, None)


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("example.com", "https://example.com/"),
        ("HTTP://Example.COM:80/A?b=C#d", "http://example.com/A?b=C#d"),
        ("https://ada:secret@example.com/x", "https://example.com/x"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("//example.com", "https://example.com/"),
        ("example.com/?next=http://other.org", "https://example.com/?next=http://other.org"),
        ("https://bücher.de/ä", "https://xn--bcher-kva.de/ä"),
    ],
)
def test_a_web_address_is_brought_to_one_form(raw: str, url: str) -> None:
    assert KINDS["url"].clean(raw, None) == url


@pytest.mark.parametrize(
    "raw", ["javascript:alert(1)", "mailto:a@b.org", "ftp://example.com", "http://", "http://a b.com", "x"]
)
def test_what_is_no_web_address_is_refused(raw: str) -> None:
    with pytest.raises(UncleanValue):
        KINDS["url"].clean(raw, None)
