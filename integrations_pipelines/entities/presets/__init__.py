"""The preset entity types. Shapes only: what an attribute means and how it is cleaned is its kind's matter."""

from collections.abc import Mapping
from types import MappingProxyType

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.entities.presets.commerce import (
    DEAL,
    INVOICE,
    ORDER,
    PAYMENT,
    PRODUCT,
    SUBSCRIPTION,
)
from integrations_pipelines.entities.presets.parties import ORGANIZATION, PERSON, USER_ACCOUNT
from integrations_pipelines.entities.presets.work import CONVERSATION, ISSUE, PROJECT, REPOSITORY, TICKET

__all__ = ["ENTITY_TYPES"]

_PRESETS = (
    PERSON,
    ORGANIZATION,
    USER_ACCOUNT,
    TICKET,
    CONVERSATION,
    DEAL,
    PRODUCT,
    ORDER,
    INVOICE,
    SUBSCRIPTION,
    PAYMENT,
    PROJECT,
    REPOSITORY,
    ISSUE,
)

ENTITY_TYPES: Mapping[str, EntityType] = MappingProxyType({preset.name: preset for preset in _PRESETS})
