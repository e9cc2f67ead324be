"""How many requests a third party takes, by class of endpoints. No I/O."""

import re
from dataclasses import dataclass
from typing import Any

from integrations_pipelines.contract.paths import value_at

ACCOUNT = "account"
_SPELLED = re.compile(r"(\d{1,7})/(\d{0,5})([smhd])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, kw_only=True)
class Budget:
    """At most ``requests`` within any ``seconds``, whoever sends them.

    ``path``: a regular expression for the paths (without the base URL) that it counts; "" counts all. A request
    draws on every budget that counts it. ``name`` is unique in a connector; ``account`` is what a source system's
    setting ``budget`` replaces.
    """

    requests: int
    seconds: float
    name: str = ACCOUNT
    path: str = ""

    def counts(self, path: str) -> bool:
        """Return whether a request to ``path`` draws on this budget."""
        return not self.path or re.search(self.path, path) is not None


@dataclass(frozen=True, kw_only=True)
class CostLimit:
    """Each answer tells what the query was worth and what is left: paths to three numbers in its body.

    ``restore`` is what comes back a second. A query that finds too little left is refused, whatever the HTTP status.
    Source: Shopify's Admin GraphQL API, ``extensions.cost``.
    """

    requested: str = "extensions.cost.requestedQueryCost"
    available: str = "extensions.cost.throttleStatus.currentlyAvailable"
    restore: str = "extensions.cost.throttleStatus.restoreRate"

    def pause(self, body: Any) -> float:
        """Return the seconds until the same query could be paid for; 0.0 where it can, or nothing is told."""
        told = [value_at(body, path) for path in (self.requested, self.available, self.restore)]
        if not all(isinstance(one, int | float) for one in told):
            return 0.0
        requested, available, restore = (float(one) for one in told)
        return max(0.0, (requested - available) / restore) if restore > 0 else 0.0


def read_budget(text: str) -> Budget:
    """Return the account's budget that ``text`` spells: ``600/1m``, ``5000/h``, ``10/s``. Raise ``ValueError``."""
    match = _SPELLED.fullmatch(text.strip())
    if match is None or int(match[1]) < 1 or match[2] in ("0", "00"):
        raise ValueError(f"{text!r} is no budget such as 600/1m")
    return Budget(requests=int(match[1]), seconds=int(match[2] or 1) * _UNITS[match[3]])
