"""What the demo found, as a value: checked here, printed elsewhere. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations_pipelines.demo.copies import Organisation
from integrations_pipelines.demo.mapped import Mapped, entity_counts
from integrations_pipelines.demo.scores import Score, score
from integrations_pipelines.demo.stories import Story
from integrations_pipelines.orchestration.outcome import RunOutcome

QUIET = frozenset({"unchanged", "duplicate"})
SCORED = ("person", "organization")


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that is shown. ``is_repeat`` says that all of it had been synced before."""

    runs: Sequence[RunOutcome]
    counts: Mapping[str, tuple[int, int]]
    scores: Mapping[str, Score]
    seconds: Mapping[str, float]
    is_repeat: bool
    stories: Sequence[Story] = ()

    @property
    def faults(self) -> list[str]:
        """Return why the demo is red, one line each."""
        return [*self._unbalanced(), *self._red(), *(self._moved() if self.is_repeat else ())]

    def _red(self) -> list[str]:
        return [f"{run.system_key}: {run.status}: {run.error}" for run in self.runs if not run.is_green]

    def _unbalanced(self) -> list[str]:
        return [
            f"{run.system_key} {one.resource}: {one.extracted} extracted, {sum(one.outcomes.values())} accounted for"
            for run in self.runs
            for one in run.resources
            if not one.is_balanced
        ]

    def _moved(self) -> list[str]:
        return [
            f"{run.system_key} {one.resource}: {count} {outcome}, though nothing had changed"
            for run in self.runs
            for one in run.resources
            for outcome, count in one.outcomes.items()
            if count and outcome not in QUIET
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return {
            "repeat": self.is_repeat,
            "faults": self.faults,
            "resources": [
                {
                    "system_key": run.system_key,
                    "resource": one.resource,
                    "status": one.status,
                    "extracted": one.extracted,
                    "outcomes": dict(one.outcomes),
                    "balanced": one.is_balanced,
                }
                for run in self.runs
                for one in run.resources
            ],
            "entities": {
                kind: {"records": records, "entities": entities}
                for kind, (records, entities) in self.counts.items()
            },
            "scores": {kind: _score_as_json(one) for kind, one in self.scores.items()},
            "explanations": [
                {
                    "title": one.title,
                    "records": {teller.record: teller.entity for teller in one.tellers},
                    "reasons": list(one.reasons),
                }
                for one in self.stories
            ],
            "seconds": {phase: round(seconds, 2) for phase, seconds in self.seconds.items()},
        }


def _score_as_json(one: Score) -> dict[str, Any]:
    return {
        "records": one.records,
        "entities": one.entities,
        "truly": one.truly,
        "precision": round(one.precision, 4),
        "recall": round(one.recall, 4),
        "false_pairs": [[":".join(left), ":".join(right)] for left, right in one.false_pairs],
        "missed_between": dict(one.missed_between()),
    }


def scores_of(whole: Organisation, mapped: Sequence[Mapped]) -> dict[str, Score]:
    """Compare what was mapped with the truth, for people and for companies."""
    entity_of = {one.address: one.entity for one in mapped}
    return {
        kind: score(entity_of, {one.address: one.truth for one in whole.copies if one.entity_type == kind})
        for kind in SCORED
    }


def report_on(
    whole: Organisation,
    runs: Sequence[RunOutcome],
    mapped: list[Mapped],
    told: Sequence[Story],
    seconds: Mapping[str, float],
    *,
    is_repeat: bool,
) -> Report:
    """Put together what is shown."""
    return Report(
        runs=runs,
        counts=entity_counts(mapped),
        scores=scores_of(whole, mapped),
        seconds=seconds,
        is_repeat=is_repeat,
        stories=told,
    )
