"""Attribute kinds: each owns the cleaning of its values. ``KINDS`` is the register."""

from collections.abc import Mapping
from types import MappingProxyType

from integrations_pipelines.entities.kinds.documents import clean_json
from integrations_pipelines.entities.kinds.emails import clean_email, clean_emails
from integrations_pipelines.entities.kinds.hosts import clean_domain, clean_url
from integrations_pipelines.entities.kinds.kind import JSON, AttributeKind, UncleanValue, by_name
from integrations_pipelines.entities.kinds.numbers import (
    clean_currency,
    clean_decimal,
    clean_gtin,
    clean_integer,
    clean_money,
)
from integrations_pipelines.entities.kinds.phones import clean_phone, clean_phones
from integrations_pipelines.entities.kinds.places import clean_country, clean_language
from integrations_pipelines.entities.kinds.texts import (
    clean_address,
    clean_boolean,
    clean_identifier,
    clean_identifiers,
    clean_line,
    clean_lines,
    clean_person_names,
    clean_text,
    clean_username,
)
from integrations_pipelines.entities.kinds.times import clean_date, clean_timestamp, clean_timestamps
from integrations_pipelines.entities.mailboxes import is_free_mail, is_role_mailbox
from integrations_pipelines.entities.names import fold, name_key, name_keys
from integrations_pipelines.entities.organizations import organization_key

__all__ = ["JSON", "KINDS", "AttributeKind", "UncleanValue"]


KINDS: Mapping[str, AttributeKind] = MappingProxyType(
    by_name(
        AttributeKind(
            name="email",
            clean=clean_email,
            clean_column=clean_emails,
            description="An e-mail address, in lower case, domain in ASCII, plus-tag kept.",
            proves_nothing=is_role_mailbox,
        ),
        AttributeKind(
            name="phone",
            clean=clean_phone,
            clean_column=clean_phones,
            regional=True,
            description="A phone number in E.164, without its extension.",
        ),
        AttributeKind(
            name="domain",
            clean=clean_domain,
            description="A registrable web domain, by the public suffix list.",
            proves_nothing=is_free_mail,
        ),
        AttributeKind(name="url", clean=clean_url, description="A web address."),
        AttributeKind(name="username", clean=clean_username, description="A login, case-folded, without @."),
        AttributeKind(
            name="person_name",
            clean=clean_line,
            clean_column=clean_person_names,
            description="A person's name, or a part of it, as written.",
            key=name_keys.__getitem__,
            name_key=name_key,
        ),
        AttributeKind(
            name="organization_name",
            clean=clean_line,
            clean_column=clean_lines,
            description="An organisation's name, as written.",
            key=organization_key,
            name_key=organization_key,
        ),
        AttributeKind(
            name="name",
            clean=clean_line,
            clean_column=clean_lines,
            description="The name of a thing, on one line.",
            name_key=fold,
        ),
        AttributeKind(name="text", clean=clean_text, description="Text of any length."),
        AttributeKind(
            name="address", clean=clean_address, description="An address, or a part of it, on one line."
        ),
        AttributeKind(
            name="identifier",
            clean=clean_identifier,
            clean_column=clean_identifiers,
            description="An external id, as exact text.",
        ),
        AttributeKind(name="gtin", clean=clean_gtin, description="A global trade item number, as 14 digits."),
        AttributeKind(name="integer", clean=clean_integer, description="A whole number of at most 64 bits."),
        AttributeKind(name="decimal", clean=clean_decimal, description="An exact decimal number, as text."),
        AttributeKind(
            name="money", clean=clean_money, description='{"amount": "12.30", "currency": "EUR"}, exact.'
        ),
        AttributeKind(name="currency", clean=clean_currency, description="An ISO 4217 code."),
        AttributeKind(name="date", clean=clean_date, description="A calendar day, 2024-01-02."),
        AttributeKind(
            name="timestamp",
            clean=clean_timestamp,
            clean_column=clean_timestamps,
            description="An instant in UTC, to the microsecond.",
        ),
        AttributeKind(name="boolean", clean=clean_boolean, description="True or false."),
        AttributeKind(name="country", clean=clean_country, description="An ISO 3166 alpha-2 code."),
        AttributeKind(name="language", clean=clean_language, description="A BCP 47 language tag."),
        AttributeKind(name="json", clean=clean_json, description="Any JSON value, kept whole."),
    )
)
