"""Files to clusters: read, guess, clean, learn, block, score, cluster. Nothing is left behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.errors import UsageError
from integrations_pipelines.resolution.match.cleaning import attributes_of, with_birth_dates
from integrations_pipelines.resolution.match.guessing import Guess, attribute_kind, guess_columns
from integrations_pipelines.resolution.match.headings import IGNORED
from integrations_pipelines.resolution.match.reading import Rows, read_files
from integrations_pipelines.resolution.scoring.blocking import Blocks, indexes, pairs_within
from integrations_pipelines.resolution.scoring.clusters import cluster
from integrations_pipelines.resolution.scoring.columns import Floats, Integers
from integrations_pipelines.resolution.scoring.learning import content_hashes, learn
from integrations_pipelines.resolution.scoring.model import Model, untrained_model
from integrations_pipelines.resolution.scoring.records import Records, records, scheme_of
from integrations_pipelines.resolution.scoring.scorer import Scored, Scorer
from integrations_pipelines.resolution.scoring.statistics import Statistics

# Of a source's matched rows, how many may have a surer double in the same source, before it counts as having doubles.
_FEW_DOUBLES = 0.05


@dataclass(frozen=True, kw_only=True)
class MatchResult:
    """What a match found. ``clusters`` and ``probabilities`` are by row of ``rows``, in input order.

    A row's probability is that of the surest pair that holds it in its cluster; 1.0 for a row that stands alone.
    ``pairs`` are those of at least the review threshold.
    """

    rows: Rows
    entity_type: str
    threshold: float
    review_threshold: float
    guesses: Sequence[Guess]
    unread: Mapping[str, int]
    blocks: Blocks
    records: Records = field(repr=False)
    statistics: Statistics = field(repr=False)
    model: Model = field(repr=False)
    pairs: Scored = field(repr=False)
    clusters: Integers = field(repr=False)
    probabilities: Floats = field(repr=False)
    single_sources: Sequence[str] = ()


def match_files(  # noqa: PLR0913 - what a match can be told
    files: Sequence[str | Path],
    entity_type: str,
    mapping: Mapping[str, str] | None = None,
    source_column: str | None = None,
    threshold: float = 0.95,
    review_threshold: float = 0.5,
    model: Model | None = None,
) -> MatchResult:
    """Cluster the rows of ``files``. Raises ``UsageError`` for what cannot be read or used.

    ``model`` is one of your own; None means the one that ships.
    ``mapping`` is column to "attribute" or "attribute:kind", or to "ignored"; other columns are guessed.
    ``source_column`` names each row's source; without it every file is one. A source whose rows hardly ever match each
    other is taken to have no duplicates, so that a cluster takes one row of it.
    """
    if not 0 < review_threshold <= threshold < 1:
        raise UsageError(
            f"thresholds are probabilities, review not above link: {review_threshold:g} and {threshold:g} are not"
        )
    if entity_type not in ENTITY_TYPES:
        raise UsageError(f"--entity-type: there is no {entity_type!r}; there are: {', '.join(ENTITY_TYPES)}")
    rows = read_files(files)
    if source_column is not None and source_column not in rows.columns:
        raise UsageError(
            f"--source-column: there is no column {source_column!r}; there are: {', '.join(rows.columns)}"
        )
    known = dict(mapping or {}) | ({source_column: IGNORED} if source_column else {})
    guesses = guess_columns(rows.columns, entity_type, known)
    used = model or untrained_model()
    return _match(rows, guesses, entity_type, source_column, (threshold, review_threshold), used)


def _match(
    rows: Rows,
    guesses: list[Guess],
    entity_type: str,
    source_column: str | None,
    thresholds: tuple[float, float],
    model: Model,
) -> MatchResult:
    taken = [
        (guess.column, guess.attribute.partition(":")[0], attribute_kind(guess.attribute, entity_type))
        for guess in guesses
        if guess.attribute != IGNORED
    ]
    taken = [one for one in taken if one[2] != IGNORED]
    if not taken:
        raise UsageError("no column says who or what a row is; map some with --map column=attribute")
    attributes, unread = attributes_of(rows.columns, taken)
    attributes, kinds = with_birth_dates(attributes, {attribute: kind for _, attribute, kind in taken})
    scheme = scheme_of(kinds, ENTITY_TYPES[entity_type].label)
    prepared = records(attributes, scheme, rows.size)
    kept = indexes(prepared)
    statistics = learn(prepared, model, kept)
    blocks = pairs_within(prepared, statistics.limits, kept)
    scorer = Scorer(model, statistics)
    pairs = scorer.score(prepared, prepared, (blocks.left, blocks.right), at_least=thresholds[1])
    sources = _sources(rows, source_column)
    labels, single = _clusters(prepared, scorer, pairs, thresholds[0], sources)
    return MatchResult(
        rows=rows,
        entity_type=entity_type,
        threshold=thresholds[0],
        review_threshold=thresholds[1],
        guesses=guesses,
        unread=unread,
        blocks=blocks,
        records=prepared,
        statistics=statistics,
        model=model,
        pairs=pairs,
        clusters=labels,
        probabilities=_surest(labels, pairs),
        single_sources=single,
    )


def _sources(rows: Rows, source_column: str | None) -> tuple[Integers, list[str]]:
    """By row, the number of its source; and their names."""
    if source_column is None:
        return np.array(rows.file_of, dtype=np.int64), list(rows.files)
    names = sorted({str(value) for value in rows.columns[source_column]})
    number = {name: at for at, name in enumerate(names)}
    return np.array([number[str(value)] for value in rows.columns[source_column]], dtype=np.int64), names


def _clusters(
    prepared: Records, scorer: Scorer, pairs: Scored, threshold: float, sources: tuple[Integers, list[str]]
) -> tuple[Integers, list[str]]:
    sure = np.flatnonzero(pairs.probabilities >= threshold)
    edges = pairs.left[sure], pairs.right[sure], pairs.weights[sure]
    keys = content_hashes(prepared)
    single = _without_duplicates(edges, sources[0], len(sources[1]))
    alone_by = np.where(np.isin(sources[0], single), sources[0], -1) if len(single) else None

    def evidence(left: Integers, right: Integers) -> Floats:
        return scorer.evidence(prepared, prepared, (left, right))

    found = cluster(
        prepared.size,
        edges,
        [(int(key), at) for at, key in enumerate(keys)],
        evidence,
        scorer.prior,
        alone_by,
    )
    return found.labels, [sources[1][number] for number in single]


def _without_duplicates(edges: tuple[Integers, Integers, Floats], sources: Integers, count: int) -> Integers:
    """Sources of which most rows match other sources, and hardly any as surely another row of their own."""
    left, right, weights = edges
    within, across = np.full(len(sources), -np.inf), np.full(len(sources), -np.inf)
    own = sources[left] == sources[right]
    for side in (left, right):
        np.maximum.at(within, side[own], weights[own])
        np.maximum.at(across, side[~own], weights[~own])
    matched = across > -np.inf
    sizes, matches, doubles = (
        np.bincount(sources[where], minlength=count)
        for where in (np.ones(len(sources), dtype=bool), matched, matched & (within >= across))
    )
    return np.flatnonzero((2 * matches > sizes) & (doubles <= _FEW_DOUBLES * matches))


def _surest(labels: Integers, pairs: Scored) -> Floats:
    best = np.zeros(len(labels))
    inside = labels[pairs.left] == labels[pairs.right]
    for side in (pairs.left, pairs.right):
        np.maximum.at(best, side[inside], pairs.probabilities[inside])
    return np.where(best == 0, 1.0, best)
