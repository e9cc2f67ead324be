"""The engine behind ``integrations match``: files in, clusters of their rows out, nothing left behind."""

from integrations_pipelines.resolution.match.command import command, report
from integrations_pipelines.resolution.match.engine import MatchResult, match_files
from integrations_pipelines.resolution.match.guessing import Guess
from integrations_pipelines.resolution.match.writing import cluster_rows, write_clusters, write_pairs

__all__ = [
    "Guess",
    "MatchResult",
    "cluster_rows",
    "command",
    "match_files",
    "report",
    "write_clusters",
    "write_pairs",
]
