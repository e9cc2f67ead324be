"""Who there really is: companies and people, made from one seed, with every case that makes matching hard."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from integrations_pipelines.demo.names import COMPANIES, FAMILY, FORMS, GIVEN, mailbox

OWN_DOMAIN = "kranich.example"
EMPLOYEES, CUSTOMERS = 96, 232
_MOBILE_AREA = "15"


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company as it truly is. ``domain`` may be shared with its parent, or be missing."""

    key: str
    name: str
    form: str
    domain: str | None
    switchboard: str
    case: str = ""

    @property
    def full_name(self) -> str:
        """The registered name."""
        return f"{self.name} {self.form}"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person as they truly are. Phones are E.164 without the sign. ``case`` names what makes them hard to match."""

    key: str
    given: str
    family: str
    company: Company
    work_email: str | None = None
    private_email: str | None = None
    mobile: str | None = None
    case: str = ""
    shared_email: str | None = None
    shared_phone: str | None = None
    former: tuple[str, str] | None = None
    tools: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_employee(self) -> bool:
        """Whether they work for the organisation itself."""
        return self.company.domain == OWN_DOMAIN


def companies() -> list[Company]:
    """Return the organisation itself, then its customers: 37, two of them subsidiaries, two without a domain."""
    own = Company(
        key="c00", name="Kranich Software", form="GmbH", domain=OWN_DOMAIN, switchboard="49305550000"
    )
    made = [own]
    for number, name in enumerate(COMPANIES, 1):
        made.append(_company(number, name, FORMS[number % len(FORMS)], f"{mailbox(name.split()[0])}.example"))
    parent = made[1].domain
    made.append(replace(_company(35, "Nordwind Spedition", "GmbH", parent), case="subsidiary"))
    made.append(replace(_company(36, "Nordwind Handel", "KG", parent), case="subsidiary"))
    return [replace(one, domain=None, case="no domain") if one.key in ("c31", "c32") else one for one in made]


def _company(number: int, name: str, form: str, domain: str | None) -> Company:
    switchboard = f"49405551{number:02}0"
    return Company(key=f"c{number:02}", name=name, form=form, domain=domain, switchboard=switchboard)


def people(all_companies: list[Company]) -> list[Person]:
    """Return everybody: the chosen cases first, then the crowd, with no two names alike but where that is the case."""
    random = Random(20_261_122)  # noqa: S311 - the same organisation every time is the point
    chosen = list(_chosen({one.key: one for one in all_companies}))
    names = _names(random, {(one.given, one.family) for one in chosen})
    own, customers = all_companies[0], all_companies[1:]
    homes = [own] * EMPLOYEES + [customers[n % len(customers)] for n in range(CUSTOMERS)]
    crowd = [
        _member(random, f"p{number:03}", next(names), home)
        for number, home in enumerate(homes, len(chosen) + 1)
    ]
    return _with_own_mailboxes([*chosen, *crowd])


def _names(random: Random, taken: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    pairs = [(given, family) for given in GIVEN for family in FAMILY]
    random.shuffle(pairs)
    yield from (pair for pair in pairs if pair not in taken)


def _member(random: Random, key: str, name: tuple[str, str], company: Company) -> Person:
    given, family = name
    work = f"{mailbox(given, family)}@{company.domain}" if company.domain else None
    has_private = company.domain is None or random.random() < 0.3
    private = f"{mailbox(given, family)}@post.example" if has_private else None
    number = int(key[1:])
    mobile = f"49{_MOBILE_AREA}{number * 7919 % 10**9:09}" if random.random() < 0.7 else None
    is_silent = company.domain != OWN_DOMAIN and random.random() < 0.08
    person = Person(
        key=key,
        given=given,
        family=family,
        company=company,
        work_email=work,
        private_email=private,
        mobile=mobile,
    )
    if is_silent:
        mobile = mobile or f"49{_MOBILE_AREA}{number * 104_729 % 10**9:09}"
        return replace(person, work_email=None, private_email=None, mobile=mobile, case="no e-mail")
    if mobile is None and random.random() < 0.5:
        return replace(person, shared_phone=company.switchboard, case="switchboard")
    return person


def _with_own_mailboxes(everybody: list[Person]) -> list[Person]:
    """Nobody shares a local part with anybody: login names are made of it, and those are one person's."""
    used: set[str] = set()
    return [_with_own_mailbox(one, used) for one in everybody]


