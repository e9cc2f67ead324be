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
    "phone_number": ("phone",),
    "telephone": ("phone",),
    "tel": ("phone",),
    "mobile": ("phone",),
    "mobile_phone": ("phone",),
    "full_name": ("name",),
    "display_name": ("name",),
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
    """Return column: attribute for the columns whose names say it; an attribute is given once, none of ``taken``."""
    used, found = set(taken), {}
    for column in columns:
        attribute = _meant(_plain(column), entity_type)
        if attribute and attribute not in used:
            found[column] = attribute
            used.add(attribute)
    return found


def _meant(name: str, entity_type: EntityType) -> str | None:
    names = (name, *_MEANS.get(name, ()))
    return next((one for one in names if one in entity_type.attributes), None)


def _plain(column: str) -> str:
    """``firstName``, ``First name`` and ``FIRST-NAME`` all read ``first_name``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.strip())
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
