"""The model: what agreement and difference weigh, by comparison kind. One JSON file; this reads it and checks it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from integrations_pipelines.resolution.scoring.checking import check_document
from integrations_pipelines.resolution.scoring.columns import Booleans, Floats
from integrations_pipelines.resolution.scoring.register import COMPARISON_KINDS


@dataclass(frozen=True, kw_only=True)
class Aspect:
    """The levels of one aspect: shares among matching (``m``) and random pairs (``u``), by level.

    ``rare`` levels take the frequency of the shared value; a ``veto`` level keeps two records apart.
    """

    levels: tuple[str, ...]
    m: Floats
    u: Floats
    rare: Booleans
    veto: Booleans


@dataclass(frozen=True, kw_only=True)
class Model:
    """Untrained or trained weights; ``document`` is the JSON that it was read from."""

    version: str
    kinds: Mapping[str, Mapping[str, Aspect]]
    link: float
    review: float
    blending_pairs: float
    blending_matches: float
    blending_values: float
    least_frequency: float
    first_partners: float
    least_partners: float
    most_partners: float
    name_alone: float
    other_person: float
    veto: float
    least_households: float
    least_branches: float
    together_assumed: float
    document: Mapping[str, Any]


def bits(probability: float) -> float:
    """The match weight of a probability: the binary logarithm of its odds."""
    return math.log2(probability / (1 - probability))


@lru_cache(maxsize=1)
def untrained_model() -> Model:
    """The model that ships with the package."""
    text = files("integrations_pipelines.resolution.scoring").joinpath("weights.json").read_text("utf-8")
    return read_model(json.loads(text))


def read_model(document: Mapping[str, Any]) -> Model:
    """The model in a JSON document; raises ``ConfigurationError`` that names by path what does not fit."""
    check_document(document)
    thresholds, blending, guards = document["thresholds"], document["blending"], document["guards"]
    return Model(
        version=document["version"],
        kinds={
            name: {
                aspect: _aspect(document["kinds"][name][aspect], levels)
                for aspect, levels in kind.aspects.items()
            }
            for name, kind in COMPARISON_KINDS.items()
        },
        link=thresholds["link"],
        review=thresholds["review"],
        blending_pairs=blending["pairs"],
        blending_matches=blending["matches"],
        blending_values=blending["values"],
        least_frequency=blending["least_frequency"],
        first_partners=document["partners"]["first"],
        least_partners=document["partners"]["least"],
        most_partners=document["partners"]["most"],
        name_alone=bits(guards["name_alone"]),
        other_person=bits(guards["other_person"]),
        veto=bits(guards["veto"]),
        least_households=guards["least_households"],
        least_branches=guards["least_branches"],
        together_assumed=guards["together_assumed"],
        document=document,
    )


def _aspect(rows: list[dict[str, Any]], levels: tuple[str, ...]) -> Aspect:
    m, u = (
        np.array([row["m"] for row in rows], dtype=float),
        np.array([row["u"] for row in rows], dtype=float),
    )
    return Aspect(
        levels=levels,
        m=m,
        u=u,
        rare=np.array([row.get("rare", False) for row in rows]),
        veto=np.array([row.get("veto", False) for row in rows]),
    )
