"""The made-up organisation holds every case that it promises; the truth is known for every record."""

from collections import Counter, defaultdict

import pytest

from integrations_pipelines.demo.copies import BILLING, GITHUB, HUBSPOT, JIRA, SLACK, Copy, organisation
from integrations_pipelines.demo.corpus import billing_tables
from integrations_pipelines.demo.names import five_formats
from integrations_pipelines.entities import name_key
from integrations_pipelines.entities.kinds import KINDS
from integrations_pipelines.entities.mailboxes import is_role_mailbox

WHOLE = organisation()
PEOPLE = [one for one in WHOLE.copies if one.entity_type == "person"]


def copies_by_truth() -> dict[str, list[Copy]]:
    found: dict[str, list[Copy]] = defaultdict(list)
    for one in PEOPLE:
        found[one.truth].append(one)
    return found


def test_there_are_300_people_and_30_companies_at_least() -> None:
    assert len({one.truth for one in PEOPLE}) >= 300
    assert len({one.truth for one in WHOLE.copies if one.entity_type == "organization"}) >= 30


def test_every_record_is_there_once_and_has_a_truth() -> None:
    addresses = Counter(one.address for one in WHOLE.copies)
    assert set(addresses.values()) == {1}
    assert {one.truth for one in WHOLE.copies} <= {
        *(one.key for one in WHOLE.people),
        *(one.key for one in WHOLE.companies),
    }


def test_it_is_the_same_organisation_every_time() -> None:
    first = organisation()
    organisation.cache_clear()
    assert organisation() == first


@pytest.mark.parametrize("system_key", [HUBSPOT, GITHUB, JIRA, SLACK, BILLING])
def test_people_are_in_every_tool(system_key: str) -> None:
    assert sum(one.system_key == system_key for one in PEOPLE) >= 40


@pytest.mark.parametrize(
    ("case", "count"),
    [
        ("four tools", 1),
        ("namesake", 5),
        ("role mailbox", 3),
        ("team mailbox", 5),
        ("family mailbox", 2),
        ("changed name", 1),
        ("changed e-mail", 3),
        ("switchboard", 4),
        ("no e-mail", 5),
    ],
)
def test_each_promised_case_is_there(case: str, count: int) -> None:
    assert len(WHOLE.with_case(case)) >= count


def test_two_of_one_name_work_for_one_company() -> None:
    annas = [one for one in WHOLE.people if (one.given, one.family) == ("Anna", "Meyer")]
    homes = Counter(one.company.key for one in annas)
    assert len(annas) == 3
    assert max(homes.values()) == 2


def test_somebody_is_in_four_tools_under_two_addresses() -> None:
    (star,) = WHOLE.with_case("four tools")
    copies = copies_by_truth()[star.key]
    assert {one.system_key for one in copies} == {HUBSPOT, SLACK, JIRA, BILLING}
    assert len({one.fields["email"].lower().removeprefix("mailto:") for one in copies}) == 2


def test_a_phone_is_written_in_five_ways_that_are_one_number() -> None:
    written = {one.fields.get("mobilephone") or one.fields.get("phone") for one in PEOPLE}
    clean = KINDS["phone"].clean
    for number in ("4915112345601", "49405551080"):
        formats = five_formats(number)
        assert len(set(formats)) == 5
        assert {clean(one, "DE") for one in formats} == {f"+{number}"}
    assert len([one for one in written if one]) > 200


def test_names_are_spelt_in_several_ways() -> None:
    spellings = defaultdict(set)
    for one in PEOPLE:
        fields = one.fields
        name = fields.get("name") or f"{fields.get('firstname', '')} {fields.get('lastname', '')}".strip()
        if name:
            spellings[one.truth].add(name)
    assert sum(len(names) > 1 for names in spellings.values()) >= 60


def test_the_role_mailbox_is_on_the_list_and_the_shared_ones_are_not() -> None:
    shared = {one.case: one.shared_email for one in WHOLE.people if one.shared_email}
    assert {case: is_role_mailbox(email) for case, email in shared.items() if email} == {
        "role mailbox": True,
        "team mailbox": False,
        "family mailbox": False,
    }


def test_more_names_share_the_team_s_mailbox_than_a_person_may_have() -> None:
    names = {name_key(f"{one.given} {one.family}") for one in WHOLE.with_case("team mailbox")}
    assert len(names) == 5


def test_no_two_people_would_have_one_login() -> None:
    for system_key, mark in ((SLACK, ""), (GITHUB, "-")):
        copies = [one for one in PEOPLE if one.system_key == system_key]
        logins = Counter(one.fields["email"].split("@")[0].replace(".", mark) for one in copies)
        assert set(logins.values()) == {1}


def test_subsidiaries_share_a_domain_and_two_companies_have_none() -> None:
    domains = Counter(one.domain for one in WHOLE.companies)
    assert domains["nordwind.example"] == 3
    assert domains[None] == 2


def test_companies_are_spelt_with_and_without_their_legal_form() -> None:
    spellings = defaultdict(set)
    for one in WHOLE.copies:
        if one.entity_type == "organization":
            spellings[one.truth].add(one.fields["name"])
    assert sum(len(names) > 1 for names in spellings.values()) >= 20


def test_billing_s_tables_hold_its_records_and_invoices_of_its_customers() -> None:
    tables = billing_tables(WHOLE)
    customers = {row["Kundennr"] for row in tables["customers"]}
    assert customers == {one.record_id for one in WHOLE.of(BILLING, "customers")}
    assert {row["Konto"] for row in tables["accounts"]} == {
        one.record_id for one in WHOLE.of(BILLING, "accounts")
    }
    assert {row["Kundennr"] for row in tables["invoices"]} <= customers
