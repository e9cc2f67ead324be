"""A hub on a database of the test's own, and Slack on loopback."""

from collections.abc import Iterator

import pytest

from integrations_pipelines.hub import Hub
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.acceptance.workspaces import Workspaces, hub_on
from integrations_pipelines_tests.http_server import ScriptedServer


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    """Give an open hub without source systems."""
    with hub_on(settings) as hub:
        yield hub


@pytest.fixture
def slack(http_server: ScriptedServer) -> Workspaces:
    """Give the workspaces that ``http_server`` serves."""
    http_server.handler = workspaces = Workspaces()
    return workspaces
