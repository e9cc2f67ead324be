"""What is told of a first resolution: the feed's rows, which its triggers would write, and the log's lines.

PostgreSQL keeps every row that a statement inserts for those triggers (``migrations/feed_triggers.sql``), to read it
again at the end; here the same rows come from the arrays that the maps are made of.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from integrations_pipelines.registry.columns import Uuids
from integrations_pipelines.registry.copying import Documents, Parameter, as_field, binary_rows
from integrations_pipelines.registry.first_groups import Group

# Ids of records a line of the log; and changes a row of the feed.
LOGGED = 5_000
_TOLD = 500
_HEX = np.frombuffer(bytes(range(256)).hex().encode(), dtype="V2")
_QUOTED = np.frombuffer(b'"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",', dtype=np.uint8)
_DIGITS = np.flatnonzero(np.isin(_QUOTED, ord("x")))


def entities_created(uuids: Uuids, entity_type: str) -> bytes:
    """Return the feed's rows of new entities, for COPY into (kind, items)."""
    start = _start(entity_type=entity_type)
    return _rows(b"entity.created", [f'{start}"uuid":[{part}]}}' for part in _in_parts(uuids)])


def records_mapped(group: Group, maps: Uuids, targets: Uuids) -> bytes:
    """Return the feed's rows of records mapped for the first time, for COPY into (kind, items)."""
    start = _start(
        system_key=group.system_key,
        resource=group.resource,
        target_domain="entities",
        map_status=group.status,
    )
    parts = zip(_in_parts(maps), _in_parts(targets), strict=True)
    texts = [
        f'{start}"source_record_id":{_list(group.names[n * _TOLD : (n + 1) * _TOLD])},'
        f'"record_map":[{own}],"target_uuid":[{target}]}}'
        for n, (own, target) in enumerate(parts)
    ]
    return _rows(b"record.mapped", texts)


def log_lines(groups: Sequence[Group], entity_type: str) -> dict[str, Any]:
    """Return the values of ``log_block``: some thousands of records of one job and resource a line."""
    alike: dict[tuple[int, str], list[Group]] = defaultdict(list)
    for group in groups:
        alike[group.system, group.resource].append(group)
    lines = [line for each in alike.values() for line in _lines(each, entity_type)]
    systems, jobs, messages, payloads = zip(*lines, strict=True) if lines else ((), (), (), ())
    texts = Parameter(len(lines), as_field(payloads), "text")
    return {"systems": list(systems), "jobs": list(jobs), "messages": list(messages), "payloads": texts}


def _lines(groups: Sequence[Group], entity_type: str) -> Iterator[tuple[int, int | None, str, str]]:
    system, resource = groups[0].system, groups[0].resource
    start = _start(entity_type=entity_type, resource=resource)
    jobs = np.concatenate([group.jobs for group in groups])
    windows = np.concatenate([group.ids for group in groups]) // LOGGED
    known = [name for group in groups for name in group.names]
    order = np.lexsort((windows, jobs))
    cuts = np.flatnonzero(np.diff(windows[order]) | np.diff(jobs[order])) + 1
    for rows in np.split(order, cuts):
        names = _list([known[n] for n in rows.tolist()])
        message = f"{len(rows)} {resource} mapped for the first time"
        yield system, int(jobs[rows[0]]) or None, message, f'{start}"source_record_ids":{names}}}'


def _start(**words: str) -> str:
    return json.dumps(words)[:-1] + ","


def _list(names: Sequence[str]) -> str:
    return json.dumps(names, ensure_ascii=False)


def _rows(kind: bytes, texts: list[str]) -> bytes:
    return binary_rows(len(texts), (kind, Documents(texts)))


def _in_parts(uuids: Uuids) -> Iterator[str]:
    """Yield the inside of a JSON list of some hundreds of the uuids at a time."""
    digits = _HEX[np.frombuffer(uuids.tobytes(), dtype=np.uint8)].view(np.uint8)
    text = np.tile(_QUOTED, (len(uuids), 1))
    text[:, _DIGITS] = digits.reshape(len(uuids), len(_DIGITS))
    for start in range(0, len(uuids), _TOLD):
        yield text[start : start + _TOLD].tobytes()[:-1].decode("ascii")
