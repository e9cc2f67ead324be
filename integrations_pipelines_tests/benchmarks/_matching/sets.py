"""The labelled sets beside the project, with their true pairs; and how well a clustering finds them."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

DATA = Path(__file__).parents[4] / "shared" / "data" / "matching"
Pairs = set[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class LabelledSet:
    """Files whose rows, numbered through, are the true ``pairs``; ``sources`` where only pairs across count.

    ``bar`` is the least cluster F1 that we hold ourselves to; None: only reported.
    """

    name: str
    files: tuple[Path, ...]
    entity_type: str
    pairs: Pairs = field(repr=False)
    sources: tuple[int, ...] | None = field(default=None, repr=False)
    bar: float | None = None


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Precision, recall and F1."""

    precision: float
    recall: float
    f1: float


def quality(found: Pairs, true: Pairs) -> Quality:
    """How well ``found`` meets ``true``."""
    hits = len(found & true)
    precision, recall = hits / max(len(found), 1), hits / max(len(true), 1)
    return Quality(
        precision=precision, recall=recall, f1=2 * precision * recall / max(precision + recall, 1e-12)
    )


def pairs_of(labels: Sequence[object], sources: Sequence[int] | None = None) -> Pairs:
    """All pairs of equal labels, only across sources where these are given."""
    members: dict[object, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        members[label].append(row)
    return {
        (one, two)
        for rows in members.values()
        for one, two in combinations(rows, 2)
        if sources is None or sources[one] != sources[two]
    }


def _rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as lines:
        return list(csv.DictReader(lines))


def labelled_sets() -> Iterator[LabelledSet]:
    """Every set that lies there."""
    for make in (_fake, _febrl3, _febrl4, _dblp_acm, _childcare, _senzing, _abt_buy):
        try:
            yield make()
        except FileNotFoundError as error:
            print(f"left out: {error.filename}")


def _fake() -> LabelledSet:
    path = DATA / "splink-fake_1000" / "fake_1000.csv"
    truth = pairs_of([row["cluster"] for row in _rows(path)])
    return LabelledSet(name="fake_1000", files=(path,), entity_type="person", pairs=truth, bar=0.93)


def _febrl(name: str, files: tuple[str, ...]) -> LabelledSet:
    paths = tuple(DATA / "febrl" / file for file in files)
    rows = [(number, row) for number, path in enumerate(paths) for row in _rows(path)]
    sources = tuple(number for number, _ in rows) if len(files) > 1 else None
    truth = pairs_of([row["rec_id"].split("-")[1] for _, row in rows], sources)
    return LabelledSet(name=name, files=paths, entity_type="person", pairs=truth, sources=sources, bar=0.999)


def _febrl3() -> LabelledSet:
    return _febrl("febrl3", ("dataset3.csv",))


def _febrl4() -> LabelledSet:
    return _febrl("febrl4", ("dataset4a.csv", "dataset4b.csv"))


def _linked(
    name: str, folder: str, files: tuple[str, str], truth: tuple[str, str, str], bar: float | None
) -> LabelledSet:
    paths = tuple(DATA / folder / file for file in files)
    numbered = [(source, row["id"]) for source, path in enumerate(paths) for row in _rows(path, "latin-1")]
    place = {key: row for row, key in enumerate(numbered)}
    mapping, left, right = truth
    pairs = {(place[0, row[left]], place[1, row[right]]) for row in _rows(DATA / folder / mapping, "latin-1")}
    sources = tuple(source for source, _ in numbered)
    return LabelledSet(name=name, files=paths, entity_type="product", pairs=pairs, sources=sources, bar=bar)


def _dblp_acm() -> LabelledSet:
    truth = ("DBLP-ACM_perfectMapping.csv", "idDBLP", "idACM")
    return _linked("dblp_acm", "dblp-acm", ("DBLP2.csv", "ACM.csv"), truth, 0.98)


def _abt_buy() -> LabelledSet:
    return _linked(
        "abt_buy", "abt-buy", ("Abt.csv", "Buy.csv"), ("abt_buy_perfectMapping.csv", "idAbt", "idBuy"), None
    )


def _childcare() -> LabelledSet:
    path = DATA / "dedupe-chicago-childcare" / "csv_example_input_with_true_ids.csv"
    truth = pairs_of([row["True Id"] for row in _rows(path)])
    return LabelledSet(name="childcare", files=(path,), entity_type="organization", pairs=truth, bar=0.89)


def _senzing() -> LabelledSet:
    folder = DATA / "senzing-truthset" / "demo"
    paths = tuple(folder / f"{name}.csv" for name in ("customers", "reference", "watchlist"))
    key = {
        (row["DATA_SOURCE"], row["RECORD_ID"]): row["CLUSTER_ID"]
        for row in _rows(folder / "actual_truthset_key.csv")
    }
    labels = [key[row["DATA_SOURCE"], row["RECORD_ID"]] for path in paths for row in _rows(path)]
    return LabelledSet(name="senzing", files=paths, entity_type="person", pairs=pairs_of(labels), bar=0.90)
