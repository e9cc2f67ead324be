"""Dagster: assets, checks, jobs, schedules and sensors. Static definitions; what an organisation connects is data."""
