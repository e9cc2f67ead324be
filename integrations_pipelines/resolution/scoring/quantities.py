"""Amounts, years and categories."""

import re
from collections.abc import Mapping

import numpy as np

from integrations_pipelines.resolution.scoring.columns import Part, words
from integrations_pipelines.resolution.scoring.kind import (
    Kind,
    Outcome,
    Side,
    both,
    counted,
    levels,
    no_keys,
    outcome,
    same,
)
from integrations_pipelines.resolution.scoring.transliteration import latin

_FIGURE = re.compile(r"-?\d+(?:\.\d+)?")


def _figure(text: str) -> float:
    found = _FIGURE.search(text.replace(",", ""))
    return float(found[0]) if found else np.nan


def _derive_numbers(texts: list[str]) -> Mapping[str, Part]:
    return {"text": words(texts), "figure": np.fromiter(map(_figure, texts), np.float64, len(texts))}


def _compare_amounts(left: Side, right: Side) -> list[Outcome]:
    a, b = left.numbers("figure").astype(np.float64), right.numbers("figure").astype(np.float64)
    gone = np.isnan(a) | np.isnan(b)
    most = np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-9)
    off = np.where(gone, 1.0, np.abs(a - b) / most)
    return [
        outcome("value", levels(gone, off == 0, off <= 0.05, off <= 0.2, off <= 0.5), left.hashes("text"))
    ]


def _compare_years(left: Side, right: Side) -> list[Outcome]:
    a, b = left.numbers("figure").astype(np.float64), right.numbers("figure").astype(np.float64)
    gone = np.isnan(a) | np.isnan(b)
    off = np.where(gone, 99.0, np.abs(a - b))
    return [outcome("value", levels(gone, off == 0, off == 1, off <= 3), left.hashes("text"))]


def _derive_category(texts: list[str]) -> Mapping[str, Part]:
    return {"text": words([" ".join(latin(text).split()) for text in texts])}


def _compare_categories(left: Side, right: Side) -> list[Outcome]:
    level = levels(~both(left, right, "text"), same(left, right, "text"))
    return [outcome("value", level, left.hashes("text"))]


AMOUNT = Kind(
    name="amount",
    aspects={"value": ("exact", "near", "similar", "same_size", "different")},
    derive=_derive_numbers,
    compare=_compare_amounts,
    keys=no_keys,
    counted=counted(value="text"),
)
YEAR = Kind(
    name="year",
    aspects={"value": ("exact", "next", "near", "different")},
    derive=_derive_numbers,
    compare=_compare_years,
    keys=no_keys,
    counted=counted(),
)
CATEGORY = Kind(
    name="category",
    aspects={"value": ("same", "different")},
    derive=_derive_category,
    compare=_compare_categories,
    keys=no_keys,
    counted=counted(value="text"),
)
