"""Which column of a file is which attribute, by name alone, and only where it is obvious. Pure."""

import re
from collections.abc import Iterable, Mapping

from integrations_pipelines.entities import EntityType

# The ways people name columns; the first attribute that the entity type has is meant.
_MEANS: Mapping[str, tuple[str, ...]] = {
    "e_mail": ("email",),
    "mail": ("email",),
    "email_address": ("email",),
    "e_mail_address": ("email",),
    "e_email": ("email",),
    "e_email_address": ("email",),
    "phone_number": ("phone",),
    "telephone": ("phone",),
    "tel": ("phone",),
    "mobile": ("phone",),
    "mobile_phone": ("phone",),
    "full_name": ("name",),
    "display_name": ("name",),
    "vor_und_last_name": ("name",),
    "full_name_y_last_name": ("name",),
    "full_name_e_last_name": ("name",),
    "name_et_first_name": ("name",),
    "first_name": ("given_name",),
    "firstname": ("given_name",),
    "givenname": ("given_name",),
    "forename": ("given_name",),
    "last_name": ("family_name",),
    "lastname": ("family_name",),
    "surname": ("family_name",),
    "familyname": ("family_name",),
    "company": ("company_name", "name"),
    "company_name": ("company_name", "name"),
    "organisation": ("company_name", "name"),
    "organization": ("company_name", "name"),
    "organisation_name": ("company_name", "name"),
    "organization_name": ("company_name", "name"),
    "title": ("title", "job_title"),
    "job": ("job_title",),
    "position": ("job_title",),
    "login": ("username",),
    "user_name": ("username",),
    "zip": ("postcode",),
    "zip_code": ("postcode",),
    "zipcode": ("postcode",),
    "postal_code": ("postcode",),
    "town": ("city",),
    "address": ("street",),
    "street_address": ("street",),
    "web": ("website",),
    "web_site": ("website",),
    "homepage": ("website",),
    "web_domain": ("domain",),
    "vat": ("tax_id",),
    "vat_id": ("tax_id",),
    "vat_number": ("tax_id",),
    "tax_number": ("tax_id",),
    "date_of_birth": ("birth_date",),
    "birthday": ("birth_date",),
    "dob": ("birth_date",),
    "created": ("created_at",),
    "updated": ("updated_at",),
}


def guess(columns: Iterable[str], entity_type: EntityType, taken: Iterable[str] = ()) -> dict[str, str]:
    """Return column: attribute for the columns whose names say it; an attribute is given once, none of ``taken``.

    What English does not know is read in the other languages that `integrations match` knows.
    """
    columns, used = list(columns), set(taken)
    found = _named({column: _plain(column) for column in columns}, entity_type, used)
    rest = [column for column in columns if column not in found]
    translated = _named(_in_english(rest), entity_type, used) if rest else {}
    found |= {column: _other_half(attribute, used) for column, attribute in translated.items()}
    return {column: found[column] for column in columns if column in found}


def _named(names: Mapping[str, str], entity_type: EntityType, used: set[str]) -> dict[str, str]:
    found = {}
    for column, name in names.items():
        attribute = _meant(name, entity_type)
        if attribute and attribute not in used:
            found[column] = attribute
            used.add(attribute)
    return found


def _in_english(columns: Iterable[str]) -> dict[str, str]:
    # Imported here: the engine of matching is heavy, and English headings do without.
    from integrations_pipelines.resolution.match.heading_words import words_of

    names = {column: words_of(column) for column in columns}
    return {column: "phone" if set(name.split("_")) == {"phone"} else name for column, name in names.items()}


def _other_half(attribute: str, used: set[str]) -> str:
    """``Nom`` beside ``Prénom`` is the family name, ``Nome`` beside ``Cognome`` the given one."""
    halves = {"given_name", "family_name"} - used
    return halves.pop() if attribute == "name" and len(halves) == 1 else attribute


def _meant(name: str, entity_type: EntityType) -> str | None:
    names = (name, *_MEANS.get(name, ()))
    return next((one for one in names if one in entity_type.attributes), None)


def _plain(column: str) -> str:
    """``firstName``, ``First name`` and ``FIRST-NAME`` all read ``first_name``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
