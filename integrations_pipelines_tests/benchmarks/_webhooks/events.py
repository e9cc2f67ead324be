"""The delivery of the benchmark: GitHub's own example of ``issues.opened``, 11,622 bytes, each with its own number.

A real one, because what it is made of counts: it is packed on its way.
"""

import json

from integrations_pipelines_tests.shared_data import shared_data

SIZE = 11_622
_MARK = "0" * 20


def event(number: int) -> bytes:
    """Return the body number ``number``."""
    before, after = template()
    return before + b"%020d" % number + after


def template() -> tuple[bytes, bytes]:
    """Return what stands before and after the number; together with it ``SIZE`` bytes."""
    said = json.loads(shared_data("webhook-payloads/github/issues.opened.15.json").read_bytes())
    said["issue"]["title"] = _MARK
    said["issue"]["body"] += "." * (SIZE - len(_written(said)))
    before, after = _written(said).split(_MARK.encode())
    assert len(before) + len(_MARK) + len(after) == SIZE
    return before, after


def _written(said: object) -> bytes:
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
