"""Country and language kinds: names and codes to ISO codes."""

import re
import unicodedata
from functools import lru_cache

from integrations_pipelines.entities.kinds.country_names import COUNTRY_NAMES
from integrations_pipelines.entities.kinds.kind import UncleanValue
from integrations_pipelines.entities.kinds.texts import UNKNOWN, as_text, is_nothing

# ISO 639-1, withdrawn codes left out. Source: https://www.loc.gov/standards/iso639-2/
LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv
    dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie
    ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv
    mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm
    rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr
    ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()
)
_LANGUAGE_NAMES = {
    "arabic": "ar", "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "croatian": "hr", "czech": "cs",
    "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi", "french": "fr",
    "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "indonesian": "id",
    "italian": "it", "japanese": "ja", "korean": "ko", "latvian": "lv", "lithuanian": "lt", "norwegian": "no",
    "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "serbian": "sr",
    "slovak": "sk", "slovenian": "sl", "spanish": "es", "swedish": "sv", "thai": "th", "turkish": "tr",
    "ukrainian": "uk", "vietnamese": "vi", "deutsch": "de", "español": "es", "français": "fr", "italiano":
    "it", "nederlands": "nl", "português": "pt",
}  # fmt: skip
_TAG = re.compile(
    r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_.@].*)?", re.IGNORECASE | re.ASCII
)
# What three letters of ISO 639-2 mean in two, for the languages that tools send most.
_SHORT = {
    "ara": "ar", "ces": "cs", "cze": "cs", "chi": "zh", "dan": "da", "deu": "de", "dut": "nl", "ell": "el", "eng": "en",
    "fin": "fi", "fra": "fr", "fre": "fr", "ger": "de", "heb": "he", "hin": "hi", "hun": "hu", "ita": "it", "jpn": "ja",
    "kor": "ko", "nld": "nl", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "spa": "es",
    "swe": "sv", "tur": "tr", "ukr": "uk", "vie": "vi", "zho": "zh",
}  # fmt: skip


def _folded(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\s.,'’()-]+", " ", plain.casefold()).strip()


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Every known name and code, folded, to its alpha-2 code; codes go before names."""
    known: dict[str, str] = {}
    for line in COUNTRY_NAMES.strip().splitlines():
        alpha2, alpha3, names = line.split(" ", 2)
        known |= {alpha2.lower(): alpha2, alpha3.lower(): alpha2}
        known |= {_folded(name): alpha2 for name in names.split("|")}
    return known


@lru_cache(maxsize=4_096)
def _country(text: str) -> str:
    known = _countries()
    code = known.get(text.lower()) or known.get(_folded(text)) or known.get(_folded(text).replace(" ", ""))
    if code is None:
        raise UncleanValue("not a country we know")
    return code


def clean_country(value: object, _region: str | None = None) -> str | None:
    """The ISO 3166 alpha-2 code of a country's code or name; None for nothing."""
    text = as_text(value)
    return None if is_nothing(text, UNKNOWN) else _country(text)


def clean_language(value: object, _region: str | None = None) -> str | None:
    """A BCP 47 tag of language, script and region (``pt-BR``); None for nothing. Source: RFC 5646."""
    text = as_text(value)
    if is_nothing(text, UNKNOWN):
        return None
    named = _LANGUAGE_NAMES.get(text.lower())
    found = _TAG.fullmatch(named or text)
    code = _SHORT.get(found[1].lower(), found[1].lower()) if found else ""
    if not found or (len(code) == 2 and code not in LANGUAGES):
        raise UncleanValue("not a language code")
    parts = (code, (found[2] or "").title(), (found[3] or "").upper())
    return "-".join(part for part in parts if part)
