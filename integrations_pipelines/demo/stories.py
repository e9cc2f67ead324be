"""Three decisions worth looking at, told through the product's own explanations."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from integrations_pipelines.demo.copies import Organisation
from integrations_pipelines.demo.mapped import Mapped
from integrations_pipelines.resolution.explain import RecordExplanation, explain_record


@dataclass(frozen=True, kw_only=True)
class Teller:
    """One record of a story: its name, the number of its entity within the story, and how it came to be there."""

    record: str
    name: str
    entity: int
    decided_by: str


@dataclass(frozen=True, kw_only=True)
class Story:
    """What to notice in some records. ``reasons``: each shared value, whether it joins, and why."""

    title: str
    tellers: Sequence[Teller]
    reasons: Sequence[str]
    entity: str

    @property
    def entities(self) -> int:
        """How many entities the records became."""
        return len({one.entity for one in self.tellers})


CASES = (
    ("four tools", "One person in four tools: joined by e-mail, and where billing has another one, by phone"),
    ("namesake", "People of one name, some in one company: kept apart, for a name proves nothing"),
    ("team mailbox", "A mailbox that a whole team writes from: it joined nobody"),
)


def stories(connection: Connection, whole: Organisation, mapped: Sequence[Mapped]) -> list[Story]:
    """Tell the story of each of ``CASES``."""
    return [_story(connection, whole, mapped, case, title) for case, title in CASES]


def _story(
    connection: Connection, whole: Organisation, mapped: Sequence[Mapped], case: str, title: str
) -> Story:
    keys = {person.key: number for number, person in enumerate(whole.with_case(case))}
    if case == "namesake":
        keys = {person.key: 0 for person in whole.with_case(case) if person.given == "Anna"}
    addresses = [one.address for one in whole.copies if one.entity_type == "person" and one.truth in keys]
    of = {one.address: one for one in mapped}
    found = [of[address] for address in addresses]
    numbers = {entity: n for n, entity in enumerate(dict.fromkeys(one.entity for one in found), 1)}
    explained = [explain_record(connection, *one.address) for one in found]
    return Story(
        title=title,
        tellers=[
            Teller(
                record=":".join(one.address),
                name=_name(said),
                entity=numbers[one.entity],
                decided_by=one.decided_by,
            )
            for one, said in zip(found, explained, strict=True)
        ],
        reasons=_reasons(explained),
        entity=found[0].entity,
    )


def _name(said: RecordExplanation) -> str:
    return str(said.current.attributes.get("name", "")) if said.current else ""


def _reasons(explained: Sequence[RecordExplanation]) -> list[str]:
    joins = [
        f"{one.kind} {one.value}: joins {len(one.records) + 1} records"
        for said in explained
        for one in said.evidence
    ]
    others = [f"{one.kind} {one.value}: {one.because}" for said in explained for one in said.not_joining]
    return list(dict.fromkeys([*joins, *others]))
