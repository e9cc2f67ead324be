"""An entity type's identity rules, as the statements and the decision want them."""

import json
from collections.abc import Sequence

from integrations_pipelines.entities.model import EntityType, Strength
from integrations_pipelines.resolution.decide import KindRule

# The rank of a scored pair, for ``decided_by``: after all identifier kinds.
SCORE, SCORE_RANK = "score", 50
_RANK = {Strength.EXCLUSIVE: 1, Strength.STRONG: 11}


def kind_rules(entity_type: EntityType) -> tuple[KindRule, ...]:
    """Return the rule of each kind that can join, the surest first; an exclusive kind has one value a place."""
    joining = [rule for rule in entity_type.identity if rule.strength is not Strength.WEAK]
    return tuple(
        KindRule(
            kind=rule.kind,
            rank=_RANK[rule.strength] + number,
            most=1 if rule.strength is Strength.EXCLUSIVE else rule.limit,
            by_place=rule.strength is Strength.EXCLUSIVE,
        )
        for number, rule in enumerate(joining)
    )


def generic_limits(entity_type: EntityType) -> list[tuple[KindRule, int]]:
    """Return the rules whose values can be generic, each with the number of names above which they are."""
    limits = {rule.kind: rule.generic_above for rule in entity_type.identity}
    return [(rule, limit) for rule in kind_rules(entity_type) if (limit := limits[rule.kind]) is not None]


def as_json(entity_type: EntityType, rules: Sequence[KindRule]) -> str:
    """Return ``rules`` as the JSON array that fills the working table ``rule``."""
    generic = {rule.kind: rule.generic_above for rule in entity_type.identity}
    nothing = {"generic_above": None, "most": None, "by_place": False}
    return json.dumps(
        [{"kind": "decision", "rank": 0, **nothing}, {"kind": SCORE, "rank": SCORE_RANK, **nothing}]
        + [
            {
                "kind": rule.kind,
                "rank": rule.rank,
                "generic_above": generic[rule.kind],
                "most": rule.most,
                "by_place": rule.by_place,
            }
            for rule in rules
        ]
    )
