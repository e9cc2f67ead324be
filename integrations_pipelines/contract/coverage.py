"""Which fields of a record a resource knows: those it maps, uses or ignores on purpose. The others are reported."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from integrations_pipelines.contract.changes import Delta
from integrations_pipelines.contract.resource import Resource
from integrations_pipelines.contract.rules import DeletedFlag
from integrations_pipelines.entities.projection import Field, Link

# Objects that hold all the fields there are, rather than parts of one.
_HOLDERS = frozenset({"fields", "properties", "attributes"})


def unmapped_fields(resource: Resource, record: Any) -> set[str]:
    """Return the paths in ``record`` that nobody mapped and nobody ignored; the items of a list are all one."""
    known, prefixes = _known(resource)
    return {
        path
        for path in _leaves(record)
        if not path.startswith(prefixes or ("\0",)) and not _covers(path, known)
    }


def absent_fields(resource: Resource, records: Iterable[Any]) -> set[str]:
    """Return the attributes whose every path is in none of ``records``: a field that went away looks like that."""
    seen = {path for one in records for path in _leaves(one)}
    above = {".".join(path.split(".")[:n]) for path in seen for n in range(1, path.count(".") + 2)}
    return {
        name
        for name, field in resource.projection.attributes.items()
        if not any(_bare(path) in above for path in _paths_of(field))
    }


# A resource holds mappings and cannot be hashed; it is kept beside what it knows, so that its id stays its own.
_KNOWN: dict[int, tuple[Resource, frozenset[str], tuple[str, ...]]] = {}


def _known(resource: Resource) -> tuple[frozenset[str], tuple[str, ...]]:
    found = _KNOWN.get(id(resource))
    if found is None or found[0] is not resource:
        found = _KNOWN[id(resource)] = (resource, *_paths_known(resource))
    return found[1:]


def _paths_known(resource: Resource) -> tuple[frozenset[str], tuple[str, ...]]:
    projection = resource.projection
    links = [
        link
        for target in projection.relations.values()
        for link in (target if isinstance(target, tuple) else (target,))
    ]
    read = [
        *projection.attributes.values(),
        *[one.key if isinstance(one, Link) else one.value for one in links],
    ]
    used = {rule.path for rule in resource.passed_over} | {
        *resource.volatile,
        *resource.key,
        "_parent",
        "_key",
    }
    if resource.version:
        used.add(resource.version.path)
    if isinstance(resource.deleted, DeletedFlag):
        used.add(resource.deleted.path)
    if isinstance(resource.changes, Delta):
        used.add(resource.changes.token)
    paths = {_bare(path) for one in read for path in _paths_of(one)}
    known = {_bare(path) for path in paths | used | set(resource.ignored)}
    return frozenset(known), tuple(path[:-1] for path in known if path.endswith("*"))


def _bare(path: str) -> str:
    """Return ``path`` less what selects within a list: its filters, indexes and escapes."""
    bare = re.sub(r"\[[^\]]*\]", "", path)
    return re.sub(r"\\(.)", r"\1", re.sub(r"\.\d+(?=\.|$)", "", bare))


def _paths_of(item: Field | str) -> list[str]:
    path = item.path if isinstance(item, Field) else item
    return [one for whole in (path if isinstance(path, tuple) else (path,)) for one in whole.split("|")]


def _leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for item in value:
            yield from _leaves(item, path)
    else:
        yield path


def _covers(path: str, known: frozenset[str]) -> bool:
    parts = path.split(".")
    above = any(".".join(parts[:n]) in known for n in range(1, len(parts) + 1))
    # Null where a mapped member would be: the object itself is missing this time.
    below = any(one.startswith(path + ".") for one in known)
    return above or below or _beside_mapped(parts, known)


def _beside_mapped(parts: list[str], known: frozenset[str]) -> bool:
    """Whether the path lies in an object of which one member is mapped: ``status.name`` answers for ``status.id``."""
    inner = range(2 if parts[0] in _HOLDERS else 1, len(parts))
    return any(any(one.startswith(".".join(parts[:n]) + ".") for one in known) for n in inner)
