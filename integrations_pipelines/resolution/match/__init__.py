"""The engine behind ``integrations match``: files in, clusters of their rows out, nothing left behind."""

from integrations_pipelines.resolution.match.engine import MatchResult, match_files
from integrations_pipelines.resolution.match.guessing import Guess
from integrations_pipelines.resolution.match.report import report, summary
from integrations_pipelines.resolution.match.training import trained
from integrations_pipelines.resolution.match.writing import HEADER, cluster_rows, write_clusters, write_pairs

__all__ = [
    "HEADER",
    "Guess",
    "MatchResult",
    "cluster_rows",
    "match_files",
    "report",
    "summary",
    "trained",
    "write_clusters",
    "write_pairs",
]
