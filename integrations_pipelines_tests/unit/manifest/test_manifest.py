"""Manifests: what they may say becomes the very words of the contract; what they may not is named by line and key."""

import re
import tomllib
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from integrations_pipelines.contract import (
    ApiKey,
    Auth,
    BodyField,
    BodyRule,
    Changes,
    Connector,
    Credential,
    CursorPages,
    Deleted,
    DeletedFlag,
    Delta,
    Incremental,
    LinkHeaderPages,
    OffsetPages,
    Pages,
    PageSize,
    Param,
    Parent,
    PassedOver,
    RateLimit,
    Registration,
    Request,
    Resource,
    ResultCap,
    Setting,
    Version,
)
from integrations_pipelines.entities.projection import CONVERSIONS
from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.manifest import read_manifest, skeleton
from integrations_pipelines.manifest.building import READ, WRITE, spoken

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "manifest.md"
SMALL: dict[str, Any] = {
    "system_type": "acme",
    "title": "Acme",
    "base_url": "https://acme.example",
    "resources": {
        "people": {
            "entity_type": "person",
            "request": "/people",
            "key": "id",
            "attributes": {"name": "name", "email": "email"},
        }
    },
}

HOOKS: dict[str, Any] = {
    "scheme": {"type": "shared_token", "at": {"header": "x-token"}},
    "type": [{"body": "event"}],
    "events": [{"types": ["*"], "verb": "ignore", "reason": "None is wanted."}],
    "registration": {
        "events": ["x"],
        "listing": "/hooks",
        "create": {"path": "/hooks", "method": "POST", "json": {"to": ["{url}", {"team": "{team}"}]}},
        "delete": {"path": "/hooks/{id}", "method": "DELETE"},
    },
}


def written(folder: Path, **words: Any) -> Path:
    """Write the small manifest with other words for its resource (``people``) or itself."""
    people = {**SMALL["resources"]["people"], **words.pop("people", {})}
    path = folder / "acme.yaml"
    path.write_text(yaml.safe_dump({**SMALL, "resources": {"people": people}, **words}, sort_keys=False))
    return path


def read(folder: Path, **words: Any) -> Resource:
    return read_manifest(written(folder, people=words)).resource("people")


def test_a_skeleton_passes_the_check_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(skeleton("acme", "Acme"))
    assert read_manifest(path).resource("people").pages == CursorPages(
        next="meta.next", into=Param(name="cursor"), size=PageSize(into=Param(name="limit"), largest=100)
    )


def test_every_choice_that_a_skeleton_offers_can_be_taken(tmp_path: Path) -> None:
    lines = skeleton("acme", "Acme").splitlines()
    offers = [line for line in lines if line.lstrip().startswith("# pages") or line.startswith("# auth")]
    for offer in offers:
        word = offer.lstrip(" #").split(":")[0]
        given = offer.replace("# ", "", 1)
        chosen = [given if line.lstrip().startswith(f"{word}:") else line for line in lines]
        path = tmp_path / "acme.yaml"
        path.write_text(_without_notes(chosen))
        read_manifest(path)
    assert len(offers) >= 7


def _without_notes(lines: list[str]) -> str:
    return "\n".join(line.split("}   ")[0] + "}" if "}   " in line else line for line in lines)


def test_words_become_those_of_the_contract(tmp_path: Path) -> None:
    resource = read(
        tmp_path,
        pages={
            "type": "offset",
            "into": {"body": "start"},
            "size": {"body": "count", "largest": 50},
            "first": 1,
        },
        version="at",
        incremental={"into": "since", "write": "seconds", "lag": "5m", "ordered": True},
        deleted={"type": "flag", "path": "gone", "present": True},
        poll="1h",
    )
    assert resource.pages == OffsetPages(
        into=BodyField(path="start"), size=PageSize(into=BodyField(path="count"), largest=50), first=1
    )
    assert (resource.version, resource.deleted) == (
        Version(path="at"),
        DeletedFlag(path="gone", present=True),
    )
    assert resource.incremental == Incremental(
        into=Param(name="since"), write=WRITE["seconds"], lag=timedelta(minutes=5), ordered=True
    )
    assert resource.poll == timedelta(hours=1)


def test_a_type_that_needs_nothing_more_may_stand_alone(tmp_path: Path) -> None:
    assert read(tmp_path, pages="link_header").pages == LinkHeaderPages()
    assert read(tmp_path, changes={"type": "delta", "token": "next"}).changes == Delta(token="next")


def test_toml_and_yaml_say_the_same(tmp_path: Path) -> None:
    text = """
system_type = "acme"
title = "Acme"
base_url = "https://{host}"
settings.host = "Its host."
auth = {type = "api_key", param = "key", credential = "secret"}
[resources.people]
entity_type = "person"
request = {path = "/people", params = {state = "all"}}
key = "id"
attributes = {name = "name", email = "email"}
"""
    toml, other = tmp_path / "acme.toml", tmp_path / "acme.yaml"
    toml.write_text(text)
    other.write_text(yaml.safe_dump(tomllib.loads(text)))
    assert read_manifest(toml) == read_manifest(other)
    assert read_manifest(toml).auth == ApiKey(param="key", credential="secret")


def test_a_graphql_answer_with_errors_is_an_error_without_a_word(tmp_path: Path) -> None:
    connector = read_manifest(written(tmp_path, people={"request": {"query": "{ people { id } }"}}))
    (rule,) = connector.body_rules
    assert not rule.holds({"data": None, "errors": [{"message": "no"}]})


