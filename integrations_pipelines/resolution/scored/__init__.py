"""The scored tier inside the live product: stored blocking keys, pair scores, and what they join or ask."""

from integrations_pipelines.resolution.scored.model import Thresholds
from integrations_pipelines.resolution.scored.tier import Tier, TierCounts, is_outdated, open_tier
from integrations_pipelines.resolution.scored.update import update_scores

__all__ = ["Thresholds", "Tier", "TierCounts", "is_outdated", "open_tier", "update_scores"]
