"""Finds the connectors: every module of ``connectors/`` that has a ``CONNECTOR``, and every manifest in the folder of
the organisation's own. A new one touches one file, and is there at once: no restart.
"""

import os
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from integrations_pipelines import connectors
from integrations_pipelines.contract import Connector
from integrations_pipelines.errors import ConfigurationError, ContractError, IntegrationsError, NotFound
from integrations_pipelines.manifest import SUFFIXES, read_manifest
from integrations_pipelines.settings import get_settings


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One manifest of the organisation's own: what it describes, or why it cannot be used."""

    path: Path
    connector: Connector | None = None
    error: IntegrationsError | None = None


def catalog() -> Mapping[str, Connector]:
    """Return all connectors by their system type; a manifest that cannot be used is left out.

    Raise ``ContractError`` where one of our own contradicts itself.
    """
    own = {one.connector.system_type: one.connector for one in manifests() if one.connector}
    return MappingProxyType({**shipped(), **own})


def connector_of(system_type: str) -> Connector:
    """Return the connector for ``system_type``. Raise ``NotFound`` with the types there are, and what is broken."""
    try:
        return catalog()[system_type]
    except KeyError as error:
        broken = "; ".join(str(one.error) for one in manifests() if one.error)
        also = f"; cannot be used: {broken}" if broken else ""
        raise NotFound(f"no connector {system_type!r}; there are: {', '.join(catalog())}{also}") from error


@cache
def shipped() -> Mapping[str, Connector]:
    """Return the connectors of ``connectors/``. Raise ``ContractError`` where one contradicts itself."""
    found: dict[str, Connector] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(connectors.__path__)):
        connector = getattr(import_module(f"{connectors.__name__}.{module}"), "CONNECTOR", None)
        if not isinstance(connector, Connector):
            raise ContractError(f"connectors/{module}: has no CONNECTOR")
        if connector.system_type in found:
            raise ContractError(f"connectors/{module}: {connector.system_type!r} is there twice")
        found[connector.system_type] = connector
    return MappingProxyType(found)


def manifests() -> tuple[Manifest, ...]:
    """Return what is in the folder of manifests, by file name; a file is read anew when it changed."""
    folder = get_settings().folder_of_connectors
    paths = (
        sorted(one for one in folder.glob("*") if one.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    )
    return _read_all(
        tuple((one, stamp.st_mtime_ns, stamp.st_size) for one in paths if (stamp := _stamp(one)))
    )


def _stamp(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


@cache
def _read_all(files: tuple[tuple[Path, int, int], ...]) -> tuple[Manifest, ...]:
    found: list[Manifest] = []
    for path, *_ in files:
        one = _read(path, {**shipped(), **{has.connector.system_type: 0 for has in found if has.connector}})
        found.append(one)
    return tuple(found)


def _read(path: Path, taken: Mapping[str, object]) -> Manifest:
    try:
        connector = read_manifest(path)
    except IntegrationsError as error:
        return Manifest(path=path, error=error)
    if connector.system_type in taken:
        why = f"{path}: system_type: there is a connector {connector.system_type!r} already"
        return Manifest(path=path, error=ConfigurationError(why))
    return Manifest(path=path, connector=connector)
