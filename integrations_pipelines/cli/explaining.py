"""`integrations explain`: where a record came from, what it was matched to, and why."""

from integrations_pipelines.errors import TellDeveloper


def explain() -> None:
    """Explain a source record or an entity (under way)."""
    raise TellDeveloper("explain: not there yet")
