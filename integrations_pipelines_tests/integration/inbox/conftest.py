"""What the inbox's tests stand on: `integrations serve` as a process of its own, and senders that sign."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.settings import get_settings, read_settings
from integrations_pipelines_tests.databases import copied_database, short_folder
from integrations_pipelines_tests.integration.inbox.house import House, served


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    with short_folder(in_memory=True) as folder:
        yield folder


@pytest.fixture(scope="module")
def house(database_server: str, state: Path) -> Iterator[House]:
    """Give a receiver on a database of this module's own."""
    get_settings.cache_clear()
    with copied_database(database_server) as url:
        settings = read_settings(database_url=url, state_dir=state)
        with open_hub(settings, url) as hub, served(settings, url) as address:
            yield House(hub=hub, address=address)
    get_settings.cache_clear()


@pytest.fixture
def hub(house: House) -> Hub:
    return house.hub
