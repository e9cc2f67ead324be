"""The command line: Typer and rich. It reads words, calls the rooms below, prints; it decides nothing by itself."""

from integrations_pipelines.cli.application import app

__all__ = ["app"]
