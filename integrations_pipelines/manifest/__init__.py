"""A connector of one's own without Python: a TOML or YAML file in the words of the contract, checked on load."""

from integrations_pipelines.manifest.document import SUFFIXES
from integrations_pipelines.manifest.reading import read_manifest
from integrations_pipelines.manifest.skeleton import skeleton

__all__ = ["SUFFIXES", "read_manifest", "skeleton"]
