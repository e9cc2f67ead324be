"""Dagster: assets, checks, jobs, schedules and sensors. Static definitions; what an organisation connects is data."""

from integrations_pipelines.start_up import collect_rarely

collect_rarely()  # here: every process of Dagster's imports this first
