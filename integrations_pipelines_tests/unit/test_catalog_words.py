"""What connectors say about themselves: names, projections, settings, contradictions found at import."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from integrations_pipelines.catalog import catalog, connector_of
from integrations_pipelines.connectors.files import file_resource
from integrations_pipelines.contract import Connector, Incremental, Param, Parent, Resource, Setting, Version
from integrations_pipelines.entities.projection import compile_projection
from integrations_pipelines.errors import (
    ConfigurationError,
    ContractError,
    NotFound,
)
from integrations_pipelines_tests.integration.staging.toy import connector, things

EVERY = [(one, resource) for one in catalog().values() for resource in one.resources]


def named(chosen: Iterable[tuple[Connector, Resource]]) -> list[ParameterSet]:
    """Return test parameters with the resource's name as their id."""
    return [pytest.param(one, resource, id=f"{one.system_type}.{resource.name}") for one, resource in chosen]


RESOURCES = named(EVERY)


@pytest.mark.parametrize(("one", "resource"), RESOURCES)
def test_a_projection_fits_its_entity_type(one: Connector, resource: Resource) -> None:
    assert compile_projection(resource.projection, account=one.system_type).entity_type.name


@pytest.mark.parametrize("one", catalog().values(), ids=list(catalog()))
def test_a_connector_is_named_as_its_module(one: Connector) -> None:
    assert connector_of(one.system_type) is one


def test_a_system_type_that_nobody_knows_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"github, hubspot, jira, .*slack"):
        connector_of("zendsk")


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ({"name": "Things"}, "toy.Things: name"),
        ({"key": ()}, "toy.things: key"),
        ({"version": None, "incremental": Incremental(into=Param(name="a"))}, "toy.things: incremental"),
        (
            {"incremental": Incremental(into=Param(name="a"), template="x")},
            "toy.things: incremental.template",
        ),
        ({"parent": Parent(resource="boxes", gives={})}, "toy.things: parent.resource"),
        ({"reject_above": 2.0}, "toy.things: reject_above"),
    ],
)
def test_a_contradiction_is_found_at_import_and_named(words: dict[str, Any], where: str) -> None:
    with pytest.raises(ContractError, match=re.escape(where)):
        connector(things(**words))


def test_a_template_that_nothing_fills_is_found_at_import() -> None:
    with pytest.raises(ContractError, match=r"wants \{site\}"):
        connector(base_url="https://{site}.toy.invalid")


def test_settings_are_checked_and_their_defaults_filled_in() -> None:
    toy = connector(
        settings=(Setting(name="site", description="Its name.", default="main", pattern="[a-z]+"),)
    )
    assert toy.configured({}) == {"site": "main"}
    for config in ({"site": "No!"}, {"sit": "a"}, {"base_url": "ftp://x"}, {"base_url": "http://u:p@x"}):
        with pytest.raises(ConfigurationError, match="toy"):
            toy.configured(config)


def test_a_setting_that_only_the_usual_address_needs_is_not_asked_for_beside_another_address() -> None:
    assert connector_of("jira").configured({"email": "a@b.c", "base_url": "http://127.0.0.1:1"})
    with pytest.raises(ConfigurationError, match="'site'"):
        connector_of("jira").configured({"email": "a@b.c"})


def test_a_source_system_may_sync_some_resources_only() -> None:
    github = connector_of("github")
    assert [one.name for one in github.resources_of({})] == ["members", "repositories", "issues"]
    chosen = github.resources_of({"resources": "collaborators, repositories"})
    assert [one.name for one in chosen] == ["repositories", "collaborators"]


def test_a_file_s_columns_become_attributes_whatever_they_are_called() -> None:
    resource = file_resource(
        "billing", "person", {"E.mail [work]": "email", "First": "given_name"}, "E.mail [work]"
    )
    record = compile_projection(resource.projection, account="x")(
        {"E.mail [work]": "A@B.example", "First": "Ann"}
    )
    assert record.attributes["email"] == "a@b.example"


def test_a_version_is_where_the_water_mark_comes_from() -> None:
    for one in catalog().values():
        for resource in one.resources:
            assert resource.incremental is None or isinstance(resource.version, Version)