def _with_own_mailbox(person: Person, used: set[str]) -> Person:
    if person.work_email is None:
        return person
    local, _, domain = person.work_email.partition("@")
    count = 1
    while (unique := local if count == 1 else f"{local}{count}").replace(".", "") in used:
        count += 1
    used.add(unique.replace(".", ""))
    return replace(person, work_email=f"{unique}@{domain}")


def _chosen(of: dict[str, Company]) -> Iterator[Person]:
    """Yield the people of whom each is a case of their own."""
    rows = [
        *_over_four_tools(of["c01"]),
        *_namesakes(of["c02"], of["c09"]),
        *_shared_mailboxes(of["c03"], of["c04"], of["c05"]),
        *_changed(of["c06"], of["c07"]),
        *_shared_phones(of["c08"]),
    ]
    for number, row in enumerate(rows, 1):
        yield replace(row, key=f"p{number:03}")


def _person(company: Company, name: str, case: str, mobile: str | None, tools: str) -> Person:
    given, _, family = name.partition(" ")
    return Person(
        key="",
        given=given,
        family=family,
        company=company,
        work_email=f"{mailbox(given, family)}@{company.domain}",
        mobile=mobile,
        case=case,
        tools=frozenset(tools.split()),
    )


def _over_four_tools(company: Company) -> Iterator[Person]:
    star = _person(company, "Katharina Vogel", "four tools", "4915112345601", "hubspot slack jira billing")
    yield replace(star, private_email="kathi.vogel@post.example")


def _namesakes(company: Company, other: Company) -> Iterator[Person]:
    tools = "hubspot billing slack"
    yield _person(company, "Anna Meyer", "namesake", "4915112345611", tools)
    yield _person(company, "Anna Meyer", "namesake", "4915112345612", tools)
    yield _person(other, "Anna Meyer", "namesake", "4915112345613", tools)
    yield _person(other, "Peter Schmidt", "namesake", None, "hubspot slack")
    yield _person(company, "Peter Schmidt", "namesake", None, "hubspot slack")


def _shared_mailboxes(role: Company, team: Company, home: Company) -> Iterator[Person]:
    for name, mobile in (("Ilse Brandt", "21"), ("Jörg Pohl", "22"), ("Walter Nagel", "23")):
        person = _person(role, name, "role mailbox", f"49151123456{mobile}", "hubspot billing")
        yield replace(person, work_email=None, shared_email=f"info@{role.domain}")
    for name in ("Tobias Kern", "Ulrike Seidel", "Leonhard Graf", "Emilia Busch", "Oliver Horn"):
        person = _person(team, name, "team mailbox", None, "hubspot")
        yield replace(person, work_email=None, shared_email=f"planung-sued@{team.domain}")
    for name, mobile in (("Thomas Becker", "31"), ("Sabine Becker", "32")):
        person = _person(home, name, "family mailbox", f"49151123456{mobile}", "hubspot billing")
        yield replace(person, work_email=None, shared_email="familie.becker@post.example")


def _changed(married: Company, moved: Company) -> Iterator[Person]:
    person = _person(
        married, "Franziska Krämer", "changed name", "4915112345641", "hubspot slack jira billing"
    )
    yield replace(person, former=("Schmidt", f"franziska.schmidt@{married.domain}"))
    for name, mobile in (("Sebastian Roth", "42"), ("Veronika Lang", "43"), ("Maximilian Weiß", "44")):
        person = _person(moved, name, "changed e-mail", f"49151123456{mobile}", "hubspot slack jira billing")
        yield replace(person, former=(person.family, f"{mailbox(person.family)}@alt.example"))


def _shared_phones(company: Company) -> Iterator[Person]:
    """Two of one family name behind one switchboard, beside colleagues of other names."""
    for name in ("Michael Müller", "Stefanie Müller", "Klaus Jäger", "Susanne Lorenz"):
        person = _person(company, name, "switchboard", None, "hubspot")
        yield replace(person, shared_phone=company.switchboard)
