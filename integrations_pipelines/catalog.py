"""Finds the connectors: every module of ``connectors/`` that has a ``CONNECTOR``. A new one touches one file."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from integrations_pipelines import connectors
from integrations_pipelines.contract import Connector
from integrations_pipelines.errors import ContractError, NotFound


@cache
def catalog() -> Mapping[str, Connector]:
    """Return all connectors by their system type. Raise ``ContractError`` where one contradicts itself."""
    found: dict[str, Connector] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(connectors.__path__)):
        connector = getattr(import_module(f"{connectors.__name__}.{module}"), "CONNECTOR", None)
        if not isinstance(connector, Connector):
            raise ContractError(f"connectors/{module}: has no CONNECTOR")
        if connector.system_type in found:
            raise ContractError(f"connectors/{module}: {connector.system_type!r} is there twice")
        found[connector.system_type] = connector
    return MappingProxyType(found)


def connector_of(system_type: str) -> Connector:
    """Return the connector for ``system_type``. Raise ``NotFound`` with the types there are."""
    try:
        return catalog()[system_type]
    except KeyError as error:
        raise NotFound(f"no connector {system_type!r}; there are: {', '.join(catalog())}") from error
