"""What records say of others that went into them: pairs of ids, and a tombstone for each id that was lost. Pure."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from integrations_pipelines.contract import Merged
from integrations_pipelines.staging.records import LONGEST_KEY, Observed, canonical_json

Pair = tuple[str, str]
"""(lost, kept)"""


def read_merges(
    rule: Merged | None, taken: Iterable[tuple[Observed, Any]]
) -> tuple[list[Pair], list[Observed]]:
    """Return what records, each with its row, say to have been merged, and a row for each id that went into one.

    Such an id is gone, in the version of the record that was kept. A record that says itself where it went needs none.
    """
    pairs: list[Pair] = []
    gone: list[Observed] = []
    if rule is None or not (rule.ids or rule.into):
        return pairs, gone
    for (key, version, *_), record in taken:
        for lost in filter(lambda one: _is_other(one, key), rule.lost(record)):
            pairs.append((lost, key))
            gone.append(_gone(lost, key, version))
        if _is_other(kept := rule.kept(record), key):
            pairs.append((key, kept))
    return pairs, gone


def _is_other(key: str, own: str) -> bool:
    return key != own and 0 < len(key) <= LONGEST_KEY


def _gone(lost: str, kept: str, version: Any) -> Observed:
    payload = canonical_json({"id": lost, "merged_into": kept})
    return lost, version, blake2b(payload, digest_size=16).digest(), True, payload
