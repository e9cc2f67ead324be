"""A manifest as it was written: plain values, and the line where each stands. TOML and YAML. No meaning here."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import yaml

from integrations_pipelines.errors import ConfigurationError

SUFFIXES = (".yaml", ".yml", ".toml")
_LARGEST = 1_000_000
_DEEPEST, _MOST = 40, 50_000
Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Said:
    """A value of a manifest and where it stands: ``path`` are the keys that lead to it, ``lines`` those of the file."""

    value: Any
    path: Keys = ()
    file: str = ""
    lines: dict[Keys, int] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The keys as a person writes them: ``resources.users.pages``."""
        return ".".join(str(key) for key in self.path) or "the manifest"

    def fail(self, why: str) -> NoReturn:
        """Raise ``ConfigurationError`` that names file, line and key."""
        raise ConfigurationError(f"{self.file}:{self._line()}: {self.name}: {why}")

    def _line(self) -> int:
        path = self.path
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def under(self, key: str | int, value: Any) -> "Said":
        """Return what stands at ``key`` below this."""
        return Said(value, (*self.path, key), self.file, self.lines)

    def table(self) -> dict[str, "Said"]:
        """Return the members by key. Raise where it is no table."""
        if not isinstance(self.value, dict):
            self.fail(f"must be a table of keys and values, and is {kind_of(self.value)}")
        return {key: self.under(key, value) for key, value in self.value.items()}

    def items(self) -> list["Said"]:
        """Return the items of a list; one value alone is a list of one."""
        if not isinstance(self.value, list):
            return [self]
        return [self.under(number, value) for number, value in enumerate(self.value)]

    def only(self, known: "set[str] | dict[str, Any]") -> dict[str, "Said"]:
        """Return the members by key. Raise for one that is not ``known``, with the nearest that is."""
        table = self.table()
        for key, member in table.items():
            if key not in known:
                near = get_close_matches(key, sorted(known), 1)
                meant = f"did you mean {near[0]!r}? " if near else ""
                member.fail(f"unknown key; {meant}Known: {', '.join(sorted(known))}")
        return table


def kind_of(value: Any) -> str:
    """Return what ``value`` is, in words."""
    names = {dict: "a table", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return "nothing" if value is None else names.get(type(value), "a number")


def read_document(path: Path) -> Said:
    """Return what the manifest at ``path`` says. Raise ``ConfigurationError`` with the line for what is neither."""
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigurationError(f"{path}: a manifest ends in .yaml, .yml or .toml")
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8") from error
    if len(raw) > _LARGEST:
        raise ConfigurationError(f"{path}: is larger than {_LARGEST} bytes")
    return _toml(path, text) if path.suffix.lower() == ".toml" else _yaml(path, text)


def _toml(path: Path, text: str) -> Said:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{path}:{line[1]}" if line else f"{path}"
        raise ConfigurationError(f"{where}: is no TOML: {error}") from error
    return Said(_plain(data), (), str(path), dict(_toml_lines(text)))


def _plain(value: Any) -> Any:
    """Return ``value`` with TOML's dates as texts: no word of a manifest is a date."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float) else value.isoformat()


_HEADER = re.compile(r"\s*\[(\[?)([^\]]+)\]")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def _toml_lines(text: str) -> Iterator[tuple[Keys, int]]:
    """Yield the line of each key; tomllib knows none. Keys of an inline table stand where the table does."""
    table: Keys = ()
    counts: dict[Keys, int] = {}
    quoted = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quoted:
            quoted = "" if quoted in line else quoted
            continue
        if header := _HEADER.match(line):
            table = tuple(part.strip("\"'") for part in _PART.findall(header[2]))
            if header[1]:
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, number
        elif key := _KEY.match(line):
            path = (*table, *(part.strip("\"'") for part in _PART.findall(key[1])))
            yield path, number
            rest = line[key.end() :]
            quoted = next((mark for mark in ('"""', "'''") if rest.count(mark) == 1), "")


class _Loader(yaml.SafeLoader):
    """YAML without dates, and without the words that read as true or false by surprise (yes, on, NO for Norway)."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$", re.IGNORECASE), [*"tTfF"]
)


def _yaml(path: Path, text: str) -> Said:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Keys, int] = {}
        data = _from_node(loader, node, (), lines, str(path)) if node is not None else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else f"{path}"
        raise ConfigurationError(
            f"{where}: is no YAML: {getattr(error, 'problem', None) or 'unreadable'}"
        ) from error
    finally:
        loader.dispose()
    return Said(data, (), str(path), lines)


def _from_node(loader: _Loader, node: yaml.Node, path: Keys, lines: dict[Keys, int], file: str) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if len(path) > _DEEPEST or len(lines) > _MOST:
        raise ConfigurationError(f"{file}:{line}: nested too deeply, or too long")
    if isinstance(node, yaml.SequenceNode):
        return [_from_node(loader, item, (*path, n), lines, file) for n, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node))
        here = key_node.start_mark.line + 1
        if key in found:
            raise ConfigurationError(f"{file}:{here}: {'.'.join(map(str, (*path, key)))}: is there twice")
        lines[(*path, key)] = here
        found[key] = _from_node(loader, value_node, (*path, key), lines, file)
    return found
