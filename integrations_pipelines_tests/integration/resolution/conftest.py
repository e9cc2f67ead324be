"""The same world as the registry's tests have."""

from integrations_pipelines_tests.integration.registry.conftest import engine, world

__all__ = ["engine", "world"]
