"""Column headings as files have them, and what they mean. Tables only."""

# ruff: noqa: E501 - tables of patterns read better one a line

from collections.abc import Mapping

# Attributes that files have and presets do not, with their kinds.
EXTRA_KINDS: Mapping[str, str] = {
    "middle_name": "person_name", "name_suffix": "person_name", "other_names": "person_name",
    "house_number": "address", "address": "address", "address_line_2": "affiliation", "gender": "category",
    "birth_place": "affiliation",
    "company_name": "affiliation", "organization_name": "organization_name", "other_organization_names": "organization_name",
    "title": "title", "authors": "people", "venue": "category", "year": "year", "model": "identifier",
    "manufacturer": "affiliation", "brand": "affiliation", "job_title": "affiliation", "website": "domain", "url": "ignored",
}  # fmt: skip
IGNORED = "ignored"
# An identifier of the column's own: numbers of two registers never agree or contradict.
OWN = "own identifier"

# By the column's name in snake case; the first that fits. Written from the headings of CRM and help-desk exports.
SHARED_HEADINGS = (
    (r"(true|unique|rec|record|row|cluster|label|entity|source|data_?source|dataset|group)(_?(id|key|no|type))?|id|uuid|index|key", IGNORED),
    (r".*(relation|rel_|pointer|anchor).*", IGNORED),
    (r".*(_type|_kind|_country_code)$|type|kind|.*status.*|.*(created|updated|modified|joined|valid).*", IGNORED),
    (r".*(ssn|soc_?sec|social_?security|national_?insurance|nino|nhs_?(no|num|id)).*(country|state|issuer)|.*(passport|licen[cs]e|tax_?id|national_?id|vat).*(country|state|type|issuer)", IGNORED),
    (r".*(ssn|soc_?sec|social_?security|national_?insurance|nino|nhs_?(no|num|id)).*", OWN),
    (r".*(passport|driver.*licen[cs]e|national_?id|tax_?(id|no|num)|vat(_?(id|no|num))?|(^|_)lei(_|$)|duns|ein(_|$)|registration_?(no|num)|provider_?id|member_?id|npi).*", OWN),
    (r".*(e_?mail).*", "email"),
    (r".*fax.*", IGNORED),
    (r".*(phone|mobile|(^|_)tel(_|$)|telefon|cell).*", "phone"),
    (r".*(birth_?place|place_?of_?birth).*", "birth_place"),
    (r".*(dob|birth|geburt).*", "birth_date"),
    (r".*(gender|sex)$", "gender"),
    (r".*(zip|post_?code|postal|plz)(_?code)?.*", "postcode"),
    (r".*(street|house)_?(no|num|nr|number).*|hausnummer", "house_number"),
    (r".*addr(ess)?_?(line)?_?[23]$", "address_line_2"),
    (r".*(full_?addr|addr(ess)?_?full).*", "address"),
    (r".*(street|addr(ess)?(_?line)?_?1?|strasse)$", "street"),
    (r".*(city|town|suburb|locality|municipality|(^|_)ort)$", "city"),
    (r".*(state|province|county)$", "state"),
    (r".*country$", "country"),
    (r".*(web_?site|homepage|domain|url)$", "website"),
    (r".*(user_?name|login|handle)$", "username"),
)  # fmt: skip
HEADINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "person": (
        (r".*(first|given).*(sur|last|family).*|.*(sur|last|family).*_(first|given).*", "name"),
        (r".*(first|given|fore)_?name.*|.*name_?(first|given)|vorname|prenom|fname", "given_name"),
        (r".*(last|family|sur)_?name.*|.*name_?(last|family)|surname|nachname|lname", "family_name"),
        (r".*(middle_?(name|initial)|name_?middle).*", "middle_name"),
        (r".*(suffix|generation)$", "name_suffix"),
        (r".*(native|alias|aka|maiden|other|secondary|former).*name.*(?<!org)$", "other_names"),
        (r".*name_?org$|.*org(ani[sz]ation)?_?name$", "organization_name"),
        (r"(full|contact|customer|person|display|member|primary)?_?name(_?full)?", "name"),
        (r".*(company|employer|organi[sz]ation|account)(_?name)?$", "company_name"),
        (r".*(occupation|job_?title|profession)$", "job_title"),
    ),
    "organization": (
        (r".*(native|alias|aka|other|secondary|former|trading|dba|legal).*name.*", "other_organization_names"),
        (r"(site|company|business|organi[sz]ation|org|account|legal|primary|firm|vendor|supplier|customer|school|institution)?_?(name|title)(_?org)?|company|organi[sz]ation|business", "name"),
    ),
    "product": (
        (r".*(title|product_?name|(^|_)name)$", "name"),
        (r".*(description|details|features?)$", "description"),
        (r".*(manufacturer|brand|maker|vendor)$", "brand"),
        (r".*(price|cost|amount)$", "price"),
        (r".*(sku|upc|ean|gtin|isbn|barcode|model_?(no|num|number)?|part_?(no|num|number)|mpn)$", "model"),
        (r".*(category|genre)$", "category"),
    ),
}  # fmt: skip
ANY_HEADINGS = (
    (r".*(authors?|artists?|creators?|contributors?)$", "authors"),
    (r".*(venue|journal|booktitle|publisher|conference)$", "venue"),
    (r".*(year|published)$", "year"),
    (r".*title$", "name"),
    (r"(^|.*_)name$", "name"),
    (r".*(description|abstract|summary)$", "description"),
)
