"""What each tool holds of whom: the records, with the truth of every one. Ids are the ones the tools will serve."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random

from backlot import synth

from integrations_pipelines.demo.names import TITLES, five_formats, respelt, transliterated
from integrations_pipelines.demo.people import Company, Person, companies, people

HUBSPOT, GITHUB, JIRA, SLACK, BILLING = "hubspot-demo", "github-demo", "jira-demo", "slack-demo", "billing"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One record of a person or company in one tool. ``truth`` is the key of whom it really is."""

    system_key: str
    resource: str
    record_id: str
    entity_type: str
    truth: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, str, str]:
        """What names the record in the product: source system, resource, source record id."""
        return self.system_key, self.resource, self.record_id


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """Everybody, and every record of them."""

    companies: tuple[Company, ...]
    people: tuple[Person, ...]
    copies: tuple[Copy, ...]

    def of(self, system_key: str, resource: str) -> list[Copy]:
        """Return the records of one resource."""
        return [one for one in self.copies if (one.system_key, one.resource) == (system_key, resource)]

    def with_case(self, case: str) -> list[Person]:
        """Return the people who are ``case``."""
        return [one for one in self.people if one.case == case]


@cache
def organisation() -> Organisation:
    """Return the organisation: the same one every time."""
    all_companies = companies()
    everybody = people(all_companies)
    random = Random(22_112_026)  # noqa: S311 - the same records every time is the point
    copies = [
        *_hubspot_companies(all_companies),
        *_billing_accounts(all_companies),
        *_hubspot_contacts(random, everybody),
        *_slack_users(random, everybody),
        *_jira_users(random, everybody),
        *_github_members(everybody),
        *_billing_customers(random, everybody),
    ]
    return Organisation(companies=tuple(all_companies), people=tuple(everybody), copies=tuple(copies))


def _uses(random: Random, person: Person, tool: str, share: float) -> bool:
    return tool in person.tools if person.tools else random.random() < share


def _phone(random: Random, number: str | None) -> str:
    return random.choice(five_formats(number)) if number else ""


# --- companies --------------------------------------------------------------------------------------------------------


def _hubspot_companies(all_companies: list[Company]) -> Iterator[Copy]:
    for number, one in enumerate(all_companies):
        yield _company(one, HUBSPOT, "companies", str(20_000 + number), one.full_name, one.domain or "")
        if number in (3, 12, 17):
            # Typed in twice, the second time without umlauts and legal form.
            again = transliterated(one.name)
            yield _company(one, HUBSPOT, "companies", str(21_000 + number), again, one.domain or "")


def _billing_accounts(all_companies: list[Company]) -> Iterator[Copy]:
    for number, one in enumerate(all_companies[1:], 1):
        if number % 5 == 0:
            continue
        website = f"https://www.{one.domain}/impressum" if one.domain else ""
        yield _company(one, BILLING, "accounts", f"A-{number:03}", _billed_name(one, number), website)


def _billed_name(company: Company, number: int) -> str:
    spellings = (
        company.full_name.upper(),
        company.name,
        f"{company.name} Gesellschaft mbH",
        f"Fa. {company.full_name}",
        company.full_name.replace("GmbH", "G.m.b.H."),
        transliterated(company.full_name),
    )
    return spellings[number % len(spellings)]


def _company(
    company: Company, system_key: str, resource: str, record_id: str, name: str, domain: str
) -> Copy:
    return Copy(
        system_key=system_key,
        resource=resource,
        record_id=record_id,
        entity_type="organization",
        truth=company.key,
        fields={"name": name, "domain": domain, "phone": f"+{company.switchboard}", "country": "Germany"},
    )


# --- people -----------------------------------------------------------------------------------------------------------


def _hubspot_contacts(random: Random, everybody: list[Person]) -> Iterator[Copy]:
    for number, one in enumerate(everybody, 1):
        if _uses(random, one, "hubspot", 0.12 if one.is_employee else 0.97):
            yield _contact(random, one, str(10_000 + number))
        # Typed in again by a colleague: the private address and the mobile, if any.
        if not one.case and not one.is_employee and number % 12 == 0:
            yield _contact(random, one, str(11_000 + number), again=True)


def _contact(random: Random, one: Person, record_id: str, *, again: bool = False) -> Copy:
    given, family = respelt(random, one.given, one.family)
    email, others = one.shared_email or one.work_email or one.private_email or "", ""
    if one.former:
        family, email, others = one.former[0], one.former[1], one.work_email or ""
    elif again:
        email = one.private_email or ""
    elif one.private_email and random.random() < 0.6:
        others = one.private_email if email != one.private_email else ""
    fields = {
        "firstname": given,
        "lastname": family,
        "email": _written(random, email),
        "hs_additional_emails": others,
        "phone": _phone(random, one.shared_phone),
        "mobilephone": _phone(random, one.mobile),
        "jobtitle": random.choice(TITLES),
        "company": one.company.full_name,
        "country": "Germany",
    }
    return _person(one, HUBSPOT, "contacts", record_id, fields)


def _written(random: Random, email: str) -> str:
    """The address as people paste it."""
    return random.choice((email, email, email, email.upper(), f"mailto:{email}")) if email else ""


def _slack_users(random: Random, everybody: list[Person]) -> Iterator[Copy]:
    for one in everybody:
        if one.work_email and _uses(random, one, "slack", 1.0 if one.is_employee else 0.2):
            name = " ".join(respelt(random, one.given, one.family))
            fields = {"email": one.work_email, "name": name}
            yield _person(one, SLACK, "users", synth.slack_user_id(one.work_email), fields)


def _jira_users(random: Random, everybody: list[Person]) -> Iterator[Copy]:
    for one in everybody:
        if one.work_email and _uses(random, one, "jira", 0.85 if one.is_employee else 0.15):
            name = " ".join(respelt(random, one.given, one.family))
            fields = {"email": one.work_email, "name": name}
            yield _person(one, JIRA, "users", synth.atlassian_account_id(one.work_email), fields)


def _github_members(everybody: list[Person]) -> Iterator[Copy]:
    """GitHub lists its members by login alone: without a name, without an address."""
    for number, one in enumerate(everybody):
        if one.work_email and one.is_employee and number % 2:
            fields = {"email": one.work_email}
            yield _person(one, GITHUB, "members", str(synth.github_user_id(one.work_email)), fields)


def _billing_customers(random: Random, everybody: list[Person]) -> Iterator[Copy]:
    for number, one in enumerate(everybody, 1):
        if _uses(random, one, "billing", 0.0 if one.is_employee else 0.5):
            yield _customer(random, one, f"K-{number:04}")


def _customer(random: Random, one: Person, record_id: str) -> Copy:
    given, family = respelt(random, one.given, one.family)
    own = one.private_email or one.work_email or ""
    accounting = f"buchhaltung@{one.company.domain}" if one.company.domain else own
    email = one.shared_email or (accounting if not one.case and random.random() < 0.2 else own)
    fields = {
        "name": f"{family}, {given}" if random.random() < 0.3 else f"{given} {family}",
        "email": email,
        "phone": _phone(random, one.mobile or one.shared_phone),
        "company": one.company.full_name,
    }
    return _person(one, BILLING, "customers", record_id, fields)


def _person(one: Person, system_key: str, resource: str, record_id: str, fields: Mapping[str, str]) -> Copy:
    return Copy(
        system_key=system_key,
        resource=resource,
        record_id=record_id,
        entity_type="person",
        truth=one.key,
        fields=fields,
    )
