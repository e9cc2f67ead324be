"""The demo: a made-up organisation with known truth, served on loopback, synced through the product and checked."""

from integrations_pipelines.demo.run import run_demo

__all__ = ["run_demo"]
