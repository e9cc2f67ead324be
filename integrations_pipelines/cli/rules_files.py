"""Reads the TOML file of `integrations matching simulate`; every fault is one line that names the key."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from integrations_pipelines.cli.words import seconds
from integrations_pipelines.errors import UsageError
from integrations_pipelines.registry.policies import NO_CREATE, RULES
from integrations_pipelines.ruling import WITH_SOURCES, Wanted
from integrations_pipelines.simulating import CLEAR, LIMITS, Rules

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_Probability = Annotated[float, Field(gt=0, lt=1)]
_Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Thresholds(_Strict):
    link: _Probability | None = None
    review: _Probability | None = None
    entity_types: list[str] = []


class _Policy(_Strict):
    of: str
    rule: str
    sources: list[str] = []
    max_age: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "_Policy":
        known = (*RULES, CLEAR) if "." in self.of else (NO_CREATE, CLEAR)
        if self.rule not in known:
            of = "an attribute" if "." in self.of else "a whole type"
            raise ValueError(f"rule {self.rule!r}: for {of} it must be one of {', '.join(known)}")
        if self.rule in WITH_SOURCES and not self.sources:
            raise ValueError(f"rule {self.rule!r}: sources must name at least one")
        if self.sources and self.rule not in WITH_SOURCES and not (self.rule == CLEAR and "." not in self.of):
            raise ValueError(f"sources: the rule {self.rule!r} takes none")
        if self.max_age is not None and self.rule != "source-priority":
            raise ValueError("max_age goes with the rule 'source-priority' alone")
        return self

    def wanted(self, place: str) -> Wanted:
        """Return the policy as it is set."""
        entity_type, _, attribute = self.of.partition(".")
        return Wanted(
            entity_type=entity_type,
            attribute=attribute or None,
            rule=self.rule,
            sources=tuple(dict.fromkeys(self.sources)),
            max_age=float(seconds(self.max_age, f"{place}.max_age")) if self.max_age else None,
        )


class _File(_Strict):
    thresholds: _Thresholds = _Thresholds()
    policies: list[_Policy] = []
    limits: dict[str, _Count] = {}


_KEYS: Mapping[tuple[str, ...], type[_Strict]] = {
    (): _File,
    ("thresholds",): _Thresholds,
    ("policies",): _Policy,
}


def read_rules(path: Path) -> Rules:
    """Return what the file says. Raises ``UsageError`` that names the file and the key."""
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8"))
        found = _File.model_validate(document)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML: {error}") from error
    except ValidationError as error:
        raise UsageError(f"{path}: {_fault(error.errors()[0])}") from None
    if unknown := [name for name in found.limits if name not in LIMITS]:
        raise UsageError(f"{path}: limits.{unknown[0]}: there is no such key; there are: {', '.join(LIMITS)}")
    rules = Rules(
        link=found.thresholds.link,
        review=found.thresholds.review,
        entity_types=tuple(found.thresholds.entity_types),
        policies=tuple(one.wanted(f"{path}: policies[{n}]") for n, one in enumerate(found.policies, 1)),
        limits=found.limits,
    )
    if not rules.has_thresholds and not rules.policies:
        raise UsageError(f"{path}: names neither thresholds.link, thresholds.review nor [[policies]]")
    return rules


def _fault(fault: "ErrorDetails") -> str:
    """Return ``policies[2].rule: what is wrong``; policies count from 1."""
    where = ""
    for part in fault["loc"]:
        where += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if where else part
    if fault["type"] == "extra_forbidden":
        table = tuple(part for part in fault["loc"][:-1] if isinstance(part, str))
        return f"{where}: there is no such key; there are: {', '.join(_KEYS[table].model_fields)}"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"
