"""The vendors' own OpenAPI documents, where there is one at hand: whether a request is one that they know."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft4Validator

from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.shared_data import shared_data

DOCUMENTS: Mapping[str, str] = {
    "github": "openapi/github/api.github.com.json",
    "slack": "openapi/slack/slack_web_openapi_v2.json",
    "stripe": "openapi/stripe/stripe.com.apisguru.json",
}


@cache
def document(system_type: str) -> dict[str, Any]:
    """Return the vendor's document; the test is skipped where this machine lacks it."""
    return dict(json.loads(shared_data(DOCUMENTS[system_type]).read_text()))


def faults(system_type: str, asked: Asked, *, without: str = "") -> Iterator[str]:
    """Yield what the vendor's document says against a request; ``without`` is a parameter of our own fake's."""
    spec = document(system_type)
    operation = _operation(spec, asked)
    if operation is None:
        yield f"{asked.method} {asked.path} is not in the document"
        return
    known = {one["name"]: one for one in (_resolved(spec, one) for one in operation.get("parameters", []))}
    for name, value in asked.query.items():
        plain = name.partition("[")[0]
        if plain == without:
            continue
        if plain not in known:
            yield f"{asked.path}: no parameter {plain!r}"
        elif plain == name:
            yield from _value_faults(spec, name, value, known[name])


def _operation(spec: Mapping[str, Any], asked: Asked) -> Any:
    matches = [
        (template.count("{"), methods[asked.method.lower()])
        for template, methods in spec["paths"].items()
        if asked.method.lower() in methods
        and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), asked.path)
    ]
    return min(matches, key=lambda one: one[0])[1] if matches else None


def _resolved(spec: Mapping[str, Any], one: Any) -> Any:
    if "$ref" not in one:
        return one
    found: Any = spec
    for key in one["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return found


def _value_faults(
    spec: Mapping[str, Any], name: str, value: str, parameter: Mapping[str, Any]
) -> Iterator[str]:
    schema = _resolved(
        spec, parameter.get("schema", {k: v for k, v in parameter.items() if k in ("type", "enum")})
    )
    plain = {key: schema[key] for key in ("type", "enum", "maximum", "minimum") if key in schema}
    read: Any = int(value) if plain.get("type") in ("integer", "number") and value.isdigit() else value
    if plain.get("type") in ("boolean", "array", "object"):
        return
    for error in Draft4Validator(plain).iter_errors(read):
        yield f"{name}: {error.message}"