def test_times_on_the_server_s_own_clock_are_read_and_written(tmp_path: Path) -> None:
    form = "%d.%m.%Y %H:%M @ Europe/Berlin"
    resource = read(
        tmp_path,
        version={"path": "at", "read": form},
        incremental={"into": "since", "write": form},
    )
    moment = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
    assert resource.version and resource.version.read("01.07.2026 12:30") == moment
    assert resource.incremental and resource.incremental.write(moment, {}) == "01.07.2026 12:30"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"people": {"entity_type": "persn"}}, "acme.yaml:6: resources.people.entity_type: no entity type"),
        ({"people": {"attributes": {"emial": "x"}}}, "attributes.emial: is not an attribute.*'email'"),
        ({"people": {"attributes": {"name": "a..[b"}}}, r"attributes.name: path 'a..\[b'"),
        ({"people": {"attributes": {"name": {"path": "a", "convert": "upper"}}}}, "name: unknown conversion"),
        ({"people": {"attributes": {"name": {"path": "a", "convert": "%Q"}}}}, "name: conversion '%Q'"),
        ({"people": {"pages": {"type": "offet"}}}, "pages.type: no such type; one of: .*offset"),
        ({"people": {"pages": {"type": "offset"}}}, "pages: 'into' is missing"),
        ({"people": {"pages": {"type": "offset", "into": "a", "sise": 3}}}, "pages.sise: unknown.*'size'"),
        ({"people": {"poll": "soon"}}, "people.poll: must be a duration"),
        ({"people": {"key": []}}, "people.key: key must name at least one path"),
        ({"people": {"incremental": {"into": "since"}}}, "people.incremental: incremental needs a version"),
        (
            {"people": {"relations": {"employer": {"to": "firms", "key": "x"}}}},
            "employer: .*leads to 'firms'",
        ),
        ({"people": {"relations": {"boss": {"to": "people", "key": "x"}}}}, "boss: is not a relation"),
        ({"people": {"version": {"path": "at", "read": "rfc"}}}, "version.read: must be one of: iso"),
        ({"people": {"version": {"path": "at", "read": "%Y @ Moon"}}}, "version.read: .*Moon"),
        ({"base_url": "https://{site}.acme.example"}, r"base_url: wants \{site\}"),
        ({"system_type": "Acme!"}, "system_type: system_type 'Acme!' must be"),
        ({"auth": {"type": "oauth3"}}, "auth.type: no such type"),
        ({"webhook": {}}, "webhook: unknown key; did you mean 'webhooks'"),
        ({"webhooks": HOOKS}, r"webhooks.registration: .*wants \{team\}, which is no setting"),
        ({"resources": []}, "resources: must be a table"),
        ({"title": ["x"]}, "title: must be text, and is a list"),
    ],
)
def test_what_cannot_be_right_is_named_by_line_and_key(
    tmp_path: Path, words: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_manifest(written(tmp_path, **words))
    assert re.search(r"acme\.yaml:\d+: ", str(caught.value))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "system_type: a\ntitle: [", r"a\.yaml:\d+: is no YAML"),
        ("a.yaml", "title: a\ntitle: b\n", r"a\.yaml:2: title: is there twice"),
        ("a.yaml", "a: &x [*x]\n", r"a\.yaml:1: nested too deeply"),
        ("a.toml", "title = 'a'\nbase_url = \n", r"a\.toml:2: is no TOML"),
        (
            "a.toml",
            "title = 'a'\n\n[resources.people]\nrequst = '/x'\n",
            r"a\.toml:1: .*'system_type' is missing",
        ),
        ("a.json", "{}", "a manifest ends in"),
        ("a.yaml", "", "'system_type' is missing"),
    ],
)
def test_a_file_that_is_no_manifest_is_one_clear_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        read_manifest(tmp_path / name)


def test_a_line_of_toml_is_found_below_its_table(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(
        'system_type = "a"\ntitle = "A"\nbase_url = "https://a.example"\n\n[resources.people]\n'
        'entity_type = "person"\nrequest = "/p"\nkey = "id"\n[resources.people.attributes]\nnme = "x"\n'
    )
    with pytest.raises(ConfigurationError, match=r"a\.toml:10: resources\.people\.attributes\.nme"):
        read_manifest(path)


WORDS = [
    Registration, Connector, Setting, Credential, Resource, Request, Parent, PassedOver, Version, Incremental,
    RateLimit, ResultCap, PageSize, *get_args(Pages), *get_args(Deleted), *get_args(Changes), *get_args(BodyRule),
    *get_args(Auth),
]  # fmt: skip
UNSAID = {"projection", "name"}  # they are the manifest's own entity_type, attributes, relations; and the key


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
def test_the_reference_has_every_word(word: type) -> None:
    text = REFERENCE.read_text()
    missing = {field.name for field in fields(word) if f"`{field.name}`" not in text} - UNSAID
    assert not missing


def test_the_reference_has_every_type_conversion_and_way_to_write_a_moment() -> None:
    text = REFERENCE.read_text()
    unions = [*get_args(Pages), *get_args(Deleted), *get_args(Changes), *get_args(BodyRule), *get_args(Auth)]
    names = {spoken(word) for word in unions} | set(CONVERSIONS) | set(READ) | set(WRITE)
    assert not {name for name in names if f"`{name}`" not in text}
