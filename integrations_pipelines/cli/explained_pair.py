"""Two records side by side as a person reads it: the answer first, then what it is made of."""

from typing import TYPE_CHECKING

from integrations_pipelines.cli.explained import section
from integrations_pipelines.cli.output import print_line
from integrations_pipelines.cli.words import moment

if TYPE_CHECKING:
    from integrations_pipelines.resolution.pair import PairExplanation

_ANSWERS = {
    "links": "its score links them",
    "asks": "its score asks a person",
    "too little": "its score is too little to ask",
    "never compared": "they share too few keys to be compared",
    "not scored": "this type is not scored",
}


def print_pair(found: "PairExplanation") -> None:
    """Print what there is to say of two records."""
    are = "are one" if found.is_one else "are two"
    print_line(
        f"{found.left} and {found.right} {are} {found.entity_type}: {_ANSWERS[found.answer]}.".replace(
            "its score", "the score"
        ),
        style="bold",
    )
    shared = [(one.kind, one.value, "joins" if one.joins else one.because) for one in found.identifiers]
    section("Identifiers that both hold", ("kind", "value", ""), shared)
    _score(found)
    tried = [(one.change, _bits(one.weight), _share(one.probability), one.answer) for one in found.what_if]
    section("What if", ("", "bits", "probability", "then"), tried)
    others = [
        (one.beside, one.record, _bits(one.weight), _share(one.probability), one.entity)
        for one in found.runners_up
    ]
    section("Runners-up", ("of", "record", "bits", "probability", "entity"), others)
    said = [(one.verdict, one.reason, one.created_by, moment(one.created_at)) for one in found.decisions]
    section("Decisions of people", ("verdict", "reason", "by", "at"), said)
    section("Waiting for review", ("why", "review"), [(one.reason, one.uuid) for one in found.reviews])


def _score(found: "PairExplanation") -> None:
    score, thresholds = found.score, found.thresholds
    if score is None or thresholds is None:
        return
    rows: list[tuple[object, ...]] = [("prior", "", "", "", _bits(score.prior), "")]
    rows += [
        (one.comparison, one.level, one.left, one.right, _bits(one.weight), _bits(one.rarity))
        for one in score.findings
    ]
    rows += [(f"guard: {name}", "", "", "", _bits(bits), "") for name, bits in score.guards.items()]
    rows.append((f"sum: probability {_share(score.probability)}", "", "", "", _bits(score.weight), ""))
    section(
        f"Score by {found.model}, in bits; links from {thresholds.link} ({_bits(thresholds.link_bits)}), "
        f"asks from {thresholds.review} ({_bits(thresholds.review_bits)})",
        ("comparison", "level", found.left, found.right, "weight", "frequency"),
        rows,
    )


def _bits(weight: float) -> str:
    return f"{weight:+.2f}"


def _share(probability: float) -> str:
    return f"{probability:.4f}"
