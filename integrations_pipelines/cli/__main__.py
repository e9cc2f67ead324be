"""Lets ``python -m integrations_pipelines.cli`` be the same as ``integrations``."""

from integrations_pipelines.cli.application import app

app(prog_name="integrations")
