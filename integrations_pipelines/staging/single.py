"""One record asked for anew, as a webhook hinted. What an event gives goes into the address quoted: never as a path."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from integrations_pipelines.contract import MISSING, Request, Resource, template_names, value_at
from integrations_pipelines.errors import BodyRejected, RecordRejected
from integrations_pipelines.staging.answers import NotThere
from integrations_pipelines.staging.client import ThirdParty
from integrations_pipelines.staging.listings import filled_body, names_alone
from integrations_pipelines.staging.records import key_reader


@dataclass(frozen=True, kw_only=True)
class Gone:
    """The third party knows no such record."""


def single_request(resource: Resource, config: Mapping[str, str], given: Mapping[str, str]) -> Request:
    """Return the request for one record, filled. Raise ``RecordRejected`` where the event lacks what it needs."""
    assert resource.single is not None  # noqa: S101 - checked when the connector was made
    request = resource.single.request
    texts = [value for value in request.params.values() if isinstance(value, str)]
    needed = {name for text in (request.path, *texts) for name in template_names(text)}
    needed |= set(names_alone(request.json))
    lacking = sorted(name for name in needed if not (given.get(name) or config.get(name)))
    if lacking:
        raise RecordRejected(f"the event does not say {', '.join(lacking)}")
    plain = {**config, **given}
    params = {
        name: _filled(value, plain) if isinstance(value, str) else value
        for name, value in request.params.items()
    }
    path = (
        _filled(request.path, {**config, **_quoted(given)}) if template_names(request.path) else request.path
    )
    return replace(request, path=path, params=params, json=filled_body(request.json, plain))


def ask_single(client: ThirdParty, resource: Resource, request: Request) -> Any | Gone:
    """Return the record without its associations, or ``Gone``. Raise what ``errors`` knows of a third party."""
    assert resource.single is not None  # noqa: S101 - checked when the connector was made
    # Filled already; braces that came out of an event must not be read as a template once more.
    escaped = replace(request, path=request.path.replace("{", "{{").replace("}", "}}"))
    try:
        body = client.ask(escaped)
    except NotThere:
        return Gone()
    record = value_at(body, resource.single.record)
    if record is None:
        return Gone()  # GraphQL's answer for what is not there.
    if record is MISSING:
        raise BodyRejected(
            f"{client.account.name} {resource.name}: the answer holds no {resource.single.record!r}"
        )
    return record


def answered_as(resource: Resource, record: Any, asked: str) -> str:
    """Return the id that ``record`` has, where the third party redirects lost ids; else ``asked``."""
    if resource.merged is None or not resource.merged.redirects:
        return asked
    try:
        return key_reader(resource)(record)
    except RecordRejected:
        return asked


def _filled(template: str, values: Mapping[str, str]) -> str:
    return template.format_map(dict(values))


def _quoted(given: Mapping[str, str]) -> dict[str, str]:
    quoted = {}
    for name, value in given.items():
        # A repository is "owner/name"; a part of dots alone would lead elsewhere.
        if any(not part.strip(".") for part in value.split("/")):
            raise RecordRejected(f"the event's {name} is no name")
        quoted[name] = quote(value, safe="/" if name != "id" else "")
    return quoted
