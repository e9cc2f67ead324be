"""Presets of who: person, organization, user_account."""

from integrations_pipelines.entities.model import Attribute, EntityType, IdentityRule, Relation, Strength
from integrations_pipelines.entities.presets.shared import ADDRESS, TRACES

PERSON = EntityType(
    name="person",
    label="name",
    description="A human being, whatever the tool calls them: contact, customer, member, agent, login.",
    attributes={
        "name": Attribute(kind="person_name", protected=True),
        "given_name": Attribute(kind="person_name"),
        "family_name": Attribute(kind="person_name", protected=True),
        "email": Attribute(kind="email", protected=True),
        "other_emails": Attribute(kind="email", many=True, protected=True),
        "phone": Attribute(kind="phone", protected=True),
        "other_phones": Attribute(kind="phone", many=True, protected=True),
        "username": Attribute(
            kind="username", protected=True, description="The login at the projection's place."
        ),
        "job_title": Attribute(kind="name"),
        "company_name": Attribute(kind="organization_name"),
        "birth_date": Attribute(kind="date"),
        "language": Attribute(kind="language"),
        "time_zone": Attribute(kind="name"),
        "website": Attribute(kind="url"),
        "is_active": Attribute(kind="boolean"),
        **ADDRESS,
        **TRACES,
    },
    relations={"employer": Relation(target="organization", protected=True)},
    identity=(
        # More than three different names behind one address: a shared mailbox that no list knows.
        IdentityRule(
            kind="email",
            attributes=("email", "other_emails"),
            strength=Strength.STRONG,
            limit=5,
            generic_above=3,
        ),
        # Offices and families share phones, so a number proves nothing but beside the same initial and family name.
        IdentityRule(
            kind="phone",
            attributes=("phone", "other_phones"),
            beside=("name",),
            strength=Strength.STRONG,
            limit=5,
            generic_above=2,
        ),
        IdentityRule(kind="username", attributes=("username",), strength=Strength.EXCLUSIVE, placed=True),
        IdentityRule(
            kind="external_id", attributes=("external_id",), strength=Strength.EXCLUSIVE, placed=True
        ),
    ),
)

ORGANIZATION = EntityType(
    name="organization",
    label="name",
    description="A company, authority, association or team that people belong to and contracts are made with.",
    attributes={
        "name": Attribute(kind="organization_name", protected=True),
        "legal_name": Attribute(kind="organization_name", protected=True),
        "domain": Attribute(kind="domain", protected=True),
        "other_domains": Attribute(kind="domain", many=True, protected=True),
        "email": Attribute(kind="email"),
        "phone": Attribute(kind="phone"),
        "website": Attribute(kind="url"),
        "username": Attribute(
            kind="username", protected=True, description="The login at the projection's place."
        ),
        "industry": Attribute(kind="name"),
        "employee_count": Attribute(kind="integer"),
        "tax_id": Attribute(
            kind="identifier", protected=True, description="VAT or tax number, country code first."
        ),
        "registration_number": Attribute(
            kind="identifier", protected=True, description="Register and number."
        ),
        "description": Attribute(kind="text"),
        **ADDRESS,
        **TRACES,
    },
    relations={"parent": Relation(target="organization")},
    identity=(
        IdentityRule(
            kind="tax_id", attributes=("tax_id",), strength=Strength.STRONG, limit=5, generic_above=3
        ),
        IdentityRule(
            kind="registration_number",
            attributes=("registration_number",),
            strength=Strength.STRONG,
            limit=5,
            generic_above=3,
        ),
        # Measured on a company set: the bare domain as proof took cluster F1 from 0.974 to 0.482
        # (reference/resolution.md). Beside the core name it says the same thing twice, and that joins.
        IdentityRule(kind="domain", attributes=("domain", "other_domains"), strength=Strength.WEAK),
        IdentityRule(
            kind="name_at_domain",
            attributes=("domain", "other_domains"),
            beside=("name",),
            strength=Strength.STRONG,
            limit=5,
        ),
        IdentityRule(kind="username", attributes=("username",), strength=Strength.EXCLUSIVE, placed=True),
        IdentityRule(
            kind="external_id", attributes=("external_id",), strength=Strength.EXCLUSIVE, placed=True
        ),
    ),
)

USER_ACCOUNT = EntityType(
    name="user_account",
    label="username",
    description="A login that no human being is: a bot, an integration, a service account. People are persons.",
    attributes={
        "username": Attribute(kind="username", protected=True),
        "name": Attribute(kind="name"),
        "email": Attribute(
            kind="email", description="Never proof here: bots are registered with their maker's address."
        ),
        "account_type": Attribute(kind="name"),
        "is_active": Attribute(kind="boolean"),
        **TRACES,
    },
    relations={
        "person": Relation(target="person", protected=True),
        "organization": Relation(target="organization"),
    },
    identity=(
        IdentityRule(kind="username", attributes=("username",), strength=Strength.EXCLUSIVE, placed=True),
        IdentityRule(
            kind="external_id", attributes=("external_id",), strength=Strength.EXCLUSIVE, placed=True
        ),
    ),
)
