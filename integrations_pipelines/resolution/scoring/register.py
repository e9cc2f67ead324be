"""The register of comparison kinds."""

from collections.abc import Mapping
from types import MappingProxyType

from integrations_pipelines.resolution.scoring.contacts import DOMAIN, EMAIL, PHONE
from integrations_pipelines.resolution.scoring.dates import DATE
from integrations_pipelines.resolution.scoring.identifiers import EXCLUSIVE, IDENTIFIER
from integrations_pipelines.resolution.scoring.kind import Kind
from integrations_pipelines.resolution.scoring.people import PERSON_NAME
from integrations_pipelines.resolution.scoring.places import ADDRESS, SITE
from integrations_pipelines.resolution.scoring.quantities import AMOUNT, CATEGORY, YEAR
from integrations_pipelines.resolution.scoring.titles import (
    AFFILIATION,
    ORGANIZATION_NAME,
    PEOPLE,
    TEXT,
    TITLE,
)

COMPARISON_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            PERSON_NAME, ORGANIZATION_NAME, AFFILIATION, TITLE, TEXT, PEOPLE, ADDRESS, SITE, DATE, EMAIL, PHONE, DOMAIN,
            IDENTIFIER, EXCLUSIVE, AMOUNT, YEAR, CATEGORY,
        )
    }
)  # fmt: skip
