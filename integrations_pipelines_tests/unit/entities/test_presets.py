import pytest

from integrations_pipelines.entities import ENTITY_TYPES, KINDS, EntityType, Strength

TYPES = sorted(ENTITY_TYPES.values(), key=lambda one: one.name)
presets = pytest.mark.parametrize("preset", TYPES, ids=lambda one: one.name)


def test_the_presets_are_those_of_the_design() -> None:
    names = (
        "person organization user_account ticket conversation deal product order invoice subscription payment "
        "project repository issue"
    )
    assert set(ENTITY_TYPES) == set(names.split())


@presets
def test_every_attribute_is_of_a_known_kind(preset: EntityType) -> None:
    assert {attribute.kind for attribute in preset.attributes.values()} <= set(KINDS)


@presets
def test_every_relation_leads_to_a_preset(preset: EntityType) -> None:
    assert {relation.target for relation in preset.relations.values()} <= set(ENTITY_TYPES)


@presets
def test_the_label_is_an_attribute(preset: EntityType) -> None:
    assert preset.label in preset.attributes


@presets
def test_what_identifies_is_an_attribute_and_protected_where_it_can_join(preset: EntityType) -> None:
    joining = [rule for rule in preset.identity if rule.strength is not Strength.WEAK]
    named = [name for rule in joining for name in (*rule.attributes, *rule.beside)]
    assert all(preset.attributes[name].protected for name in named)


@presets
def test_the_rules_of_a_type_have_kinds_of_their_own(preset: EntityType) -> None:
    kinds = [rule.kind for rule in preset.identity]
    assert len(kinds) == len(set(kinds))


@presets
def test_no_name_is_both_an_attribute_and_a_relation(preset: EntityType) -> None:
    assert not preset.attributes.keys() & preset.relations.keys()


@presets
def test_money_is_protected(preset: EntityType) -> None:
    assert all(attribute.protected for attribute in preset.attributes.values() if attribute.kind == "money")


@presets
def test_what_is_exclusive_is_exclusive_at_a_place(preset: EntityType) -> None:
    assert all(rule.placed for rule in preset.identity if rule.strength is Strength.EXCLUSIVE)


def test_a_bare_web_domain_never_joins_organizations() -> None:
    strengths = {
        rule.strength
        for rule in ENTITY_TYPES["organization"].identity
        if "domain" in rule.attributes and not rule.beside
    }
    assert strengths == {Strength.WEAK}
