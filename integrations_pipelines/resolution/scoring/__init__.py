"""The scored tier: Fellegi-Sunter over typed comparisons. Pure: records and a model in, scored pairs out."""

from integrations_pipelines.resolution.scoring.blocking import (
    Blocks,
    Index,
    block_limits,
    indexes,
    pairs_between,
    pairs_within,
)
from integrations_pipelines.resolution.scoring.clusters import Clustering, cluster
from integrations_pipelines.resolution.scoring.evidence import Finding, PairEvidence, evidence, recomputed
from integrations_pipelines.resolution.scoring.learning import content_hashes, learn
from integrations_pipelines.resolution.scoring.model import Model, read_model, untrained_model
from integrations_pipelines.resolution.scoring.records import Comparison, Records, Scheme, records, scheme_of
from integrations_pipelines.resolution.scoring.scorer import Scored, Scorer
from integrations_pipelines.resolution.scoring.statistics import Statistics, as_document, from_document

__all__ = [
    "Blocks",
    "Clustering",
    "Comparison",
    "Finding",
    "Index",
    "Model",
    "PairEvidence",
    "Records",
    "Scheme",
    "Scored",
    "Scorer",
    "Statistics",
    "as_document",
    "block_limits",
    "cluster",
    "content_hashes",
    "evidence",
    "from_document",
    "indexes",
    "learn",
    "pairs_between",
    "pairs_within",
    "read_model",
    "recomputed",
    "records",
    "scheme_of",
    "untrained_model",
]
