import pytest

from integrations_pipelines.entities import KINDS, UncleanValue


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("de", "DE"),
        ("DEU", "DE"),
        ("Germany", "DE"),
        ("DEUTSCHLAND", "DE"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("The Netherlands", "NL"),
        ("UK", "GB"),
        ("Cote d'Ivoire", "CI"),
        ("Österreich", "AT"),
        ("日本", "JP"),
        ("Kosovo", "XK"),
        ("NA", "NA"),
    ],
)
def test_a_country_is_known_by_code_and_name(raw: str, code: str) -> None:
    assert KINDS["country"].clean(raw, None) == code


@pytest.mark.parametrize("raw", ["Atlantis", "ZZ", 49, "Georgia, USA"])
def test_an_unknown_country_is_refused(raw: object) -> None:
    with pytest.raises(UncleanValue):
        KINDS["country"].clean(raw, None)


@pytest.mark.parametrize(
    ("raw", "tag"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("English", "en"),
        ("zh_hant-tw", "zh-Hant-TW"),
        ("deu", "de"),
        ("pt_BR.UTF-8", "pt-BR"),
        ("gsw", "gsw"),
    ],
)
def test_a_language_is_brought_to_its_tag(raw: str, tag: str) -> None:
    assert KINDS["language"].clean(raw, None) == tag


@pytest.mark.parametrize("raw", ["xx", "Klingon", "1"])
def test_an_unknown_language_is_refused(raw: str) -> None:
    with pytest.raises(UncleanValue):
        KINDS["language"].clean(raw, None)
